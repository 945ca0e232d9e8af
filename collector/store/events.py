"""What happened at devices, asked for: the newest events of a gateway's devices in a stretch of time."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, Select, Text, and_, column, select, values

from collector.store.scope import Scope
from collector.store.tables import device as devices
from collector.store.tables import event
from wire.picture import FIELD, device_of
from wire.reading import Value

Moment: TypeAlias = tuple[str, str, int]
"""A gateway, its device, and a time (µs)."""

_AT_ONCE = 1000


class EventRow(Struct, frozen=True):
    """One event; ``kind`` is its device's class by the last inventory, empty for a device that is there no more."""

    event: str
    device: str
    kind: str
    name: str
    at: int
    received_at: int
    fields: dict[str, Value]


def stretch(
    scope: Scope, gateway: str, device: str | None, name: str | None, span: tuple[int, int], limit: int
) -> list[EventRow]:
    """Return the newest ``limit`` events with ``span[0] <= at < span[1]``, newest first: of one device, or of all that
    the gateway has now; of one name, or of every name.
    """
    here = (devices.c.street_id == scope.street, devices.c.gateway == gateway)
    kinds = {row[0]: row[1] for row in scope.connection.execute(select(devices.c.device, devices.c.kind).where(*here))}
    wanted = [device] if device is not None else list(kinds)
    where: list[Any] = [event.c.street_id == scope.street, event.c.gateway == gateway, event.c.device.in_(wanted)]
    where += [event.c.at >= span[0], event.c.at < span[1]]
    if name is not None:
        where.append(event.c.name == name)
    columns = (event.c.event, event.c.device, event.c.name, event.c.at, event.c.received_at, event.c.fields)
    found = select(*columns).where(*where).order_by(event.c.at.desc(), event.c.event.desc()).limit(limit)
    return [
        EventRow(row.event, row.device, kinds.get(row.device, ""), row.name, row.at, row.received_at, _of(row.fields))
        for row in scope.connection.execute(found)
    ]


def picture_of(fields: Mapping[str, Value]) -> str:
    """Return the reference of the picture that an event's fields name, empty where they name none of a gateway's."""
    reference = fields.get(FIELD)
    return reference if isinstance(reference, str) and device_of(reference) else ""


def pictures(scope: Scope, moments: Sequence[Moment]) -> dict[Moment, str]:
    """Return the references of pictures by gateway, device and time (µs) of the events that name them."""
    found: dict[Moment, str] = {}
    for first in range(0, len(moments), _AT_ONCE):
        for row in scope.connection.execute(_naming(scope, moments[first : first + _AT_ONCE])):
            found[row.gateway, row.device, row.at] = picture_of(_of(row.fields))
    return {moment: reference for moment, reference in found.items() if reference}


def _naming(scope: Scope, moments: Sequence[Moment]) -> Select[tuple[str, str, int, str]]:
    # a table of its own to begin with: of a list of conditions SQLite makes one walk through a gateway's events
    names = (column("gateway", Text), column("device", Text), column("at", BigInteger))
    wanted = values(*names, name="wanted").data(list(moments)).cte()
    same = [wanted.c[name] == event.c[name] for name in ("gateway", "device", "at")]
    columns = (event.c.gateway, event.c.device, event.c.at, event.c.fields)
    found = select(*columns).select_from(wanted).join(event, and_(event.c.street_id == scope.street, *same))
    return found.where(event.c.fields.contains(FIELD))


def _of(fields: str) -> dict[str, Value]:
    return msgspec.json.decode(fields, type=dict[str, Value])
