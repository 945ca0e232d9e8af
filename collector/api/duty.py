"""REST of what people do: acknowledge alerts, give commands, read the audit, invite gateways."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from collector.access.enrolment import BadName
from collector.access.roles import Right
from collector.alarms.machine import AlreadyAcknowledged
from collector.api import duty_models, models
from collector.api.errors import ApiError
from collector.api.parts import address_of
from collector.api.people import Lent, Somebody, need
from collector.api.views import audit_line
from collector.commands.desk import CommandRefused
from collector.store import alerts, commands, people
from collector.store.records import AlertRow, AuditRow
from collector.store.scope import Scope

router = APIRouter()
Limit = Annotated[int, Query(ge=1, le=500)]
_STATUS = {"not_allowed": 403, "no_such_device": 404, "gateway_offline": 409}


@router.get("/alerts", tags=["alerts"])
async def list_alerts(
    _person: Somebody,
    parts: Lent,
    state: Literal["open", "closed", "all"] = "open",
    level: models.Level | None = None,
    gateway: str | None = None,
    device: str | None = None,
    limit: Limit = 50,
    before: Annotated[str | None, Query(pattern=r"^-?\d{1,18}\.[0-9a-f]{24}$")] = None,
) -> duty_models.Alerts:
    """List alerts, newest first."""
    at, _, number = (before or "").partition(".")
    rows = await parts.store.read(
        alerts.listed,
        state=state,
        level=level,
        gateway=gateway,
        device=device,
        limit=limit,
        before=(int(at), number) if before else None,
    )
    more = f"{rows[-1].raised_at}.{rows[-1].id}" if len(rows) == limit else None
    return duty_models.Alerts(items=await parts.views.alerts(rows), next_before=more, as_of=parts.clock.now())


@router.post("/alerts/{number}/ack", tags=["alerts"])
async def acknowledge(
    number: str, order: duty_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> duty_models.Alert:
    """Take note of an alert; 404 ``no_such_alert``, 409 ``already_acknowledged``."""
    need(person, Right.ACKNOWLEDGE)
    now, address = parts.clock.now(), address_of(request)
    try:
        row = await parts.store.write(_take_note, number, person.name, order.note.strip(), now, address)
    except AlreadyAcknowledged as error:
        raise ApiError(409, "already_acknowledged", "somebody was quicker, or it is closed") from error
    if row is None:
        raise ApiError(404, "no_such_alert", "there is no such alert")
    shown = (await parts.views.alerts([row]))[0]
    parts.hub.publish("alert", shown.model_dump())
    return shown


@router.get("/commands", tags=["commands"])
async def list_commands(
    _person: Somebody, parts: Lent, gateway: str | None = None, device: str | None = None, limit: Limit = 50
) -> duty_models.Commands:
    """List commands, newest first."""
    rows = await parts.store.read(commands.listed, gateway=gateway, device=device, limit=limit)
    return duty_models.Commands(items=await parts.views.commands(rows))


@router.get("/commands/{number}", tags=["commands"])
async def one_command(number: str, _person: Somebody, parts: Lent) -> duty_models.CommandRecord:
    """Show one command; 404 ``no_such_command``."""
    row = await parts.store.read(commands.one, number)
    if row is None:
        raise ApiError(404, "no_such_command", "there is no such command")
    return (await parts.views.commands([row]))[0]


@router.post("/commands", status_code=201, tags=["commands"])
async def give_command(
    order: duty_models.CommandRequest, request: Request, person: Somebody, parts: Lent
) -> duty_models.CommandRecord:
    """Ask something of a device. It can be carried out for 30 s; follow its state by id or in the event stream."""
    try:
        row = await parts.desk.create(
            person, order.gateway, order.device, order.name, order.args, order.reason, address_of(request)
        )
    except CommandRefused as refusal:
        raise ApiError(_STATUS.get(refusal.word, 422), refusal.word, refusal.detail) from refusal
    return (await parts.views.commands([row]))[0]


@router.get("/audit", tags=["audit"])
async def audit(
    person: Somebody,
    parts: Lent,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=0, lt=1 << 62)] = None,
) -> duty_models.Audit:
    """Show who did what, newest first."""
    need(person, Right.AUDIT)
    rows = await parts.store.read(people.audit_page, limit=limit, before=before)
    return duty_models.Audit(
        items=[audit_line(row) for row in rows], next_before=rows[-1].id if len(rows) == limit else None
    )


@router.post("/enrolments", status_code=201, tags=["gateways"])
async def invite(
    order: duty_models.EnrolmentOrder, request: Request, person: Somebody, parts: Lent
) -> duty_models.Invitation:
    """Make a one-time code for a gateway; 422 ``bad_name``."""
    need(person, Right.ENROL)
    try:
        code, expires_at = await parts.enrolments.invite(
            order.gateway, order.name, by=person.name, address=address_of(request)
        )
    except BadName as error:
        raise ApiError(422, "bad_name", "1 to 63 of a-z, 0-9 and inner hyphens") from error
    return duty_models.Invitation(gateway=order.gateway, code=code, expires_at=expires_at)


def _take_note(scope: Scope, number: str, who: str, note: str, now: int, address: str) -> AlertRow | None:
    row = alerts.take_note(scope, number, who=who, note=note, now=now)
    if row is not None:
        target = f"{row.gateway}/{row.device}"
        people.add_audit(scope, AuditRow(now, who, "acknowledge", target, row.state, f"{row.rule}: {note}", address))
    return row
