"""Alerts inside a transaction: the machine decides, these rows remember, and a change counts once."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select

from collector.alarms.machine import OPEN, AlreadyAcknowledged, State, acknowledge, alert_id, apply
from collector.store.records import AlertRow, as_row
from collector.store.scope import Scope
from collector.store.tables import alert, alert_change
from wire.alert import AlertChange

_JSON = ("text", "values")


def apply_change(scope: Scope, gateway: str, change: AlertChange, received_at: int) -> AlertRow | None:
    """Apply a gateway's change; the alert as it is now, or ``None`` when this change was applied before."""
    number = alert_id(gateway, change.alert)
    note = {"alert_id": number, "at": change.at, "what": str(change.state), "level": str(change.level)}
    if not scope.add_new(alert_change, [note | {"received_at": received_at}]):
        return None
    row = apply(one(scope, number), change, gateway=gateway, received_at=received_at)
    _keep(scope, row)
    return row


def take_note(scope: Scope, number: str, *, who: str, note: str, now: int) -> AlertRow | None:
    """Acknowledge; ``None`` when there is no such alert. ``AlreadyAcknowledged`` as the machine says."""
    row = one(scope, number)
    if row is None:
        return None
    row = acknowledge(row, who=who, note=note, now=now)
    change = {"alert_id": number, "at": now, "what": "acknowledged", "level": row.level, "who": who, "note": note}
    if not scope.add_new(alert_change, [change | {"received_at": now}]):
        raise AlreadyAcknowledged(number)
    _keep(scope, row)
    return row


def one(scope: Scope, number: str) -> AlertRow | None:
    """Return one alert by the collector's id."""
    statement = select(alert).where(alert.c.street_id == scope.street, alert.c.id == number)
    row = scope.connection.execute(statement).mappings().first()
    return None if row is None else _row(row)


def texts(scope: Scope, numbers: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the sentences of alerts by language, by our id; those that are not there are left out."""
    where = (alert.c.street_id == scope.street, alert.c.id.in_(numbers))
    rows = scope.connection.execute(select(alert.c.id, alert.c.text).where(*where)) if numbers else ()
    return {number: msgspec.json.decode(text, type=dict[str, str]) for number, text in rows}


def listed(
    scope: Scope,
    *,
    state: str = "all",
    level: str | None = None,
    gateway: str | None = None,
    device: str | None = None,
    limit: int = 50,
    before: tuple[int, str] | None = None,
) -> list[AlertRow]:
    """Return alerts, newest first; ``state`` is open, closed, all or one of ``State``; ``before`` continues a page."""
    where: list[Any] = [alert.c.street_id == scope.street]
    if state == "open":
        where.append(alert.c.state.in_([str(item) for item in OPEN]))
    elif state != "all":
        where.append(alert.c.state == state)
    for column, wanted in ((alert.c.level, level), (alert.c.gateway, gateway), (alert.c.device, device)):
        if wanted is not None:
            where.append(column == wanted)
    if before is not None:
        at, number = before
        where.append((alert.c.raised_at < at) | ((alert.c.raised_at == at) & (alert.c.id < number)))
    statement = select(alert).where(*where).order_by(alert.c.raised_at.desc(), alert.c.id.desc()).limit(limit)
    return [_row(row) for row in scope.connection.execute(statement).mappings()]


def open_counts(scope: Scope) -> list[tuple[str, str, str, str, int]]:
    """Return gateway, device, level, state and how many, of the alerts that are open."""
    columns = (alert.c.gateway, alert.c.device, alert.c.level, alert.c.state)
    where = (alert.c.street_id == scope.street, alert.c.state != str(State.CLOSED))
    rows = scope.connection.execute(select(*columns, func.count()).where(*where).group_by(*columns))
    return [(gateway, device, level, state, int(count)) for gateway, device, level, state, count in rows]


def _keep(scope: Scope, row: AlertRow) -> None:
    values = msgspec.structs.asdict(row)
    for name in _JSON:
        values[name] = msgspec.json.encode(values[name]).decode()
    scope.put(alert, [values])


def _row(mapping: Any) -> AlertRow:
    values = dict(mapping)
    for name in _JSON:
        values[name] = msgspec.json.decode(values[name])
    row: AlertRow = as_row(AlertRow, values)
    return row
