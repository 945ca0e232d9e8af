"""REST of what people do: give commands, read the audit, invite gateways."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from collector.access.enrolment import BadName
from collector.access.roles import Right, may
from collector.api import duty_models
from collector.api.errors import ApiError
from collector.api.parts import address_of
from collector.api.people import Lent, Somebody, need
from collector.api.views import audit_line
from collector.commands.desk import CommandRefused
from collector.store import commands, people

router = APIRouter()
Limit = Annotated[int, Query(ge=1, le=500)]
_STATUS = {"not_allowed": 403, "no_such_device": 404, "gateway_offline": 409}


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
    privileged = may(person.role, Right.PERSONAL)
    return duty_models.Audit(
        items=[audit_line(row, privileged=privileged) for row in rows],
        next_before=rows[-1].id if len(rows) == limit else None,
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
