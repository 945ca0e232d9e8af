"""The completeness account inside an upload's transaction: what never came by reason, and what is left of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from collector.store.scope import Scope
from collector.store.tables import gap, loss, missed, summary
from collector.store.telemetry import SeriesBook
from wire.chunk import Content, Gap, Summary

_HOUR_US = 3_600_000_000
_Line = tuple[int, int, str]
"""series, hour, reason."""
_Window = tuple[int, int]
"""start, width_s."""


def note_account(scope: Scope, book: SeriesBook, gateway: str, content: Content, received_at: int) -> None:
    """Take over what a content says of readings that are not in it; each chunk's content is to be noted once."""
    if content.missed:
        lines: Counter[_Line] = Counter()
        for line in content.missed:
            for series in book.points(scope, gateway, line.device, line.points):
                lines[(series, line.hour - line.hour % _HOUR_US, line.reason)] += line.count
        scope.add_up(missed, _rows(lines), ("count",))
    if content.gaps:
        _note_gaps(scope, book, gateway, content.gaps, received_at)
    if content.summaries:
        _note_summaries(scope, book, gateway, content.summaries)


def _note_gaps(scope: Scope, book: SeriesBook, gateway: str, gaps: Sequence[Gap], received_at: int) -> None:
    own = {"street_id": scope.street, "gateway": gateway, "received_at": received_at}
    lines: Counter[_Line] = Counter()
    rows: list[dict[str, Any]] = []
    for one in gaps:
        values = msgspec.structs.asdict(one)
        losses = values.pop("losses")
        values["seqs"] = msgspec.json.encode(one.seqs).decode()
        rows.append(own | values | {"attributed": bool(losses)})
        for part in one.losses:
            (series,) = book.points(scope, gateway, part.device, (part.point,))
            lines[(series, part.hour - part.hour % _HOUR_US, one.reason)] += part.count
    scope.connection.execute(gap.insert(), rows)
    scope.add_up(loss, _rows(lines), ("count",))


def _note_summaries(scope: Scope, book: SeriesBook, gateway: str, summaries: Iterable[Summary]) -> None:
    by_series: dict[int, dict[_Window, dict[str, Any]]] = defaultdict(dict)
    for one in summaries:
        numbers = book.points(scope, gateway, one.device, one.points)
        for series, n, low, mean, high, last in zip(numbers, one.n, one.low, one.mean, one.high, one.last, strict=True):
            row = {"n": n, "low": low, "mean": mean, "high": high, "last": last}
            windows = by_series[series]
            window = (one.start, one.width_s)
            windows[window] = _joined(windows[window], row) if window in windows else row
    for series, windows in by_series.items():
        for window, held in _held(scope, series, windows):
            windows[window] = _joined(held, windows[window])
        own = {"series_id": series}
        scope.put(summary, [own | {"start": at, "width_s": width} | row for (at, width), row in windows.items()])


def _held(scope: Scope, series: int, windows: Iterable[_Window]) -> list[tuple[_Window, dict[str, Any]]]:
    starts = [start for start, _ in windows]
    own = (summary.c.street_id == scope.street, summary.c.series_id == series)
    statement = select(summary).where(*own, summary.c.start.between(min(starts), max(starts)))
    rows = scope.connection.execute(statement).mappings()
    found = [((row["start"], row["width_s"]), dict(row)) for row in rows]
    return [(window, row) for window, row in found if window in windows]


def _joined(held: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    n = held["n"] + more["n"]
    return {
        "n": n,
        "low": min(held["low"], more["low"]),
        "mean": (held["mean"] * held["n"] + more["mean"] * more["n"]) / n if n else 0.0,
        "high": max(held["high"], more["high"]),
        "last": more["last"],
    }


def _rows(lines: Counter[_Line]) -> list[dict[str, Any]]:
    return [
        {"series_id": series, "hour": hour, "reason": reason, "count": count}
        for (series, hour, reason), count in lines.items()
    ]
