"""Alerts inside a transaction: the machine decides, these rows remember, and a change counts once."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import and_, bindparam, func, or_, select

from collector.alarms.calls import united
from collector.alarms.machine import ASIDE, OPEN, State, born, settle, told_by_gateway
from collector.alarms.story import What
from collector.store import asides, calls
from collector.store.alarm_records import AlertRow, ChangeRow
from collector.store.records import as_row
from collector.store.scope import Scope
from collector.store.tables import alert, alert_change
from wire.alert import AlertChange, Level
from wire.reading import Value

_SENTENCES = msgspec.json.Decoder(dict[str, str])
_VALUES = msgspec.json.Decoder(dict[str, Value])

_JSON = ("text", "values")
# made once: to build such a statement takes longer than to run it
_OF_STREET = select(alert).where(alert.c.street_id == bindparam("street"))
_ONE = _OF_STREET.where(alert.c.id == bindparam("number"))
_KIN = _OF_STREET.where(
    alert.c.gateway == bindparam("gateway"),
    alert.c.device == bindparam("device"),
    alert.c.rule == bindparam("rule"),
    alert.c.id != bindparam("number"),
    alert.c.state.in_(bindparam("states", expanding=True)),
).order_by(alert.c.raised_at, alert.c.id)
_CHANGES = (
    select(alert_change)
    .where(alert_change.c.street_id == bindparam("street"), alert_change.c.alert_id == bindparam("number"))
    .order_by(alert_change.c.at, alert_change.c.received_at)
)
_HOLDS = {"out_of_service": What.OUT_OF_SERVICE, "maintenance": What.SUPPRESSED}


def apply_change(
    scope: Scope, gateway: str, change: AlertChange, received_at: int, *, dated: bool = True
) -> list[AlertRow]:
    """Apply a gateway's change; the alerts that are different now, none when this change was applied before.

    Of a call that other gateways heard, too, there is one alert; one that proves to be part of another comes back
    closed, for the last time. ``dated``: the times of the change can be believed.
    """
    row = born(change, gateway, received_at)
    if not keep(scope, row.id, [told_by_gateway(change, gateway, received_at)]):
        return []
    known = one(scope, row.id)
    if known is None:
        keep(scope, row.id, _hidden_from_birth(scope, row, received_at))
    moved = calls.hear(scope, gateway, change, received_at, dated=dated)
    if moved is not None:
        return refolded(scope, moved, received_at, row)
    return [settled(scope, known or row, received_at)]


def refolded(scope: Scope, moved: calls.Moved, now: int, new: AlertRow | None = None) -> list[AlertRow]:
    """Work out anew the alerts of calls that became different; ``new`` is what is not stored yet."""
    known = {row.id: row for row in chosen(scope, [alert.c.id.in_([*moved.calls, *moved.gone])])}
    calls.forget(scope, list(known))
    rows = [replace(known[number], state=str(State.CLOSED)) for number in moved.gone if number in known]
    for number, ears in moved.calls.items():
        first = ears[0]
        own = known.get(number) or new or known[next(iter(known))]
        named = replace(own, id=number, gateway=first.gateway, alert=first.alert, device=first.device, rule=first.rule)
        rows.append(settled(scope, named, now))
    return rows


def settled(scope: Scope, row: AlertRow, now: int) -> AlertRow:
    """Work out an alert anew from all that happened to it, and keep it so."""
    fresh = settle(row, changes(scope, row.id), now)
    values = msgspec.structs.asdict(fresh)
    for name in _JSON:
        values[name] = msgspec.json.encode(values[name]).decode()
    scope.put(alert, [values])
    return fresh


def add_changes(scope: Scope, number: str, rows: Sequence[ChangeRow]) -> int:
    """Keep what happened to an alert; return how much of it was not known yet. ``settled`` draws the conclusion."""
    return sum(keep(scope, each, rows) for each in calls.numbers(scope, number)) if rows else 0


def changes(scope: Scope, number: str) -> list[ChangeRow]:
    """Return everything that happened to an alert, in the order of its own times."""
    return united([changes_of(scope, each) for each in calls.numbers(scope, number)])


def one(scope: Scope, number: str) -> AlertRow | None:
    """Return one alert by the collector's id, also by that of an alert which is folded into it."""
    asked = {"street": scope.street, "number": calls.call_of(scope, number)}
    row = scope.connection.execute(_ONE, asked).mappings().first()
    return None if row is None else _row(row)


def chosen(scope: Scope, where: Iterable[Any]) -> list[AlertRow]:
    """Return the alerts of which every clause of ``where`` (over the table ``alert``) is true, oldest first."""
    statement = select(alert).where(alert.c.street_id == scope.street, *where).order_by(alert.c.raised_at, alert.c.id)
    return [_row(row) for row in scope.connection.execute(statement).mappings()]


def kin(scope: Scope, row: AlertRow, states: Iterable[State]) -> list[AlertRow]:
    """Return the other alerts of the same rule at the same device that are in one of ``states``."""
    about = {"gateway": row.gateway, "device": row.device, "rule": row.rule, "states": [str(one) for one in states]}
    found = scope.connection.execute(_KIN, about | {"street": scope.street, "number": row.id}).mappings()
    return [_row(one) for one in found]


def texts(scope: Scope, numbers: Sequence[str]) -> dict[str, tuple[dict[str, str], dict[str, Value]]]:
    """Return the sentences of alerts by language, and their values, by our id; who is not there is left out."""
    folded = calls.calls_of(scope, numbers)
    held = {number: folded.get(number, number) for number in numbers}
    where = (alert.c.street_id == scope.street, alert.c.id.in_(set(held.values())))
    rows = (
        scope.connection.execute(select(alert.c.id, alert.c.text, alert.c["values"]).where(*where)) if numbers else ()
    )
    known = {number: (_SENTENCES.decode(text), _VALUES.decode(values)) for number, text, values in rows}
    return {number: known[call] for number, call in held.items() if call in known}


class Wanted(NamedTuple):
    """A filter of alerts; ``state`` is open, aside, closed, all or one of ``State``; an empty ``flood`` is none."""

    state: str = "all"
    level: str | None = None
    gateway: str | None = None
    device: str | None = None
    flood: str | None = None


def matching(wanted: Wanted) -> list[Any]:
    """Return the clauses of a filter, over the table ``alert``; a call is of every gateway and device that heard it."""
    several = {"open": OPEN, "aside": ASIDE}.get(wanted.state)
    where: list[Any] = []
    if several is not None:
        where.append(alert.c.state.in_([str(item) for item in several]))
    elif wanted.state != "all":
        where.append(alert.c.state == wanted.state)
    where += [alert.c[name] == value for name in ("level", "flood") if (value := getattr(wanted, name)) is not None]
    source = {name: value for name in ("gateway", "device") if (value := getattr(wanted, name)) is not None}
    if source:
        own = and_(*(alert.c[name] == value for name, value in source.items()))
        where.append(or_(own, calls.is_heard(source)))
    return where


def listed(scope: Scope, wanted: Wanted, *, limit: int = 50, before: tuple[int, str] | None = None) -> list[AlertRow]:
    """Return alerts, newest first; ``before`` continues a page."""
    where = [alert.c.street_id == scope.street, *matching(wanted)]
    if before is not None:
        at, number = before
        where.append((alert.c.raised_at < at) | ((alert.c.raised_at == at) & (alert.c.id < number)))
    statement = select(alert).where(*where).order_by(alert.c.raised_at.desc(), alert.c.id.desc()).limit(limit)
    return [_row(row) for row in scope.connection.execute(statement).mappings()]


def open_counts(scope: Scope) -> list[tuple[str, str, str, str, int]]:
    """Return gateway, device, level, state and how many, of the alerts that are open."""
    columns = (alert.c.gateway, alert.c.device, alert.c.level, alert.c.state)
    where = (alert.c.street_id == scope.street, *matching(Wanted("open")))
    rows = scope.connection.execute(select(*columns, func.count()).where(*where).group_by(*columns))
    return [(gateway, device, level, state, int(count)) for gateway, device, level, state, count in rows]


def state_counts(scope: Scope) -> dict[str, int]:
    """Return how many alerts are in each state but closed."""
    states = [str(state) for state in (*OPEN, *ASIDE)]
    where = (alert.c.street_id == scope.street, alert.c.state.in_(states))
    rows = scope.connection.execute(select(alert.c.state, func.count()).where(*where).group_by(alert.c.state))
    return dict.fromkeys(states, 0) | {state: int(count) for state, count in rows}


def _hidden_from_birth(scope: Scope, row: AlertRow, now: int) -> list[ChangeRow]:
    """Return what holds a new alert out of sight: its device is out of service, or its like is shelved."""
    found = [
        ChangeRow(row.raised_at, str(_HOLDS[aside.kind]), row.level, aside.who, aside.note, "collector", aside.until)
        for aside in asides.holding(scope, row.gateway, row.device, now)
        if aside.at <= row.raised_at and (aside.kind != "maintenance" or row.level != Level.RED)
    ]
    for like in kin(scope, row, [State.SHELVED]):
        covers = like.aside_until is not None and like.aside_until > row.raised_at
        if covers and like.level == row.level:
            return [*found, shelved_like(like, row.raised_at)]
    return found


def shelved_like(like: AlertRow, at: int) -> ChangeRow:
    """Return the shelving that an alert has in common with ``like``, its like at the same device."""
    until = like.aside_until or at
    return ChangeRow(at, str(What.SHELVED), like.level, like.aside_by, like.aside_note, "collector", until)


def keep(scope: Scope, number: str, rows: Sequence[ChangeRow]) -> int:
    return scope.add_new(alert_change, [{"alert_id": number} | _columns(row) for row in rows]) if rows else 0


def changes_of(scope: Scope, number: str) -> list[ChangeRow]:
    found = scope.connection.execute(_CHANGES, {"street": scope.street, "number": number}).mappings()
    return [as_row(ChangeRow, _decoded(row)) for row in found]


def _columns(row: ChangeRow) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    for name in _JSON:
        values[name] = msgspec.json.encode(values[name]).decode()
    return values


def _decoded(mapping: Any) -> dict[str, Any]:
    return dict(mapping) | {name: msgspec.json.decode(mapping[name]) for name in _JSON}


def _row(mapping: Any) -> AlertRow:
    row: AlertRow = as_row(AlertRow, _decoded(mapping))
    return row
