"""What was measured, asked for: the newest values of many points, or a stretch of one."""

from typing import Any

from sqlalchemy import select

from collector.store.records import LatestRow, SeriesRow, as_row
from collector.store.scope import Scope
from collector.store.tables import latest, readings, series, summary

_WIDEST_US = 86_400_000_000

ReadingItem = tuple[int, float | None, str | None, int, int, int]
"""at, value, text, quality, mark (``ingest.timing``), seconds late."""

SummaryItem = tuple[int, int, int, float, float, float, float]
"""start, seconds, how many readings, lowest, mean, highest, last."""


def newest(scope: Scope, gateway: str | None = None, device: str | None = None) -> list[LatestRow]:
    """Return the newest reading of every point, of one gateway or device where given."""
    where: list[Any] = [series.c.street_id == scope.street]
    if gateway is not None:
        where.append(series.c.gateway == gateway)
    if device is not None:
        where.append(series.c.device == device)
    joined = series.join(
        latest, (latest.c.street_id == series.c.street_id) & (latest.c.series_id == series.c.series_id)
    )
    columns = (series.c.gateway, series.c.device, series.c.key, latest)
    rows = scope.connection.execute(select(*columns).select_from(joined).where(*where)).mappings()
    return [as_row(LatestRow, row) for row in rows]


def one_series(scope: Scope, gateway: str, device: str, key: str) -> SeriesRow | None:
    """Return how a point is stored, or ``None`` when it never reported."""
    where = (
        series.c.street_id == scope.street,
        series.c.gateway == gateway,
        series.c.device == device,
        series.c.key == key,
    )
    row = scope.connection.execute(select(series).where(*where)).mappings().first()
    return None if row is None else as_row(SeriesRow, row)


def stretch(scope: Scope, series_id: int, start: int | None, end: int | None, limit: int) -> list[ReadingItem]:
    """Return the newest ``limit`` readings of a series with ``start <= at < end``, in order of time."""
    where = [readings.c.street_id == scope.street, readings.c.series_id == series_id]
    if start is not None:
        where.append(readings.c.at >= start)
    if end is not None:
        where.append(readings.c.at < end)
    columns = [readings.c[name] for name in ("at", "value", "text", "quality", "mark", "late_s")]
    rows = scope.connection.execute(select(*columns).where(*where).order_by(readings.c.at.desc()).limit(limit))
    return [(at, value, text, quality, mark, late) for at, value, text, quality, mark, late in rows][::-1]


def summaries(scope: Scope, series_id: int, start: int | None, end: int | None, limit: int) -> list[SummaryItem]:
    """Return the newest ``limit`` summaries of a series whose windows reach into ``start <= at < end``, in order."""
    where = [summary.c.street_id == scope.street, summary.c.series_id == series_id]
    if start is not None:
        where += [summary.c.start > start - _WIDEST_US, summary.c.start + summary.c.width_s * 1_000_000 > start]
    if end is not None:
        where.append(summary.c.start < end)
    columns = [summary.c[name] for name in ("start", "width_s", "n", "low", "mean", "high", "last")]
    statement = select(*columns).where(*where).order_by(summary.c.start.desc(), summary.c.width_s).limit(limit)
    return [tuple(row) for row in scope.connection.execute(statement)][::-1]
