"""Chunks that can never be stored, kept for people to look at, within bounds: the oldest make room for the newest."""

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select

from collector.store.ledger import without
from collector.store.records import Quarantined
from collector.store.scope import Scope
from collector.store.tables import chunk_range, quarantine

CHUNK_LIMIT = 10_000
"""So many chunks are kept in quarantine."""

BYTES_LIMIT = 256 * 1024 * 1024
"""So many bytes of chunks are kept in quarantine."""

_STEP = 100


def lock_away(connection: Connection, own: dict[str, Any], entry: Quarantined, received_at: int) -> int:
    """Keep a chunk that cannot be stored; return 1, or 0 when it is kept already. ``own`` names its lane."""
    seq = entry.chunk.seq
    if is_locked_away(connection, own, seq):
        return 0
    note = {"reason": entry.reason, "detail": entry.detail, "received_at": received_at}
    body = msgspec.msgpack.encode(entry.chunk)
    connection.execute(quarantine.insert(), own | {"seq": seq, "body": body} | note)
    return 1


def is_locked_away(connection: Connection, own: dict[str, Any], seq: int) -> bool:
    """Tell whether a chunk is in quarantine."""
    where = [quarantine.c[name] == value for name, value in own.items()]
    return connection.execute(select(quarantine.c.id).where(*where, quarantine.c.seq == seq)).first() is not None


def locked_away(connection: Connection, own: dict[str, Any], first: int, last: int) -> list[int]:
    """Return which numbers from ``first`` to ``last`` are in quarantine."""
    where = [quarantine.c[name] == value for name, value in own.items()]
    return list(connection.scalars(select(quarantine.c.seq).where(*where, quarantine.c.seq.between(first, last))))


def let_out(connection: Connection, own: dict[str, Any], seq: int) -> None:
    """Forget a chunk of the quarantine, because it can be stored after all; none is fine."""
    where = [quarantine.c[name] == value for name, value in own.items()]
    connection.execute(delete(quarantine).where(*where, quarantine.c.seq == seq))


def make_room(scope: Scope) -> int:
    """Forget the oldest chunks until the rest is within bounds; return how many.

    They are forgotten as if they had never come: one that comes again is judged again, and never taken for stored.
    """
    connection, own = scope.connection, quarantine.c.street_id == scope.street
    size = func.coalesce(func.sum(func.length(quarantine.c.body)), 0)
    count, weight = connection.execute(select(func.count(), size).where(own)).one()
    gone = 0
    while count > CHUNK_LIMIT or weight > BYTES_LIMIT:
        columns = [column for column in quarantine.c if column.name != "body"]
        length = func.length(quarantine.c.body).label("length")
        for row in connection.execute(select(*columns, length).where(own).order_by(quarantine.c.id).limit(_STEP)).all():
            if count <= CHUNK_LIMIT and weight <= BYTES_LIMIT:
                break
            connection.execute(delete(quarantine).where(quarantine.c.id == row.id))
            lane = {"street_id": row.street_id, "gateway": row.gateway, "journal": row.journal, "lane": row.lane}
            _unlist(connection, lane, row.seq)
            count, weight, gone = count - 1, weight - row.length, gone + 1
    return gone


def _unlist(connection: Connection, own: dict[str, Any], seq: int) -> None:
    where = [chunk_range.c[name] == value for name, value in own.items()]
    columns = (chunk_range.c.first, chunk_range.c.last)
    holding = select(*columns).where(*where, chunk_range.c.first <= seq, chunk_range.c.last >= seq)
    found = connection.execute(holding).first()
    if found is None:
        return
    connection.execute(delete(chunk_range).where(*where, chunk_range.c.first == found.first))
    left = [own | {"first": first, "last": last} for first, last in without([(found.first, found.last)], seq)]
    if left:
        connection.execute(chunk_range.insert(), left)
