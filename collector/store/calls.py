"""Calls for help inside a transaction: which gateways heard one, and into which alert what they heard is folded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, or_, select, update

from collector.alarms.calls import Ear, around, fold, name_of
from collector.alarms.machine import alert_id
from collector.store import fleet
from collector.store.scope import Scope
from collector.store.tables import alert, alert_change, heard
from config.catalog import CatalogError, load_class
from wire.alert import AlertChange, AlertState
from wire.event import SEQ

_DAY_US = 86_400_000_000
_LOOK_US = 6 * 3_600_000_000
"""How far around a call others are looked for; what is one call lies within two minutes, or in a row of such."""

_COLUMNS = tuple(heard.c[name] for name in Ear._fields)
# made once: to build such a statement takes longer than to run it
_OF_STREET = select(*_COLUMNS).where(heard.c.street_id == bindparam("street"))
_CALL = _OF_STREET.where(heard.c.call == bindparam("call")).order_by(heard.c.at, heard.c.gateway, heard.c.number)
_NUMBER = _OF_STREET.where(heard.c.number == bindparam("number"))


class Moved(NamedTuple):
    """What a call heard anew made different: calls with their ears, by number, and numbers that are alerts no more."""

    calls: dict[str, list[Ear]]
    gone: list[str]


def ears(scope: Scope, call: str) -> list[Ear]:
    """Return who heard the call that an alert is, by the times at which they did; none where it is no call."""
    return [Ear(*row) for row in scope.connection.execute(_CALL, {"street": scope.street, "call": call})]


def ears_of(scope: Scope, calls: Sequence[str]) -> dict[str, list[Ear]]:
    """Return the same of many alerts, less those that are no calls."""
    found: dict[str, list[Ear]] = {}
    where = (heard.c.street_id == scope.street, heard.c.call.in_(calls))
    rows = scope.connection.execute(select(*_COLUMNS).where(*where).order_by(heard.c.at, heard.c.gateway))
    for row in rows if calls else ():
        found.setdefault(row.call, []).append(Ear(*row))
    return found


def numbers(scope: Scope, call: str) -> list[str]:
    """Return the numbers under which what happened to an alert is kept: its own, or those of all who heard the call."""
    return [ear.number for ear in ears(scope, call)] or [call]


def call_of(scope: Scope, number: str) -> str:
    """Return the alert into which a gateway's alert is folded, by the collector's ids; itself where into none."""
    row = scope.connection.execute(_NUMBER, {"street": scope.street, "number": number}).first()
    return number if row is None else str(row.call)


def calls_of(scope: Scope, wanted: Sequence[str]) -> dict[str, str]:
    """Return the same of many, less those that are folded into none."""
    where = (heard.c.street_id == scope.street, heard.c.number.in_(wanted))
    rows = scope.connection.execute(select(heard.c.number, heard.c.call).where(*where)) if wanted else ()
    return {row.number: row.call for row in rows}


def is_heard(source: Mapping[str, str]) -> ColumnElement[bool]:
    """Return the clause, over the table ``alert``, that a ``gateway``, a ``device`` or both of ``source`` heard it."""
    of_it = (heard.c.street_id == alert.c.street_id, heard.c.call == alert.c.id)
    return exists().where(*of_it, *(heard.c[name] == value for name, value in source.items()))


def hear(scope: Scope, gateway: str, change: AlertChange, received_at: int, *, dated: bool) -> Moved | None:
    """Note that a gateway heard a call and fold it anew; ``None`` where the change tells of no call, or of a known one.

    Who called is the person to whom the device belongs. Of one that belongs to nobody, and is worn or carried, two
    gateways mean the same where their community, its place and its id are the same.
    """
    if change.state is not AlertState.RAISED or not change.event or not change.latched:
        return None
    number, seq = alert_id(gateway, change.alert), change.values.get(SEQ)
    at = change.since if dated else received_at
    whose = _whose(scope, gateway, change.device)
    if whose is None:
        return None
    written = "" if seq is None else str(seq)
    about = (number, gateway, change.alert, change.device, change.rule, whose, change.event, written)
    ear = Ear(*about, at, dated, received_at, number)
    if not scope.add_new(heard, [ear._asdict()]):
        return None
    return _fold(scope, ear)


def hear_again(scope: Scope, gateway: str) -> list[Moved]:
    """Fold anew what a gateway heard at devices that it had not told of then."""
    own = (heard.c.street_id == scope.street, heard.c.gateway == gateway, heard.c.whose == "")
    moved = []
    for ear in [Ear(*row) for row in scope.connection.execute(select(*_COLUMNS).where(*own))]:
        whose = _whose(scope, gateway, ear.device)
        if whose:
            where = (heard.c.street_id == scope.street, heard.c.number == ear.number)
            scope.connection.execute(update(heard).where(*where).values(whose=whose))
            moved.append(_fold(scope, ear._replace(whose=whose)))
    return moved


def owed(scope: Scope, now: int) -> list[Ear]:
    """Return who heard a call that somebody has taken note of, or reset, and does not know it yet; of the last day."""
    since = now - _DAY_US
    joined = and_(alert.c.street_id == heard.c.street_id, alert.c.id == heard.c.call)
    lately = or_(heard.c.received_at > since, alert.c.acknowledged_at > since, alert.c.reset_at > since)
    unknown = or_(*(_unknown(alert.c[name]) for name in ("acknowledged_at", "reset_at")))
    several = select(heard.c.call).where(heard.c.street_id == scope.street).group_by(heard.c.call)
    among = heard.c.call.in_(several.having(func.count() > 1))
    found = select(*_COLUMNS).select_from(heard.join(alert, joined))
    rows = scope.connection.execute(found.where(heard.c.street_id == scope.street, lately, unknown, among))
    return [Ear(*row) for row in rows]


def _unknown(done_at: Any) -> Any:
    known = exists().where(
        alert_change.c.street_id == heard.c.street_id,
        alert_change.c.alert_id == heard.c.number,
        alert_change.c.at == done_at,
        alert_change.c.what.in_(("acknowledged", "reset")),
    )
    return and_(done_at.is_not(None), ~known)


def _whose(scope: Scope, gateway: str, device: str) -> str | None:
    """Return who calls with a device, empty where it is not known yet, ``None`` where nobody can."""
    row, box = fleet.one_device(scope, gateway, device), fleet.one_gateway(scope, gateway)
    if row is None or box is None:
        return ""
    person = fleet.info_of(row).person
    if person:
        return f"person/{person}"
    try:
        carried = load_class(row.kind).carried
    except CatalogError:
        carried = False
    return f"device/{box.name}/{row.place}/{row.kind}/{device}" if carried else None


def _fold(scope: Scope, ear: Ear) -> Moved:
    run = around(_alike(scope, ear), ear.number)
    held = {one.number: one.call for one in run}
    present = {one.call for one in run if one.number != ear.number}
    named = [(name_of(call, present), call) for call in fold(run)]
    calls = {name: [one._replace(call=name) for one in call] for name, call in named}
    for name, call in calls.items():
        moved = [one.number for one in call if held[one.number] != name]
        where = (heard.c.street_id == scope.street, heard.c.number.in_(moved))
        if moved:
            scope.connection.execute(update(heard).where(*where).values(call=name))
    before = {call: [one for one in run if one.call == call] for call in held.values()}
    changed = {
        name: call
        for name, call in calls.items()
        if ear.number in _names(call) or _names(call) != _names(before.get(name, ()))
    }
    return Moved(changed, sorted(set(before) - set(calls)))


def _names(call: Iterable[Ear]) -> set[str]:
    return {ear.number for ear in call}


def _alike(scope: Scope, ear: Ear) -> list[Ear]:
    if not ear.whose:
        return [ear]
    where = (heard.c.street_id == scope.street, heard.c.whose == ear.whose, heard.c.event == ear.event)
    near = heard.c.at.between(ear.at - _LOOK_US, ear.at + _LOOK_US)
    return [Ear(*row) for row in scope.connection.execute(select(*_COLUMNS).where(*where, near))]


def forget(scope: Scope, rows: Sequence[str]) -> None:
    """Take alerts out of their table, which are part of another or are written anew."""
    if rows:
        scope.connection.execute(delete(alert).where(alert.c.street_id == scope.street, alert.c.id.in_(rows)))
