"""One upload in one transaction: what is new is stored, what was seen is passed over, and the ledger remembers both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from collector.store import alerts, commands, fleet
from collector.store.ledger import Ranges, contains, merged
from collector.store.records import Ingested, Judged, Quarantined
from collector.store.scope import Scope
from collector.store.tables import chunk_range, event, gap, quarantine, tally
from collector.store.telemetry import SeriesBook, move_latest, rows_of
from wire.chunk import Chunk, Content

_NOTES = frozenset({"readings", "duplicates", "chunks", "again", "rejected", "entries"})


def store_upload(
    scope: Scope, book: SeriesBook, gateway: str, entries: Sequence[Judged | Quarantined], received_at: int
) -> Ingested:
    """Store what of ``entries`` was never stored before; the caller's commit is what makes it true."""
    done = Ingested()
    fresh: list[Judged] = []
    own = {"street_id": scope.street, "gateway": gateway}
    for (journal, lane), group in _grouped(entries).items():
        fresh += _sift(scope, own | {"journal": journal, "lane": lane}, group, received_at, done)
    contents = [entry.content for entry in fresh]
    _store_readings(scope, book, gateway, contents, received_at, done)
    for content in contents:
        _store_others(scope, gateway, content, received_at, done)
    done.chunks = len(fresh)
    done.entries = sum(entry.chunk.n for entry in fresh) - done.duplicates
    _count(scope, gateway, done)
    return done


def _grouped(entries: Iterable[Judged | Quarantined]) -> dict[tuple[str, int], list[Judged | Quarantined]]:
    groups: dict[tuple[str, int], list[Judged | Quarantined]] = defaultdict(list)
    for entry in entries:
        groups[(entry.chunk.journal, entry.chunk.lane)].append(entry)
    return groups


def _sift(
    scope: Scope, own: dict[str, Any], group: list[Judged | Quarantined], received_at: int, done: Ingested
) -> list[Judged]:
    connection = scope.connection
    numbers = [entry.chunk.seq for entry in group]
    held = _ranges(connection, own, min(numbers) - 1, max(numbers) + 1)
    known: Ranges = list(held)
    fresh: list[Judged] = []
    for entry in group:
        seq = entry.chunk.seq
        stored = contains(known, seq) and not _is_locked_away(connection, own, seq)
        if stored:
            done.again += 1
        elif isinstance(entry, Quarantined):
            done.rejected += _lock_away(connection, own, entry, received_at)
        else:
            # one that could not be read then and can be now (after an upgrade here) is let out of quarantine
            _let_out(connection, own, seq)
            fresh.append(entry)
        known = merged(known, [seq])
    if known != held:
        where = [chunk_range.c[name] == value for name, value in own.items()]
        connection.execute(delete(chunk_range).where(*where, chunk_range.c.first.in_([first for first, _ in held])))
        connection.execute(chunk_range.insert(), [own | {"first": first, "last": last} for first, last in known])
    return fresh


def _ranges(connection: Connection, own: dict[str, Any], low: int, high: int) -> Ranges:
    where = [chunk_range.c[name] == value for name, value in own.items()]
    statement = select(chunk_range.c.first, chunk_range.c.last).where(
        *where, chunk_range.c.first <= high, chunk_range.c.last >= low
    )
    return [(first, last) for first, last in connection.execute(statement.order_by(chunk_range.c.first))]


def _lock_away(connection: Connection, own: dict[str, Any], entry: Quarantined, received_at: int) -> int:
    seq = entry.chunk.seq
    if _is_locked_away(connection, own, seq):
        return 0
    note = {"reason": entry.reason, "detail": entry.detail, "received_at": received_at, "body": _whole(entry.chunk)}
    connection.execute(quarantine.insert(), own | {"seq": seq} | note)
    return 1


def _is_locked_away(connection: Connection, own: dict[str, Any], seq: int) -> bool:
    where = [quarantine.c[name] == value for name, value in own.items()]
    return connection.execute(select(quarantine.c.id).where(*where, quarantine.c.seq == seq)).first() is not None


def _let_out(connection: Connection, own: dict[str, Any], seq: int) -> None:
    where = [quarantine.c[name] == value for name, value in own.items()]
    connection.execute(delete(quarantine).where(*where, quarantine.c.seq == seq))


def _whole(chunk: Chunk) -> bytes:
    return msgspec.msgpack.encode(chunk)


def _store_readings(
    scope: Scope, book: SeriesBook, gateway: str, contents: list[Content], received_at: int, done: Ingested
) -> None:
    batches = [batch for content in contents for batch in content.batches]
    if not batches:
        return
    rows, newest = rows_of(scope, book, gateway, batches)
    done.readings = scope.dialect.insert_readings(scope.connection, rows)
    done.duplicates = len(rows) - done.readings
    done.moved = move_latest(scope, newest, received_at)


def _store_others(scope: Scope, gateway: str, content: Content, received_at: int, done: Ingested) -> None:
    own = {"gateway": gateway, "received_at": received_at}
    if content.inventory is not None:
        done.inventory |= fleet.apply_inventory(scope, gateway, content.inventory)
    events = [
        {"event": item.id, "device": item.device, "name": item.name, "at": item.at, "fields": _json(item.fields)}
        for item in content.events
    ]
    scope.add_new(event, [own | item for item in events])
    if content.gaps:
        held = own | {"street_id": scope.street}
        scope.connection.execute(gap.insert(), [held | msgspec.structs.asdict(item) for item in content.gaps])
    for change in content.alerts:
        row = alerts.apply_change(scope, gateway, change, received_at)
        if row is not None:
            done.alerts = [held for held in done.alerts if held.id != row.id] + [row]
    for outcome in content.outcomes:
        told = commands.apply_outcome(scope, gateway, outcome, received_at)
        if told is None:
            done.strangers.append(outcome.command)
        else:
            done.commands.append(told)


def _count(scope: Scope, gateway: str, done: Ingested) -> None:
    own = {"street_id": scope.street, "gateway": gateway}
    for name in sorted(_NOTES):
        add = getattr(done, name)
        if not add:
            continue
        where = [tally.c[key] == value for key, value in (own | {"name": name}).items()]
        changed = scope.connection.execute(tally.update().where(*where).values(value=tally.c.value + add))
        if not changed.rowcount:
            scope.connection.execute(tally.insert(), own | {"name": name, "value": add})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
