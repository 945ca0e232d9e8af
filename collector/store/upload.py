"""One upload in one transaction: what is new is stored, what was seen is passed over, and the ledger remembers both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from collector.ingest.timing import CORRECTED, UNSYNCED, corrected, mark_of
from collector.store import after_all, alerts, calls, clocks, commands, fleet
from collector.store.account import note_account
from collector.store.clashes import store_beside
from collector.store.dialect import ReadingTuple
from collector.store.ledger import Ranges, contains, merged
from collector.store.quarantine import is_locked_away, let_out, lock_away, make_room
from collector.store.records import AlertRow, Ingested, Judged, Quarantined
from collector.store.scope import Scope
from collector.store.tables import chunk_range, event, tally
from collector.store.telemetry import Newest, SeriesBook, find_newest, move_latest, rows_of
from wire.chunk import Chunk, ClockState, Content, Lane

_NOTES = frozenset({"readings", "duplicates", "chunks", "again", "rejected", "entries", "forgotten"})
_Timed = tuple[Chunk, Content, int]
"""A chunk, its content with the times as they truly were as far as is known, and the mark of its readings."""


def store_upload(
    scope: Scope, book: SeriesBook, gateway: str, entries: Sequence[Judged | Quarantined], received_at: int
) -> Ingested:
    """Store what of ``entries`` was never stored before; the caller's commit is what makes it true."""
    done = Ingested()
    fresh: list[Judged] = []
    own = {"street_id": scope.street, "gateway": gateway}
    for (journal, lane), group in _grouped(entries).items():
        fresh += _sift(scope, own | {"journal": journal, "lane": lane}, group, received_at, done)
    if done.rejected:
        done.forgotten = make_room(scope)
    parts = _timed(scope, gateway, fresh, received_at)
    _store_readings(scope, book, gateway, parts, received_at, done)
    names = {(chunk.journal, chunk.lane, chunk.seq) for chunk, _, _ in parts}
    for chunk, content, mark in parts:
        _store_others(scope, gateway, chunk, content, (mark, received_at), done)
        lost, rest = after_all.split(content)
        note_account(scope, book, gateway, rest, received_at)
        for one in lost:
            after_all.note_given_up(scope, book, gateway, one, received_at, names)
    after_all.take_back(scope, book, gateway, ((chunk, content) for chunk, content, _ in parts))
    done.chunks = len(fresh)
    # the state lane holds copies of what comes, or came, as history
    done.entries = sum(entry.chunk.n for entry in fresh if entry.chunk.lane != Lane.STATE) - done.duplicates
    _count(scope, gateway, done)
    return done


def _timed(scope: Scope, gateway: str, fresh: Iterable[Judged], received_at: int) -> list[_Timed]:
    clocks.note_fixes(scope, gateway, (fix for entry in fresh for fix in entry.content.fixes), received_at)
    return [(entry.chunk, *_put_right(scope, gateway, entry.content)) for entry in fresh]


def _put_right(scope: Scope, gateway: str, content: Content) -> tuple[Content, int]:
    fix = None
    if content.clock.state is ClockState.UNSYNCED:
        fix = clocks.newest_fix(scope, gateway, content.clock.boot)
    return (content, mark_of(content.clock)) if fix is None else (corrected(content, fix), CORRECTED)


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
        stored = contains(known, seq) and not is_locked_away(connection, own, seq)
        if stored:
            done.again += 1
        elif isinstance(entry, Quarantined):
            done.rejected += lock_away(connection, own, entry, received_at)
        else:
            # one that could not be read then and can be now (after an upgrade here) is let out of quarantine
            let_out(connection, own, seq)
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


def _store_readings(
    scope: Scope, book: SeriesBook, gateway: str, parts: Iterable[_Timed], received_at: int, done: Ingested
) -> None:
    rows: list[ReadingTuple] = []
    newest: Newest = {}
    for chunk, content, mark in parts:
        find_newest(scope, book, gateway, content, received_at, newest)
        if chunk.lane != Lane.STATE:
            before = len(rows)
            rows_of(scope, book, gateway, content, (mark, received_at), rows)
            done.corrected += len(rows) - before if mark == CORRECTED else 0
    done.readings = scope.dialect.insert_readings(scope.connection, rows)
    if done.readings < len(rows):
        done.beside = store_beside(scope, rows)
        done.readings += done.beside
    done.duplicates = len(rows) - done.readings
    done.moved = move_latest(scope, newest, received_at)


def _store_others(
    scope: Scope, gateway: str, chunk: Chunk, content: Content, when: tuple[int, int], done: Ingested
) -> None:
    mark, received_at = when
    own = {"gateway": gateway, "received_at": received_at}
    if content.inventory is not None:
        told = fleet.Told(chunk.journal, chunk.seq, received_at)
        done.inventory |= fleet.apply_inventory(scope, gateway, content.inventory, told)
        for moved in calls.hear_again(scope, gateway):
            _different(done, alerts.refolded(scope, moved, received_at))
    events = [
        {"event": item.id, "device": item.device, "name": item.name, "at": item.at, "fields": _json(item.fields)}
        for item in content.events
    ]
    scope.add_new(event, [own | item for item in events])
    done.events += content.events
    for change in content.alerts:
        _different(done, alerts.apply_change(scope, gateway, change, received_at, dated=mark != UNSYNCED))
    for outcome in content.outcomes:
        ended = commands.apply_outcome(scope, gateway, outcome, received_at)
        if ended is None:
            done.strangers.append(outcome.command)
        else:
            done.commands.append(ended)
            if ended.alert:
                _different(done, [alerts.one(scope, ended.alert)])


def _different(done: Ingested, rows: Iterable[AlertRow | None]) -> None:
    """Have people told how alerts are now, once for an upload."""
    for row in (one for one in rows if one is not None):
        done.alerts = [held for held in done.alerts if held.id != row.id] + [row]


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
