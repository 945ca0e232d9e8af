"""What the figures of alarms are made from, inside a transaction: a few columns of many alerts."""

from typing import Any

from sqlalchemy import select

from collector.alarms.machine import State
from collector.alarms.performance import Case
from collector.store.scope import Scope
from collector.store.tables import alert

_NAMES = ("id", "gateway", "device", "rule", "level", "raised_at", "first_ack_at", "disposition")
_STANDING_SHOWN = 100


def raised(scope: Scope, start: int, end: int) -> list[Case]:
    """Return the alerts raised from ``start`` (µs) until before ``end``, oldest first."""
    return _cases(scope, [alert.c.raised_at >= start, alert.c.raised_at < end])


def standing(scope: Scope) -> list[Case]:
    """Return the alerts whose condition holds, the oldest hundred."""
    return _cases(scope, [alert.c.cleared_at.is_(None), alert.c.state != str(State.CLOSED)], _STANDING_SHOWN)


def _cases(scope: Scope, where: list[Any], limit: int | None = None) -> list[Case]:
    stands = alert.c.cleared_at.is_(None) & (alert.c.state != str(State.CLOSED))
    columns = (*(alert.c[name] for name in _NAMES), stands)
    statement = select(*columns).where(alert.c.street_id == scope.street, *where).order_by(alert.c.raised_at)
    rows = scope.connection.execute(statement.limit(limit))
    return [Case(*row) for row in rows]
