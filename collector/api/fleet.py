"""REST of what there is: the overview, gateways, devices, and the readings of a point."""

from typing import Annotated

from fastapi import APIRouter, Query

from collector.api import models
from collector.api.errors import ApiError
from collector.api.parts import Parts
from collector.api.people import Lent, Somebody
from collector.api.views import counted, typed
from collector.fleet.presence import Link
from collector.store import alerts, commands, fleet, history
from collector.store.records import SeriesRow
from collector.store.scope import Scope

router = APIRouter(tags=["fleet"])


@router.get("/overview")
async def overview(_person: Somebody, parts: Lent) -> models.Overview:
    """Count everything once."""
    counts, tallies, waiting = await parts.store.read(_counts)
    gateways = await parts.views.gateways()
    states = [gateway.state for gateway in gateways]
    links = {link.value: states.count(link.value) for link in Link}
    online = sum(gateway.devices_online for gateway in gateways)
    return models.Overview(
        gateways=models.GatewayCounts(total=len(gateways), **links),
        devices=models.DeviceCounts(
            total=sum(gateway.devices_total for gateway in gateways), online=online, offline=_offline(parts, gateways)
        ),
        alerts=counted(counts),
        readings_total=tallies.get("readings", 0),
        readings_last_minute=parts.ingest.last_minute(),
        commands_waiting=waiting,
        as_of=parts.clock.now(),
    )


@router.get("/gateways")
async def gateways(_person: Somebody, parts: Lent) -> models.Gateways:
    """List the gateways."""
    return models.Gateways(items=await parts.views.gateways(), as_of=parts.clock.now())


@router.get("/gateways/{gateway}/ledger")
async def ledger(gateway: str, _person: Somebody, parts: Lent) -> models.Ledger:
    """Tell what a gateway ever delivered; 404 ``no_such_gateway``."""
    if await parts.views.gateway(gateway) is None:
        raise ApiError(404, "no_such_gateway", f"there is no gateway {gateway}")
    counts = await parts.store.read(fleet.tallies, gateway)
    return models.Ledger(**{name: counts.get(name, 0) for name in models.Ledger.model_fields})


@router.get("/devices")
async def devices(
    _person: Somebody,
    parts: Lent,
    gateway: str | None = None,
    kind: str | None = None,
    q: Annotated[str | None, Query(description="part of the name, id or place")] = None,
) -> models.Devices:
    """List devices with their newest values."""
    items = await parts.views.devices(gateway)
    if kind:
        items = [item for item in items if item.kind == kind]
    if q:
        wanted = q.casefold()
        items = [item for item in items if wanted in f"{item.name}\0{item.id}\0{item.place}".casefold()]
    return models.Devices(items=items, as_of=parts.clock.now())


@router.get("/devices/{gateway}/{device}")
async def one_device(gateway: str, device: str, _person: Somebody, parts: Lent) -> models.Device:
    """Show one device; 404 ``no_such_device``."""
    items = await parts.views.devices(gateway, device)
    if not items:
        raise ApiError(404, "no_such_device", f"{gateway} has no device {device}")
    return items[0]


@router.get("/devices/{gateway}/{device}/readings")
async def readings(
    gateway: str,
    device: str,
    point: str,
    _person: Somebody,
    parts: Lent,
    start: Annotated[int | None, Query(alias="from", description="µs since the epoch, included")] = None,
    end: Annotated[int | None, Query(alias="to", description="µs since the epoch, not included")] = None,
    limit: Annotated[int, Query(ge=1, le=50_000)] = 2000,
) -> models.Readings:
    """Return the newest ``limit`` readings of a point in a stretch of time, in order."""
    if any(at is not None and not -(1 << 62) < at < 1 << 62 for at in (start, end)):
        raise ApiError(422, "bad_request", "from and to are microseconds since the epoch")
    found = await parts.store.read(_stretch, (gateway, device, point), start, end, limit)
    if found is None:
        if await parts.store.read(fleet.one_device, gateway, device) is None:
            raise ApiError(404, "no_such_device", f"{gateway} has no device {device}")
        return models.Readings(point=point, unit="", items=[], summaries=[], truncated=False)
    series, rows, windows = found
    items = [
        (at, typed(series.kind, value, text), quality, mark, late)
        for at, value, text, quality, mark, late in rows[-limit:]
    ]
    return models.Readings(point=point, unit=series.unit, items=items, summaries=windows, truncated=len(rows) > limit)


def _counts(scope: Scope) -> tuple[list[tuple[str, str, str, str, int]], dict[str, int], int]:
    return alerts.open_counts(scope), fleet.tallies(scope), commands.waiting(scope)


def _offline(parts: Parts, gateways: list[models.Gateway]) -> int:
    states = [
        device.state
        for gateway in gateways
        if parts.presence.link(gateway.id) is Link.ONLINE
        for device in parts.presence.devices(gateway.id).values()
    ]
    return states.count("offline")


def _stretch(
    scope: Scope, name: tuple[str, str, str], start: int | None, end: int | None, limit: int
) -> tuple[SeriesRow, list[history.ReadingItem], list[history.SummaryItem]] | None:
    series = history.one_series(scope, *name)
    if series is None:
        return None
    rows = history.stretch(scope, series.series_id, start, end, limit + 1)
    return series, rows, history.summaries(scope, series.series_id, start, end, limit)
