"""The completeness account inside an upload's transaction: what never came by reason, and what is left of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Table, select

from collector.ingest.timing import hour_of
from collector.store.scope import Scope
from collector.store.tables import gap, loss, missed, summary
from collector.store.telemetry import SeriesBook
from wire.chunk import Content, Gap, Summary
from wire.reading import Quality

Lines = Counter[tuple[int, int, str]]
"""How many, by series, hour and reason."""
_Window = tuple[int, int]
"""start, width_s."""


def note_account(scope: Scope, book: SeriesBook, gateway: str, content: Content, received_at: int) -> None:
    """Take over what a content says of readings that are not in it; each chunk's content is to be noted once."""
    if content.missed:
        add_lines(scope, missed, missed_lines(scope, book, gateway, content))
    if content.gaps:
        scope.connection.execute(gap.insert(), [gap_row(scope, gateway, one, received_at) for one in content.gaps])
        add_lines(scope, loss, loss_lines(scope, book, gateway, content.gaps))
    if content.summaries:
        _note_summaries(scope, book, gateway, content.summaries)


def missed_lines(scope: Scope, book: SeriesBook, gateway: str, content: Content) -> Lines:
    """Return what a content says was not read, or was read besides."""
    lines: Lines = Counter()
    for line in content.missed:
        for series in book.points(scope, gateway, line.device, line.points):
            lines[(series, hour_of(line.hour), line.reason)] += line.count
    return lines


def loss_lines(scope: Scope, book: SeriesBook, gateway: str, gaps: Iterable[Gap]) -> Lines:
    """Return whose readings gaps say were lost."""
    lines: Lines = Counter()
    for one in gaps:
        for part in one.losses:
            (series,) = book.points(scope, gateway, part.device, (part.point,))
            lines[(series, hour_of(part.hour), one.reason)] += part.count
    return lines


def reading_lines(scope: Scope, book: SeriesBook, gateway: str, content: Content, reason: str) -> Lines:
    """Return what ``loss_lines`` would be, had the readings in a content been lost for ``reason``."""
    lines: Lines = Counter()
    for batch in content.batches:
        numbers = book.run(scope, gateway, batch)
        for series, grade in zip(numbers, batch.quality or (0,) * len(numbers), strict=True):
            if grade != Quality.OFFLINE:  # such a row was never due
                lines[(series, hour_of(batch.at), reason)] += 1
    for one in content.summaries:
        for series, n in zip(book.points(scope, gateway, one.device, one.points), one.n, strict=True):
            lines[(series, hour_of(one.start), reason)] += n
    return lines


def add_lines(scope: Scope, table: Table, lines: Lines, sign: int = 1) -> None:
    """Add lines to the table of what was missed, or of what was lost."""
    rows = [
        {"series_id": series, "hour": hour, "reason": reason, "count": sign * count}
        for (series, hour, reason), count in lines.items()
        if count
    ]
    scope.add_up(table, rows, ("count",))


def gap_row(scope: Scope, gateway: str, one: Gap, received_at: int) -> dict[str, Any]:
    """Return the record of a gap."""
    values = msgspec.structs.asdict(one)
    values["attributed"] = bool(values.pop("losses"))
    values["seqs"] = msgspec.json.encode(one.seqs).decode()
    return values | {"street_id": scope.street, "gateway": gateway, "received_at": received_at}


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
