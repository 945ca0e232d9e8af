"""REST of the completeness ledger: what became of everything that a gateway should have measured."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query

from collector.api.account_models import Completeness, GapRecord, Hour, Totals
from collector.api.errors import ApiError
from collector.api.people import Lent, Somebody
from collector.store import fleet
from collector.store.completeness import HOUR_US, GapRow, HourRow, account
from wire.status import Status

DAY_US = 24 * HOUR_US
LONGEST_US = 7 * DAY_US
"""The longest stretch that one question may be about; without a device a day."""

router = APIRouter(tags=["fleet"])
_Begin = Annotated[int, Query(alias="from", description="µs since the epoch; its hour is included", gt=-(1 << 62))]
_End = Annotated[
    int, Query(alias="to", description="µs since the epoch; its hour, once begun, is included", lt=1 << 62)
]


@router.get("/gateways/{gateway}/completeness")
async def completeness(
    gateway: str, start: _Begin, end: _End, _person: Somebody, parts: Lent, device: str | None = None
) -> Completeness:
    """Account for each point and hour: expected, collected, delivered, lost with reason; 404 ``no_such_gateway``.

    At most seven days, or one day where no ``device`` is named: 422 ``too_long``.
    """
    longest = DAY_US if device is None else LONGEST_US
    if not 0 < end - start <= longest:
        raise ApiError(422, "too_long", "from comes before to; at most 7 days of one device, 1 day of all together")
    if await parts.store.read(fleet.one_gateway, gateway) is None:
        raise ApiError(404, "no_such_gateway", f"there is no gateway {gateway}")
    status, now = parts.presence.status(gateway), parts.clock.now()
    behind_from = _behind_from(status)
    settled_until = now if behind_from is None else min(now, behind_from)
    first, last = start // HOUR_US * HOUR_US, -(-end // HOUR_US) * HOUR_US
    found = await parts.store.read(account, gateway, device, first, last, settled_until)
    return Completeness(
        items=[_hour(row, behind_from) for row in found.hours],
        totals=_totals(found.hours, status),
        gaps=[_gap(row) for row in found.gaps],
        behind_from=behind_from,
        as_of=now,
    )


def _behind_from(status: Status | None) -> int | None:
    # what was taken after the last status, or is still owed by it, may be on its way
    if status is None:
        return None
    return min(status.at, status.pending_oldest_at) if status.pending and status.pending_oldest_at else status.at


def _hour(row: HourRow, behind_from: int | None) -> Hour:
    return Hour(
        device=row.device,
        point=row.point,
        hour=row.hour,
        expected=row.expected,
        collected=row.collected,
        delivered=row.delivered,
        extra=row.extra,
        unchanged=row.unchanged,
        thinned=row.thinned,
        lost=row.lost,
        estimated=row.estimated,
        behind=behind_from is not None and row.hour + HOUR_US > behind_from,
    )


def _totals(rows: list[HourRow], status: Status | None) -> Totals:
    lost: Counter[str] = Counter()
    for row in rows:
        lost.update(row.lost)
    return Totals(
        expected=sum(row.expected for row in rows),
        collected=sum(row.collected for row in rows),
        delivered=sum(row.delivered for row in rows),
        extra=sum(row.extra for row in rows),
        unchanged=sum(row.unchanged for row in rows),
        thinned=sum(row.thinned for row in rows),
        lost=dict(sorted(lost.items())),
        pending=status.pending if status else None,
        pending_oldest_at=(status.pending_oldest_at or None) if status else None,
    )


def _gap(row: GapRow) -> GapRecord:
    return GapRecord(
        what=row.what,
        reason=row.reason,
        count=row.count,
        came=row.came,
        start=row.start,
        end=row.end,
        attributed=row.attributed,
        received_at=row.received_at,
    )
