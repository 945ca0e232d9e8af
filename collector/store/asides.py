"""Devices out of service and gateways under maintenance, inside a transaction: whose alarms nobody is to see."""

import msgspec
from sqlalchemy import delete, select

from collector.store.alarm_records import AsideRow
from collector.store.records import as_row
from collector.store.scope import Scope
from collector.store.tables import set_aside


def put(scope: Scope, row: AsideRow) -> None:
    """Keep that a device or a gateway is out of sight, in place of what was said before."""
    scope.put(set_aside, [msgspec.structs.asdict(row)])


def end(scope: Scope, gateway: str, device: str, kind: str) -> bool:
    """Bring it back; ``False`` where it was not away."""
    own = (set_aside.c.street_id == scope.street, set_aside.c.gateway == gateway)
    where = (*own, set_aside.c.device == device, set_aside.c.kind == kind)
    return scope.connection.execute(delete(set_aside).where(*where)).rowcount > 0


def standing(scope: Scope, now: int) -> list[AsideRow]:
    """Return what is out of sight at ``now`` (µs), the newest first."""
    where = (set_aside.c.street_id == scope.street, (set_aside.c.until == 0) | (set_aside.c.until > now))
    rows = scope.connection.execute(select(set_aside).where(*where).order_by(set_aside.c.at.desc())).mappings()
    return [as_row(AsideRow, row) for row in rows]


def holding(scope: Scope, gateway: str, device: str, now: int) -> list[AsideRow]:
    """Return what holds the alarms of a device out of sight at ``now``: its own, and its gateway's."""
    return [row for row in standing(scope, now) if row.gateway == gateway and row.device in ("", device)]
