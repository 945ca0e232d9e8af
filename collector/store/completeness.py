"""The completeness ledger: for each point and hour what was due, and what became of it, counted from rows when asked.

    expected = delivered - extra + unchanged + thinned + lost, for whatever reason
    collected = expected without what was never read

Nothing here is a running counter: delivered are the rows of the history (those that only mark that a device went
offline were never due), thinned are the readings behind the summaries that came, and the rest is what the gateway told,
once in the chunk that it belongs to. Where a gateway could not say whose readings it lost, ``infer`` estimates.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select

from collector.store import fleet
from collector.store.scope import Scope
from collector.store.tables import gap, loss, missed, readings, series, summary
from wire.codec import decode
from wire.inventory import DeviceInfo
from wire.reading import Quality

HOUR_US = 3_600_000_000
GAPS_LIMIT = 200
"""So many gaps are told with an account."""

UNCHANGED, EXTRA, THINNED = "unchanged", "extra", "thinned"
_SECOND_US = 1_000_000


@dataclass
class HourRow:
    """One point in one hour. ``unread`` are readings that were due and never taken, ``gone`` those that were taken and
    lost, each by reason; ``estimated`` when a part of ``gone`` was inferred.
    """

    device: str
    point: str
    hour: int
    delivered: int = 0
    extra: int = 0
    unchanged: int = 0
    thinned: int = 0
    unread: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    estimated: bool = False

    @property
    def collected(self) -> int:
        """How many of the expected readings the gateway had."""
        return self.delivered - self.extra + self.unchanged + self.thinned + sum(self.gone.values())

    @property
    def expected(self) -> int:
        """How many readings were due."""
        return self.collected + sum(self.unread.values())

    @property
    def lost(self) -> dict[str, int]:
        """Everything that was due and is not here, by reason."""
        both = dict(self.unread)
        for reason, count in self.gone.items():
            both[reason] = both.get(reason, 0) + count
        return both


@dataclass(frozen=True)
class GapRow:
    """What a gateway said it lost; ``attributed``: the hours count it. ``came``: so many more came after all."""

    what: str
    reason: str
    count: int
    start: int
    end: int
    attributed: bool
    received_at: int
    came: int = 0


@dataclass(frozen=True)
class Account:
    """The hours in order of device, point and time, without those of which nothing is known; and the newest gaps."""

    hours: list[HourRow]
    gaps: list[GapRow]


_Rows = dict[tuple[str, str, int], HourRow]


def account(
    scope: Scope, gateway: str, device: str | None, start: int, end: int, settled_until: int | None = None
) -> Account:
    """Return what became of a gateway's readings of the hours that begin with ``start <= hour < end``.

    Both are beginnings of hours. Nothing is inferred for hours that end after ``settled_until``: the gateway may still
    hold their readings.
    """
    own = [series.c.street_id == scope.street, series.c.gateway == gateway]
    own += [] if device is None else [series.c.device == device]
    names = {
        int(number): (str(owner), str(key))
        for number, owner, key in scope.connection.execute(
            select(series.c.series_id, series.c.device, series.c.key).where(*own)
        )
    }
    rows: _Rows = {}
    for number, hour, count in scope.connection.execute(_delivered(own, start, end)):
        if count:
            _row(rows, names, number, hour).delivered += count
    _add_told(scope, rows, names, own, start, end)
    gaps = _gaps(scope, gateway, start, end)
    blind = [one for one in gaps if one.count > 0 and not one.attributed and one.reason != THINNED]
    if blind:
        until = end if settled_until is None else min(end, settled_until)
        periods = _periods(scope, gateway, device)
        infer(rows, blind, periods, range(start, until - HOUR_US + 1, HOUR_US))
    ordered = [rows[name] for name in sorted(rows)]
    return Account(ordered, gaps[:GAPS_LIMIT])


def infer(rows: _Rows, gaps: Iterable[GapRow], periods: Mapping[tuple[str, str], float], hours: Sequence[int]) -> None:
    """Spread gaps that could not say whose readings they are over what nothing else explains.

    In each hour that a gap touches, a point that is due every ``period`` seconds lost at most what it was due in that
    part of the hour, at most what the hour lacks, and all points together at most what the gap counts.
    """
    for one in sorted(gaps, key=lambda each: each.start):
        left = one.count
        for hour in hours:
            span = min(one.end, hour + HOUR_US) - max(one.start, hour)
            if span <= 0:
                continue
            for (device, point), period_s in periods.items():
                row = rows.get((device, point, hour), HourRow(device, point, hour))
                lacking = int(HOUR_US / (period_s * _SECOND_US)) - row.expected
                due = -int(-span // (period_s * _SECOND_US))
                take = min(left, lacking, due)
                if take > 0:
                    row.gone[one.reason] = row.gone.get(one.reason, 0) + take
                    row.estimated = True
                    rows[(device, point, hour)] = row
                    left -= take


def _delivered(own: Sequence[ColumnElement[bool]], start: int, end: int) -> Select[Any]:
    # one count along the key of each point and hour: nothing is sorted, however many rows there are
    first = select(literal(start, BigInteger).label("start")).cte("hour", recursive=True)
    hour = first.union_all(select(first.c.start + HOUR_US).where(first.c.start + HOUR_US < end))
    count = (
        select(func.count())
        .select_from(readings)
        .where(
            readings.c.street_id == series.c.street_id,
            readings.c.series_id == series.c.series_id,
            readings.c.at >= hour.c.start,
            readings.c.at < hour.c.start + HOUR_US,
            readings.c.quality != int(Quality.OFFLINE),
        )
        .correlate(series, hour)
        .scalar_subquery()
    )
    return select(series.c.series_id, hour.c.start, count).select_from(series.join(hour, literal(True))).where(*own)


def _add_told(
    scope: Scope,
    rows: _Rows,
    names: Mapping[int, tuple[str, str]],
    own: Sequence[ColumnElement[bool]],
    start: int,
    end: int,
) -> None:
    numbers = select(series.c.series_id).where(*own)
    for table in (missed, loss):
        where = (table.c.street_id == scope.street, table.c.series_id.in_(numbers))
        columns = (table.c.series_id, table.c.hour, table.c.reason, table.c["count"])
        # a line of nothing is left where all of it was taken back
        statement = select(*columns).where(*where, table.c.hour >= start, table.c.hour < end, table.c["count"] != 0)
        for number, hour, reason, count in scope.connection.execute(statement):
            row = _row(rows, names, number, hour)
            if table is loss:
                # summaries stand for what was thinned, and are counted when they come
                if reason != THINNED:
                    row.gone[reason] = row.gone.get(reason, 0) + count
            elif reason == UNCHANGED:
                row.unchanged += count
            elif reason == EXTRA:
                row.extra += count
            else:
                row.unread[reason] = row.unread.get(reason, 0) + count
    within = (summary.c.street_id == scope.street, summary.c.start >= start, summary.c.start < end)
    windows = scope.connection.execute(
        select(summary.c.series_id, summary.c.start, summary.c.n).where(*within, summary.c.series_id.in_(numbers))
    )
    for number, at, n in windows:
        _row(rows, names, number, at - at % HOUR_US).thinned += n


def _row(rows: _Rows, names: Mapping[int, tuple[str, str]], number: int, hour: int) -> HourRow:
    device, point = names[number]
    return rows.setdefault((device, point, hour), HourRow(device, point, hour))


def _gaps(scope: Scope, gateway: str, start: int, end: int) -> list[GapRow]:
    where = (gap.c.street_id == scope.street, gap.c.gateway == gateway, gap.c.end >= start, gap.c.start < end)
    columns = [gap.c[name] for name in GapRow.__dataclass_fields__]
    rows = scope.connection.execute(select(*columns).where(*where).order_by(gap.c.id.desc()))
    return [GapRow(**row) for row in rows.mappings()]


def _periods(scope: Scope, gateway: str, device: str | None) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = defaultdict(float)
    for row in fleet.devices(scope, gateway):
        if device is None or row.device == device:
            points = decode(row.info, DeviceInfo).points
            found |= {
                (row.device, point.key): point.period_s for point in points if point.period_s > 0 and not point.withheld
            }
    return dict(found)
