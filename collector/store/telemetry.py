"""The hot path of an upload inside its transaction: batches become rows, rows become the newest values."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from sqlalchemy import func, select

from collector.store import fleet
from collector.store.dialect import AHEAD_US, LatestTuple, ReadingTuple
from collector.store.records import Moved
from collector.store.scope import Scope
from collector.store.tables import latest, series
from wire.chunk import Content
from wire.reading import Batch, Quality, Value

LATE_S = 60
"""Readings that reached us sooner than so many seconds after their time are not called late."""

_IN_LIMIT = 500
_LATE_LIMIT = (1 << 31) - 1
_FUTURE = 1 << 63
Newest = dict[tuple[int, ...], tuple[int, Batch]]
"""Series numbers of a batch's points → the rank of its time and the newest batch."""


class SeriesBook:
    """Knows the number of each point of each gateway, and makes new ones; to be forgotten when a transaction fails."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], dict[str, int]] = {}
        self._runs: dict[tuple[str, str, tuple[str, ...]], tuple[int, ...]] = {}

    def forget(self) -> None:
        """Drop what was learnt: the transaction that made it true was rolled back."""
        self._ids.clear()
        self._runs.clear()

    def run(self, scope: Scope, gateway: str, batch: Batch) -> tuple[int, ...]:
        """Return the series numbers of a batch's points, in their order."""
        name = (gateway, batch.device, batch.points)
        known = self._runs.get(name)
        if known is None:
            known = self._runs[name] = self.points(scope, gateway, batch.device, batch.points, batch.values)
        return known

    def points(
        self, scope: Scope, gateway: str, device: str, keys: Sequence[str], values: Sequence[Value] = ()
    ) -> tuple[int, ...]:
        """Return the series numbers of a device's points; ``values`` tell what new ones are where nothing else does."""
        ids = self._ids.get((gateway, device))
        if ids is None:
            where = (series.c.street_id == scope.street, series.c.gateway == gateway, series.c.device == device)
            rows = scope.connection.execute(select(series.c.key, series.c.series_id).where(*where))
            ids = self._ids[(gateway, device)] = {key: int(number) for key, number in rows}
        for key, value in zip(keys, values or (None,) * len(keys), strict=True):
            if key not in ids:
                ids[key] = self._make(scope, gateway, device, key, value)
        return tuple(ids[key] for key in keys)

    def _make(self, scope: Scope, gateway: str, device: str, key: str, value: Value) -> int:
        where = (series.c.street_id == scope.street, series.c.gateway == gateway, series.c.device == device)
        made = scope.connection.execute(select(series.c.series_id).where(*where, series.c.key == key)).scalar()
        if made is not None:  # by another process meanwhile: an import
            return int(made)
        top = scope.connection.execute(
            select(func.max(series.c.series_id)).where(series.c.street_id == scope.street)
        ).scalar()
        number = int(top or 0) + 1
        row = {"street_id": scope.street, "series_id": number, "gateway": gateway, "device": device, "key": key}
        unit, kind = fleet.point_facts(scope, gateway, device, key)
        scope.connection.execute(series.insert(), row | {"unit": unit, "kind": kind or _kind(value)})
        return number


def rows_of(
    scope: Scope,
    book: SeriesBook,
    gateway: str,
    content: Content,
    stamp: tuple[int, int],
    rows: list[ReadingTuple],
) -> None:
    """Add a content's readings to the ``rows`` to insert. ``stamp``: their mark, and when they came (µs)."""
    street = scope.street
    mark, received_at = stamp
    for batch in content.batches:
        at = batch.at
        late = (received_at - at) // 1_000_000
        late = 0 if late < LATE_S else min(late, _LATE_LIMIT)
        quality = batch.quality or (0,) * len(batch.points)
        ids = book.run(scope, gateway, batch)
        for number, value, grade in zip(ids, batch.values, quality, strict=True):
            if value.__class__ is float and isfinite(value):
                rows.append((street, number, at, value, grade, None, mark, late))
            else:
                figure, text, grade = _columns(value, grade)
                rows.append((street, number, at, figure, grade, text, mark, late))


def find_newest(
    scope: Scope, book: SeriesBook, gateway: str, content: Content, received_at: int, newest: Newest
) -> None:
    """Take over into ``newest`` what a content brings that is newer than what stands there."""
    for batch in content.batches:
        ids = book.run(scope, gateway, batch)
        rank = _rank(batch.at, received_at)
        held = newest.get(ids)
        if held is None or rank > held[0]:
            newest[ids] = (rank, batch)


def move_latest(scope: Scope, newest: Newest, received_at: int) -> list[Moved]:
    """Move the newest values forward in time and return, by device, those that did move."""
    points: dict[int, tuple[int, Batch, int]] = {}
    for ids, (rank, batch) in newest.items():
        for index, number in enumerate(ids):
            known = points.get(number)
            if known is None or rank > known[0]:
                points[number] = (rank, batch, index)
    held = dict(_held(scope, list(points)))
    rows: list[LatestTuple] = []
    moved: dict[str, Moved] = {}
    for number in sorted(points):
        rank, batch, index = points[number]
        if number in held and rank <= held[number]:
            continue
        value = batch.values[index]
        figure, text, grade = _columns(value, batch.quality[index] if batch.quality else 0)
        at, device = batch.at, batch.device
        rows.append((scope.street, number, at, figure, grade, text, received_at))
        entry = moved.get(device)
        if entry is None or at > entry.at:
            entry = moved[device] = Moved(device, at, entry.points if entry else {})
        entry.points[batch.points[index]] = (None if figure is None and text is None else value, grade, at)
    scope.dialect.upsert_latest(scope.connection, rows)
    return list(moved.values())


def _held(scope: Scope, numbers: list[int]) -> Iterable[tuple[int, int]]:
    for start in range(0, len(numbers), _IN_LIMIT):
        part = numbers[start : start + _IN_LIMIT]
        where = (latest.c.street_id == scope.street, latest.c.series_id.in_(part))
        found = scope.connection.execute(select(latest.c.series_id, latest.c.at, latest.c.received_at).where(*where))
        yield from ((number, _rank(at, received_at)) for number, at, received_at in found)


def _rank(at: int, received_at: int) -> int:
    """Return what newest values are compared by: the time, and below all others what a clock ahead of ours claims."""
    return at if at <= received_at + AHEAD_US else at - _FUTURE


def _columns(value: Value, quality: int) -> tuple[float | None, str | None, int]:
    if value.__class__ is float:
        if isfinite(value):
            return value, None, quality
        return None, None, quality or Quality.BAD.value
    if value is None:
        return None, None, quality or Quality.BAD.value
    if isinstance(value, str):
        return (None, None, quality or Quality.BAD.value) if "\0" in value else (None, value, quality)
    return float(value), None, quality


def _kind(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "string"}
    return names.get(type(value), "")
