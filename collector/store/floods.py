"""Floods of alarms inside a transaction: each alert knows its flood, and a flood is summed up from its alerts."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, case, func, select, update

from collector.alarms.floods import Occurrence, fold, is_device_offline
from collector.alarms.machine import OPEN, WAITING
from collector.store import alerts
from collector.store.alarm_records import AlertRow
from collector.store.scope import Scope
from collector.store.tables import alert, device
from wire.alert import Level

_DAY_US = 86_400_000_000
_SHOWN = 100


class FloodRow(Struct, frozen=True):
    """A flood: how many alerts it has, how many of them are open and wait for a person, the gravest level of those
    that are open (of all where none is), its first-out and when the last came. ``offline``: devices of one gateway.
    """

    first: AlertRow
    total: int
    open: int
    waiting: int
    level: str
    last_at: int
    offline: bool


def refold(scope: Scope, start: int, end: int) -> list[str]:
    """Work out anew which flood the alerts raised between ``start`` and ``end`` (µs) belong to; return new floods.

    A flood is new where none of its alerts was in one before. It looks at whole days around, so that what it finds
    does not depend on which alerts came together.
    """
    first = start // _DAY_US * _DAY_US - _DAY_US
    joined = and_(
        device.c.street_id == alert.c.street_id,
        device.c.gateway == alert.c.gateway,
        device.c.device == alert.c.device,
    )
    columns = (alert.c.id, alert.c.gateway, alert.c.rule, func.coalesce(device.c.place, ""), alert.c.raised_at)
    where = (alert.c.street_id == scope.street, alert.c.raised_at >= first, alert.c.raised_at <= end + _DAY_US)
    found = select(*columns, alert.c.flood).select_from(alert.outerjoin(device, joined)).where(*where)
    rows = scope.connection.execute(found).all()
    floods = fold(Occurrence(*row[:5]) for row in rows)
    before = {row[0]: row[5] for row in rows}
    known = {floods[number] for number, flood in before.items() if flood and number in floods}
    moved = [(number, floods.get(number, "")) for number, flood in before.items() if floods.get(number, "") != flood]
    for number, flood in moved:
        own = (alert.c.street_id == scope.street, alert.c.id == number)
        scope.connection.execute(update(alert).where(*own).values(flood=flood))
    return sorted(set(floods.values()) - known)


def _level(rank: int) -> str:
    return list(Level)[rank - 1].value


def summed(scope: Scope, where: Iterable[Any], limit: int = _SHOWN) -> list[FloodRow]:
    """Return the floods of which an alert fulfils every clause of ``where`` (over ``alert``), the newest first."""
    among = select(alert.c.flood).where(alert.c.street_id == scope.street, alert.c.flood != "", *where)
    is_open = alert.c.state.in_([str(state) for state in OPEN])
    waits = alert.c.state.in_([str(state) for state in WAITING])
    rank = case({level.value: level.rank for level in Level}, value=alert.c.level)
    columns = (
        alert.c.flood,
        func.count(),
        func.sum(case((is_open, 1), else_=0)),
        func.sum(case((waits, 1), else_=0)),
        func.coalesce(func.min(case((is_open, rank))), func.min(rank)),
        func.max(alert.c.raised_at),
        func.count(alert.c.rule.distinct()),
    )
    own = (alert.c.street_id == scope.street, alert.c.flood.in_(among))
    newest = func.max(alert.c.raised_at).desc()
    rows = scope.connection.execute(select(*columns).where(*own).group_by(alert.c.flood).order_by(newest).limit(limit))
    sums = {flood: rest for flood, *rest in rows}
    firsts = alerts.chosen(scope, [alert.c.id.in_(sums)]) if sums else []
    by_id = {row.id: row for row in firsts}
    return [
        FloodRow(
            by_id[flood],
            total,
            opened,
            waiting,
            _level(worst),
            last,
            rules == 1 and is_device_offline(by_id[flood].rule),
        )
        for flood, (total, opened, waiting, worst, last, rules) in sums.items()
        if flood in by_id
    ]
