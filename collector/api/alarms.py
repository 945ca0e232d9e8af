"""REST of alerts: list them with their floods, and do to them what the duty desk does."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from collector.access.roles import Right, may
from collector.alarms.desk import Deed
from collector.alarms.machine import DeedRefused, ineffective
from collector.alarms.story import What
from collector.api import alarm_models, models
from collector.api.errors import ApiError
from collector.api.parts import Parts, address_of
from collector.api.people import Lent, Somebody, need
from collector.api.persons import flood_without_persons, without_persons
from collector.store import alerts, floods
from collector.store.alarm_records import AlertRow
from collector.store.scope import Scope

router = APIRouter(tags=["alerts"])
Limit = Annotated[int, Query(ge=1, le=500)]
_NO_ALERT = ApiError(404, "no_such_alert", "there is no such alert")


@router.get("/alerts")
async def list_alerts(
    person: Somebody,
    parts: Lent,
    state: Literal["open", "aside", "closed", "all"] = "open",
    level: models.Level | None = None,
    gateway: str | None = None,
    device: str | None = None,
    flood: str | None = None,
    fold: bool = False,
    limit: Limit = 50,
    before: Annotated[str | None, Query(pattern=r"^-?\d{1,18}\.[0-9a-f]{24}$")] = None,
) -> alarm_models.Alerts:
    """List alerts, newest first; with ``fold`` those of floods are left out and the floods told instead."""
    at, _, number = (before or "").partition(".")
    wanted = alerts.Wanted(state, level, gateway, device, "" if fold else flood)
    continued = (int(at), number) if before else None
    rows, summed = await parts.store.read(_page, wanted, continued, limit, fold)
    items, summaries = await parts.views.alerts(rows), await parts.views.floods_of(summed)
    if not may(person.role, Right.PERSONAL):
        items = [without_persons(one) for one in items]
        summaries = [flood_without_persons(one) for one in summaries]
    more = f"{rows[-1].raised_at}.{rows[-1].id}" if len(rows) == limit else None
    return alarm_models.Alerts(
        items=items,
        floods=summaries,
        next_before=more,
        as_of=parts.clock.now(),
    )


@router.get("/alerts/{number}")
async def one_alert(number: str, person: Somebody, parts: Lent) -> alarm_models.Alert:
    """Show one alert; 404 ``no_such_alert``."""
    row = await parts.store.read(alerts.one, number)
    if row is None:
        raise _NO_ALERT
    (alert,) = await parts.views.alerts([row])
    return alert if may(person.role, Right.PERSONAL) else without_persons(alert)


@router.get("/alerts/{number}/history")
async def history(number: str, _person: Somebody, parts: Lent) -> alarm_models.History:
    """Tell everything that happened to an alert, by whom, and what of it came to nothing; 404 ``no_such_alert``."""
    rows = await parts.store.read(alerts.changes, number)
    if not rows:
        raise _NO_ALERT
    idle = ineffective(rows, parts.clock.now())
    items = [
        alarm_models.AlertChange(
            at=row.at,
            received_at=row.received_at,
            what=row.what,
            level=row.level,  # type: ignore[arg-type]  # only such words are stored
            who=row.who,
            note=row.note,
            source=row.source,  # type: ignore[arg-type]
            until=row.until or None,
            disposition=row.disposition,  # type: ignore[arg-type]
            counts=row not in idle,
        )
        for row in rows
    ]
    return alarm_models.History(items=items)


@router.post("/alerts/{number}/ack")
async def acknowledge(
    number: str, order: alarm_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> alarm_models.Alert:
    """Take note of an alert; 404 ``no_such_alert``, 409 ``already_acknowledged``, ``set_aside``."""
    need(person, Right.ACKNOWLEDGE)
    deed = Deed(What.ACKNOWLEDGED, person.name, order.note.strip(), order.disposition, 0, address_of(request))
    return await _do(parts, number, deed)


@router.post("/alerts/{number}/reset")
async def reset(
    number: str, order: alarm_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> alarm_models.Alert:
    """Reset a latched alert whose condition has ended; 409 ``still_standing``, ``not_latched``."""
    need(person, Right.ACKNOWLEDGE)
    deed = Deed(What.RESET, person.name, order.note.strip(), order.disposition, 0, address_of(request))
    return await _do(parts, number, deed)


@router.post("/alerts/{number}/disposition")
async def dispose(
    number: str, order: alarm_models.DispositionRequest, request: Request, person: Somebody, parts: Lent
) -> alarm_models.Alert:
    """Say what an alert turned out to be; the last word counts."""
    need(person, Right.ACKNOWLEDGE)
    deed = Deed(What.DISPOSED, person.name, order.note.strip(), order.disposition, 0, address_of(request))
    return await _do(parts, number, deed)


@router.post("/alerts/{number}/shelve")
async def shelve(
    number: str, order: alarm_models.ShelveRequest, request: Request, person: Somebody, parts: Lent
) -> alarm_models.Alert:
    """Put an alert, and every other of its rule at its device, out of sight for a while; 409 ``not_open``."""
    need(person, Right.SET_ASIDE)
    reason = _reason(order.reason)
    return await _do(
        parts, number, Deed(What.SHELVED, person.name, reason, "", order.minutes * 60, address_of(request))
    )


@router.post("/alerts/{number}/unshelve")
async def unshelve(
    number: str, order: alarm_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> alarm_models.Alert:
    """Bring a shelved alert back before its time; 409 ``not_shelved``."""
    need(person, Right.SET_ASIDE)
    deed = Deed(What.UNSHELVED, person.name, order.note.strip(), "", 0, address_of(request))
    return await _do(parts, number, deed)


@router.post("/floods/{number}/ack")
async def acknowledge_flood(
    number: str, order: alarm_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> list[alarm_models.Alert]:
    """Take note of every alert of a flood that waits for somebody; 409 ``already_acknowledged`` where none does."""
    need(person, Right.ACKNOWLEDGE)
    deed = Deed(What.ACKNOWLEDGED, person.name, order.note.strip(), order.disposition, 0, address_of(request))
    rows = await parts.alarms.acknowledge_flood(number, deed)
    if not rows:
        raise ApiError(409, "already_acknowledged", "none of it waits for anybody")
    return await parts.views.alerts(rows)


async def _do(parts: Parts, number: str, deed: Deed) -> alarm_models.Alert:
    try:
        row = await parts.alarms.do(number, deed)
    except DeedRefused as refused:
        raise ApiError(409, refused.word, refused.detail) from refused
    if row is None:
        raise _NO_ALERT
    return (await parts.views.alerts([row]))[0]


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise ApiError(422, "reason_missing", "say why")
    return reason


def _page(
    scope: Scope, wanted: alerts.Wanted, before: tuple[int, str] | None, limit: int, fold: bool
) -> tuple[list[AlertRow], list[floods.FloodRow]]:
    rows = alerts.listed(scope, wanted, limit=limit, before=before)
    shown = fold and before is None
    return rows, floods.summed(scope, alerts.matching(wanted._replace(flood=None))) if shown else []
