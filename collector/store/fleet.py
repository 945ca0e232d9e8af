"""Gateways, their one-time codes and their devices, inside a transaction."""

from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, func, select, update

from collector.store.records import DeviceRow, EnrolmentRow, GatewayRow, as_row
from collector.store.scope import Scope
from collector.store.tables import device, enrolment, gateway, series, tally
from wire.codec import decode, encode
from wire.inventory import DeviceInfo, Inventory


def add_code(scope: Scope, row: EnrolmentRow) -> None:
    """Keep a new one-time code; codes that ran out a day ago are forgotten."""
    day = 86_400_000_000
    scope.connection.execute(delete(enrolment).where(enrolment.c.expires_at < row.created_at - day))
    scope.connection.execute(enrolment.insert(), msgspec.structs.asdict(row))


def take_code(scope: Scope, code_hash: str, name: str, now: int) -> EnrolmentRow | None:
    """Use up the code if it is unused, not expired and for this gateway; else change nothing and return ``None``."""
    where = (
        enrolment.c.code_hash == code_hash,
        enrolment.c.gateway == name,
        enrolment.c.used_at.is_(None),
        enrolment.c.expires_at > now,
    )
    if scope.connection.execute(update(enrolment).where(*where).values(used_at=now)).rowcount != 1:
        return None
    row = scope.connection.execute(select(enrolment).where(enrolment.c.code_hash == code_hash)).mappings().one()
    held: EnrolmentRow = as_row(EnrolmentRow, row)
    return held


def enrol(scope: Scope, row: GatewayRow) -> None:
    """Add a gateway, or give a known one its new key; what it is and had stays."""
    values = {
        "gateway": row.gateway,
        "name": row.name or row.gateway,
        "public_key": row.public_key,
        "enrolled_at": row.enrolled_at,
        "revoked_at": None,
        "version": row.version,
    }
    keep = () if row.name else ("name",)
    scope.put(gateway, [values], keep=keep)


def revoke(scope: Scope, name: str, now: int) -> bool:
    """Stop believing a gateway; ``False`` if there is none or it is revoked already."""
    where = (gateway.c.gateway == name, gateway.c.revoked_at.is_(None))
    return scope.connection.execute(update(gateway).where(*where).values(revoked_at=now)).rowcount > 0


def gateways(scope: Scope, names: Collection[str] | None = None) -> list[GatewayRow]:
    """Return the gateways called ``names``, or every one, by name."""
    among = () if names is None else (gateway.c.gateway.in_(names),)
    rows = scope.connection.execute(select(gateway).where(*among).order_by(gateway.c.gateway)).mappings()
    return [as_row(GatewayRow, row) for row in rows]


def one_gateway(scope: Scope, name: str) -> GatewayRow | None:
    """Return the gateway called ``name``, revoked or not, or ``None``."""
    row = scope.connection.execute(select(gateway).where(gateway.c.gateway == name)).mappings().first()
    return None if row is None else as_row(GatewayRow, row)


def note_signs(scope: Scope, signs: list[dict[str, Any]]) -> None:
    """Keep when gateways were last heard (``gateway``, ``seen_at``), their last ``status`` and clock, where given."""
    for sign in signs:
        values = {key: value for key, value in sign.items() if key != "gateway"}
        scope.connection.execute(update(gateway).where(gateway.c.gateway == sign["gateway"]).values(**values))


class Told(NamedTuple):
    """Which chunk something came in, and when."""

    journal: str
    seq: int
    received_at: int


def apply_inventory(scope: Scope, name: str, inventory: Inventory, told: Told) -> bool:
    """Replace what a gateway has by a newer inventory; tell whether it was newer.

    Of one journal the later chunk is newer, whatever the gateway's clock showed; between journals the time decides.
    """
    at = min(inventory.at, told.received_at)
    same = gateway.c.inventory_journal == told.journal
    newer = (same & (gateway.c.inventory_seq < told.seq)) | (~same & (gateway.c.inventory_at <= at))
    where = (gateway.c.gateway == name, newer)
    values = {"site": inventory.site, "config_hash": inventory.config_hash, "inventory_at": at}
    values |= {"inventory_journal": told.journal, "inventory_seq": told.seq}
    named = values | ({"name": inventory.name} if inventory.name else {})
    if not scope.connection.execute(update(gateway).where(*where).values(**named)).rowcount:
        return False
    own = (device.c.street_id == scope.street, device.c.gateway == name)
    scope.connection.execute(update(device).where(*own, device.c.gone_at.is_(None)).values(gone_at=inventory.at))
    rows = [
        {
            "gateway": name,
            "device": info.id,
            "name": info.name,
            "kind": info.kind,
            "place": info.place,
            "position": position,
            "info": encode(info),
            "gone_at": None,
        }
        for position, info in enumerate(inventory.devices)
    ]
    scope.put(device, rows)
    _describe_series(scope, name, inventory)
    return True


def devices(scope: Scope, name: str | None = None) -> list[DeviceRow]:
    """Return the devices of the last inventories, in their order, of one gateway or all; a revoked gateway has none."""
    where = _present(scope)
    if name is not None:
        where.append(device.c.gateway == name)
    statement = select(device).where(*where).order_by(device.c.gateway, device.c.position)
    return [as_row(DeviceRow, row) for row in scope.connection.execute(statement).mappings()]


def device_infos(scope: Scope, of: Collection[str]) -> dict[str, list[DeviceInfo]]:
    """Return what the last inventories told of the devices of these gateways, in their order."""
    where = (*_present(scope), device.c.gateway.in_(of))
    found: dict[str, list[DeviceInfo]] = {name: [] for name in of}
    statement = select(device.c.gateway, device.c.info).where(*where).order_by(device.c.gateway, device.c.position)
    for name, info in scope.connection.execute(statement):
        found[name].append(decode(info, DeviceInfo))
    return found


def device_names(scope: Scope, of: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Return gateway and id of every device that ``devices`` returns, of the gateways named or all."""
    where = _present(scope) if of is None else [*_present(scope), device.c.gateway.in_(of)]
    rows = scope.connection.execute(select(device.c.gateway, device.c.device).where(*where))
    return [(owner, name) for owner, name in rows]


def every_device(scope: Scope, of: Collection[str]) -> list[DeviceRow]:
    """Return every device that the gateways ``of`` ever had, gone and revoked ones too: what old alerts are about."""
    where = (device.c.street_id == scope.street, device.c.gateway.in_(of))
    rows = scope.connection.execute(select(device).where(*where)).mappings()
    return [as_row(DeviceRow, row) for row in rows]


def one_device(scope: Scope, gateway_name: str, device_id: str) -> DeviceRow | None:
    """Return one of the devices that ``devices`` returns, or ``None``."""
    where = (*_present(scope), device.c.gateway == gateway_name, device.c.device == device_id)
    row = scope.connection.execute(select(device).where(*where)).mappings().first()
    return None if row is None else as_row(DeviceRow, row)


def info_of(row: DeviceRow) -> DeviceInfo:
    """Return what the inventory told of a device."""
    return decode(row.info, DeviceInfo)


def point_facts(scope: Scope, gateway_name: str, device_id: str, key: str) -> tuple[str, str]:
    """Return unit and kind of a point as the inventory told them; empty where it did not."""
    row = one_device(scope, gateway_name, device_id)
    points = info_of(row).points if row else ()
    return next(((point.unit, point.kind) for point in points if point.key == key), ("", ""))


def tallies(scope: Scope, gateway_name: str | None = None) -> dict[str, int]:
    """Return the exact counts of one gateway, or of all together, by name.

    Names: readings, duplicates, chunks, again, rejected, ``forgotten`` (chunks for which the quarantine had no more
    room), and ``entries``: all that was stored new (``wire.chunk.Content.entries`` says what counts).
    """
    statement = select(tally.c.name, func.sum(tally.c.value)).where(tally.c.street_id == scope.street)
    if gateway_name is not None:
        statement = statement.where(tally.c.gateway == gateway_name)
    return {name: int(value) for name, value in scope.connection.execute(statement.group_by(tally.c.name))}


def _present(scope: Scope) -> list[Any]:
    revoked = select(gateway.c.gateway).where(gateway.c.revoked_at.is_not(None))
    return [device.c.street_id == scope.street, device.c.gone_at.is_(None), device.c.gateway.not_in(revoked)]


def _describe_series(scope: Scope, name: str, inventory: Inventory) -> None:
    for info in inventory.devices:
        for point in info.points:
            where = (
                series.c.street_id == scope.street,
                series.c.gateway == name,
                series.c.device == info.id,
                series.c.key == point.key,
            )
            scope.connection.execute(update(series).where(*where).values(unit=point.unit, kind=point.kind))
