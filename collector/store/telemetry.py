"""The hot path of an upload inside its transaction: batches become rows, rows become the newest values."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from sqlalchemy import func, select

from collector.store import fleet
from collector.store.dialect import LatestTuple, ReadingTuple
from collector.store.records import Moved
from collector.store.scope import Scope
from collector.store.tables import latest, series
from wire.reading import Batch, Quality, Value

_IN_LIMIT = 500
Newest = dict[int, tuple[int, Value, int, str, str]]
"""series → at, value, quality, device, key."""


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
            known = self._runs[name] = self._learn(scope, gateway, batch)
        return known

    def _learn(self, scope: Scope, gateway: str, batch: Batch) -> tuple[int, ...]:
        ids = self._ids.get((gateway, batch.device))
        if ids is None:
            where = (series.c.street_id == scope.street, series.c.gateway == gateway, series.c.device == batch.device)
            rows = scope.connection.execute(select(series.c.key, series.c.series_id).where(*where))
            ids = self._ids[(gateway, batch.device)] = {key: int(number) for key, number in rows}
        for key, value in zip(batch.points, batch.values, strict=True):
            if key not in ids:
                ids[key] = self._make(scope, gateway, batch.device, key, value)
        return tuple(ids[key] for key in batch.points)

    def _make(self, scope: Scope, gateway: str, device: str, key: str, value: Value) -> int:
        top = scope.connection.execute(
            select(func.max(series.c.series_id)).where(series.c.street_id == scope.street)
        ).scalar()
        number = int(top or 0) + 1
        row = {"street_id": scope.street, "series_id": number, "gateway": gateway, "device": device, "key": key}
        unit, kind = fleet.point_facts(scope, gateway, device, key)
        scope.connection.execute(series.insert(), row | {"unit": unit, "kind": kind or _kind(value)})
        return number


def rows_of(
    scope: Scope, book: SeriesBook, gateway: str, batches: Iterable[Batch]
) -> tuple[list[ReadingTuple], Newest]:
    """Turn batches into rows to insert and the newest value of each series among them."""
    street = scope.street
    rows: list[ReadingTuple] = []
    newest: Newest = {}
    for batch in batches:
        at, device = batch.at, batch.device
        quality = batch.quality or (0,) * len(batch.points)
        ids = book.run(scope, gateway, batch)
        for number, key, value, grade in zip(ids, batch.points, batch.values, quality, strict=True):
            figure, text, grade = _columns(value, grade)
            rows.append((street, number, at, figure, grade, text))
            held = newest.get(number)
            if held is None or at > held[0]:
                usable = value if figure is not None or text is not None else None
                newest[number] = (at, usable, grade, device, key)
    return rows, newest


def move_latest(scope: Scope, newest: Newest, received_at: int) -> list[Moved]:
    """Move the newest values forward in time and return, by device, those that did move."""
    held = dict(_held(scope, list(newest)))
    rows: list[LatestTuple] = []
    moved: dict[str, Moved] = {}
    for number in sorted(newest):
        at, value, grade, device, key = newest[number]
        if number in held and at <= held[number]:
            continue
        figure, text, grade = _columns(value, grade)
        rows.append((scope.street, number, at, figure, grade, text, received_at))
        entry = moved.get(device)
        if entry is None or at > entry.at:
            entry = moved[device] = Moved(device, at, entry.points if entry else {})
        entry.points[key] = (value, grade, at)
    scope.dialect.upsert_latest(scope.connection, rows)
    return list(moved.values())


def _held(scope: Scope, numbers: list[int]) -> Iterable[tuple[int, int]]:
    for start in range(0, len(numbers), _IN_LIMIT):
        part = numbers[start : start + _IN_LIMIT]
        where = (latest.c.street_id == scope.street, latest.c.series_id.in_(part))
        found = scope.connection.execute(select(latest.c.series_id, latest.c.at).where(*where))
        yield from ((number, at) for number, at in found)


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
