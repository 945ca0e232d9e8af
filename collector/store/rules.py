"""The collector's own rules inside a transaction: what they have to see, how far they are, and whose work they are."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import func, select, update

from collector.store.scope import Scope
from collector.store.tables import event, readings, rule_owner, rule_state, series
from wire.event import Event
from wire.reading import Batch, Value

_IN_LIMIT = 500

Points = Mapping[str, Collection[str]]
"""Keys by device."""


class PartRow(Struct, frozen=True):
    """One part of the rules: it has judged everything up to ``reached_at`` (event time); ``saved`` is its own."""

    part: str
    reached_at: int
    saved: bytes


class NotOurs(Exception):
    """Another collector judges the rules now."""


def hold(scope: Scope, owner: str, now: int, until: int) -> None:
    """Take the rules for ``owner`` until then, or hold them longer; ``NotOurs`` while another one has them.

    It writes the one row that every owner writes, so that of two transactions the later one sees the earlier.
    """
    free = (rule_owner.c.owner == owner) | (rule_owner.c.until < now)
    mine = {"owner": owner, "until": until}
    changed = scope.connection.execute(
        update(rule_owner).where(rule_owner.c.street_id == scope.street, free).values(**mine)
    )
    if not changed.rowcount and not scope.add_new(rule_owner, [mine]):
        raise NotOurs(owner)


def let_go(scope: Scope, owner: str) -> None:
    """Leave the rules to whoever comes, at once."""
    where = (rule_owner.c.street_id == scope.street, rule_owner.c.owner == owner)
    scope.connection.execute(update(rule_owner).where(*where).values(until=0))


def parts(scope: Scope) -> dict[str, PartRow]:
    """Return every part by name."""
    rows = scope.connection.execute(select(rule_state).where(rule_state.c.street_id == scope.street))
    return {row.part: PartRow(row.part, row.reached_at, row.saved) for row in rows}


def keep(scope: Scope, rows: Iterable[PartRow]) -> None:
    """Remember parts as they are now."""
    if values := [msgspec.structs.asdict(row) for row in rows]:
        scope.put(rule_state, values)


def events_between(scope: Scope, gateway: str, devices: Sequence[str], after: int, until: int) -> list[Event]:
    """Return the events of these devices with ``after < at <= until``, in order of time."""
    found: list[Event] = []
    for some in _parts(devices):
        where = (event.c.street_id == scope.street, event.c.gateway == gateway, event.c.device.in_(some))
        span = (event.c.at > after, event.c.at <= until)
        columns = (event.c.event, event.c.device, event.c.name, event.c.at, event.c.fields)
        found += [
            Event(id_, device, name, at, msgspec.json.decode(fields, type=dict[str, Value]))
            for id_, device, name, at, fields in scope.connection.execute(select(*columns).where(*where, *span))
        ]
    return sorted(found, key=lambda each: (each.at, each.id))


def batches_between(scope: Scope, gateway: str, points: Points, after: int, until: int) -> list[Batch]:
    """Return the readings of these points with ``after < at <= until``, in order of time."""
    known = _series(scope, gateway, points)
    found: list[Any] = []
    for some in _parts(list(known)):
        where = (readings.c.street_id == scope.street, readings.c.series_id.in_(some))
        span = (readings.c.at > after, readings.c.at <= until)
        found += scope.connection.execute(_READING.where(*where, *span))
    return _batches(found, known)


def newest_until(scope: Scope, gateway: str, points: Points, until: int) -> list[Batch]:
    """Return the newest reading of each of these points with ``at <= until``, in order of time."""
    known = _series(scope, gateway, points)
    found: list[Any] = []
    for number in known:
        where = (readings.c.street_id == scope.street, readings.c.series_id == number, readings.c.at <= until)
        found += scope.connection.execute(_READING.where(*where).order_by(readings.c.at.desc()).limit(1))
    return _batches(found, known)


def alive_until(scope: Scope, gateway: str, before: int) -> int | None:
    """Return when a gateway measured anything the last time by ``before``, or ``None`` where it never did."""
    last = (
        select(func.max(readings.c.at))
        .where(readings.c.street_id == series.c.street_id, readings.c.series_id == series.c.series_id)
        .where(readings.c.at <= before)
        .scalar_subquery()
    )
    where = (series.c.street_id == scope.street, series.c.gateway == gateway)
    times = scope.connection.execute(select(last).where(*where)).scalars()
    return max((at for at in times if at is not None), default=None)


_READING = select(readings.c.series_id, readings.c.at, readings.c.value, readings.c.text, readings.c.quality)


def _series(scope: Scope, gateway: str, points: Points) -> dict[int, tuple[str, str, str]]:
    columns = (series.c.series_id, series.c.device, series.c.key, series.c.kind)
    where = (series.c.street_id == scope.street, series.c.gateway == gateway)
    found: dict[int, tuple[str, str, str]] = {}
    for some in _parts(list(points)):
        for number, device, key, kind in scope.connection.execute(
            select(*columns).where(*where, series.c.device.in_(some))
        ):
            if key in points[device]:
                found[int(number)] = (device, key, kind)
    return found


def _batches(rows: Iterable[Any], known: Mapping[int, tuple[str, str, str]]) -> list[Batch]:
    found: dict[tuple[int, str], list[tuple[str, Value, int]]] = {}
    for number, at, value, text, quality in rows:
        device, key, kind = known[number]
        found.setdefault((at, device), []).append((key, _typed(kind, value, text), quality))
    return [Batch(device, at, *map(tuple, zip(*found[at, device], strict=True))) for at, device in sorted(found)]


def _typed(kind: str, value: float | None, text: str | None) -> Value:
    if text is not None or value is None:
        return text
    return bool(value) if kind == "bool" else value


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _IN_LIMIT] for start in range(0, len(items), _IN_LIMIT))
