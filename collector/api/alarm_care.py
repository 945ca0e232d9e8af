"""REST of what people put out of sight as a whole: devices out of service, gateways under maintenance."""

from fastapi import APIRouter, Request
from msgspec.structs import asdict

from collector.access.roles import Right
from collector.api import alarm_models
from collector.api.errors import ApiError
from collector.api.parts import Parts, address_of
from collector.api.people import Lent, Somebody, need
from collector.store import asides, upkeep
from collector.store.alarm_records import AsideRow

router = APIRouter(tags=["alarms"])
_DAY_US = 86_400_000_000
_LONGEST_MAINTENANCE_DAYS = 31


@router.get("/alarms/aside")
async def list_asides(_person: Somebody, parts: Lent) -> alarm_models.Asides:
    """List devices out of service and gateways under maintenance."""
    now = parts.clock.now()
    rows = await parts.store.read(asides.standing, now)
    items = [alarm_models.Aside(**asdict(row) | {"until": row.until or None}) for row in rows]
    return alarm_models.Asides(items=items, as_of=now)


@router.post("/devices/{gateway}/{device}/out-of-service", status_code=204)
async def take_out(
    gateway: str, device: str, order: alarm_models.AsideRequest, request: Request, person: Somebody, parts: Lent
) -> None:
    """Take a device out of service: until it is back its alarms are out of sight; 404 ``no_such_device``."""
    need(person, Right.SET_ASIDE)
    row = AsideRow(gateway, device, upkeep.SERVICE, parts.clock.now(), person.name, _reason(order.reason))
    await _moved(parts, await parts.alarms.set_aside(row, address_of(request)), "no_such_device")


@router.post("/devices/{gateway}/{device}/back-in-service", status_code=204)
async def put_back(
    gateway: str, device: str, order: alarm_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> None:
    """Put a device back into service; 404 ``not_aside`` where it was not out."""
    need(person, Right.SET_ASIDE)
    row = AsideRow(gateway, device, upkeep.SERVICE, parts.clock.now(), person.name, order.note.strip())
    await _moved(parts, await parts.alarms.bring_back(row, address_of(request)), "not_aside")


@router.post("/gateways/{gateway}/maintenance", status_code=204)
async def maintain(
    gateway: str, order: alarm_models.MaintenanceRequest, request: Request, person: Somebody, parts: Lent
) -> None:
    """Suppress the alarms of a gateway's devices while it is worked on, a month at most; 404 ``no_such_gateway``."""
    need(person, Right.SET_ASIDE)
    now = parts.clock.now()
    if not now < order.until <= now + _LONGEST_MAINTENANCE_DAYS * _DAY_US:
        raise ApiError(422, "bad_request", f"until is a time within {_LONGEST_MAINTENANCE_DAYS} days")
    row = AsideRow(gateway, "", upkeep.MAINTENANCE, now, person.name, _reason(order.reason), order.until)
    await _moved(parts, await parts.alarms.set_aside(row, address_of(request)), "no_such_gateway")


@router.post("/gateways/{gateway}/maintenance/end", status_code=204)
async def end_maintenance(
    gateway: str, order: alarm_models.AckRequest, request: Request, person: Somebody, parts: Lent
) -> None:
    """End a gateway's maintenance before its time; 404 ``not_aside``."""
    need(person, Right.SET_ASIDE)
    row = AsideRow(gateway, "", upkeep.MAINTENANCE, parts.clock.now(), person.name, order.note.strip())
    await _moved(parts, await parts.alarms.bring_back(row, address_of(request)), "not_aside")


async def _moved(parts: Parts, moved: bool, otherwise: str) -> None:
    if not moved:
        raise ApiError(404, otherwise, "there is none such, or it is not away")
    await parts.tending.look()


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise ApiError(422, "reason_missing", "say why")
    return reason
