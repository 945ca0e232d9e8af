"""Devices out of service and gateways under maintenance, inside a transaction: whose alarms nobody is to see."""

import msgspec
from sqlalchemy import bindparam, delete, select

from collector.store.alarm_records import AsideRow
from collector.store.records import as_row
from collector.store.scope import Scope
from collector.store.tables import set_aside

_STANDING = (
    select(set_aside)
    .where(
        set_aside.c.street_id == bindparam("street"),
        (set_aside.c.until == 0) | (set_aside.c.until > bindparam("now")),
    )
    .order_by(set_aside.c.at.desc())
)
_HOLDING = _STANDING.where(
    set_aside.c.gateway == bindparam("gateway"), set_aside.c.device.in_(["", bindparam("device")])
)


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
    rows = scope.connection.execute(_STANDING, {"street": scope.street, "now": now}).mappings()
    return [as_row(AsideRow, row) for row in rows]


def holding(scope: Scope, gateway: str, device: str, now: int) -> list[AsideRow]:
    """Return what holds the alarms of a device out of sight at ``now``: its own, and its gateway's."""
    about = {"street": scope.street, "now": now, "gateway": gateway, "device": device}
    return [as_row(AsideRow, row) for row in scope.connection.execute(_HOLDING, about).mappings()]
