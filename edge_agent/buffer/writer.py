"""What runs on the writer thread: drafts become chunks, chunks become rows, and what the disk refuses waits here."""

import sqlite3
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from edge_agent.buffer.errors import NotDurable
from edge_agent.buffer.held import Held
from edge_agent.buffer.journal import Journal, Sealed
from edge_agent.buffer.stats import AcceptedCommand, BufferState, Stats
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange
from wire.chunk import Chunk, ClockMark, Content, Gap, Lane
from wire.codec import seal
from wire.errors import CodecError
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome
from wire.reading import Batch
from wire.receipt import Receipt

HELD_BYTES = 8 * 1024 * 1024
"""So many bytes of chunks wait in memory for a disk that refuses them; the oldest beyond is dropped, history first."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

T = TypeVar("T")

_log = get_logger("buffer")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was handed over, not yet encoded; ``mark`` is from when the first of it came."""

    lane: Lane
    mark: ClockMark
    batches: tuple[Batch, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[AlertChange, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    inventory: Inventory | None = None
    rules_state: bytes | None = None


class Writer:
    """Owns the journal. ``inbox`` and ``stats`` are for any thread; the methods are for the writer thread only."""

    def __init__(self, path: Path, clock: Clock, *, max_bytes: int) -> None:
        self.inbox: deque[Draft] = deque()
        self._clock = clock
        self._journal = Journal(path, max_bytes=max_bytes)
        self._held = Held()
        self._lost: dict[str, Gap] = {}
        self._problem = self._journal.problem
        self._last_mark: ClockMark | None = None
        self.stats = Stats(BufferState.VOLATILE, self._journal.id)
        self._count()

    def drain(self) -> bool:
        """Commit the inbox and what was held before, in order, in one transaction; return whether all is on disk."""
        while self.inbox:
            draft = self.inbox.popleft()
            self._last_mark = draft.mark
            self._held.add(self._seal(draft))
        if self._held.unwritten or self._lost:
            self._commit()
        return self._journal.durable and not self._held

    def peek(self, max_bytes: int, max_chunks: int, skip: Collection[tuple[int, int]]) -> list[Chunk]:
        """See ``Buffer.peek``; what the disk refuses is shown beside what it has."""
        try:
            found = self._journal.peek(max_bytes, max_chunks, skip)
        except sqlite3.Error as error:
            self._failed(error)
            found = []
        if not self._held:
            return found
        both = sorted(found + self._held.show(max_bytes, max_chunks, skip), key=lambda chunk: chunk.lane)
        sums = accumulate(len(chunk.body) for chunk in both)
        fit = [chunk for chunk, size in zip(both, sums, strict=True) if size <= max_bytes or chunk is both[0]]
        return fit[:max_chunks]

    def settle(self, receipts: Sequence[Receipt]) -> int:
        """See ``Buffer.settle``; a rejected chunk that was never on disk becomes a gap record."""
        left, rejected = self._held.settle(receipts)
        for chunk in rejected:
            self._lose("entries", chunk.n, "rejected", chunk.t_min, chunk.t_max)
        try:
            left += self._journal.settle(receipts, self._clock.now())
        except sqlite3.Error as error:
            self._failed(error)
            return left
        self._count()
        return left

    def accept_command(self, command: str, device: str) -> bool:
        """See ``Buffer.accept_command``."""
        if not self._journal.durable:
            raise NotDurable("the buffer is in memory")
        try:
            return self._journal.accept_command(command, device, self._clock.now())
        except sqlite3.Error as error:
            self._failed(error)
            raise NotDurable(str(error)) from error

    def unfinished_commands(self) -> list[AcceptedCommand]:
        """See ``Buffer.unfinished_commands``; none where the disk cannot be read."""
        try:
            return self._journal.unfinished_commands()
        except sqlite3.Error as error:
            self._failed(error)
            return []

    def rules_state(self) -> bytes | None:
        """See ``Buffer.rules_state``."""
        value = self._meta("rules_state")
        return value if isinstance(value, bytes) else None

    def inventory_hash(self) -> str:
        """See ``Buffer.inventory_hash``."""
        value = self._meta("inventory_hash")
        return value if isinstance(value, str) else ""

    def close(self) -> None:
        """Give the file back; what is still held is lost with the process, and was counted as never durable."""
        self._journal.close()

    def _seal(self, draft: Draft) -> Sealed:
        content = Content(
            clock=draft.mark,
            batches=draft.batches,
            events=draft.events,
            alerts=draft.alerts,
            outcomes=draft.outcomes,
            inventory=draft.inventory,
        )
        return Sealed(
            self._chunk(content, draft.lane) if content.entries() else None,
            draft.rules_state,
            draft.inventory.config_hash if draft.inventory else None,
            tuple(outcome.command for outcome in draft.outcomes),
        )

    def _chunk(self, content: Content, lane: Lane) -> Chunk | None:
        try:
            return seal(content, journal=self._journal.id, lane=lane, seq=0)
        except CodecError as error:
            _log.error("entry_unencodable", error=str(error))
        whole = Content(clock=content.clock, batches=tuple(batch for batch in content.batches if self._encodes(batch)))
        kept = whole.entries()
        self._lose("entries", content.entries() - kept, "unencodable", content.clock.wall, content.clock.wall)
        return seal(whole, journal=self._journal.id, lane=lane, seq=0) if kept else None

    def _encodes(self, batch: Batch) -> bool:
        mark = self._last_mark
        try:
            if mark is not None:
                seal(Content(clock=mark, batches=(batch,)), journal="", lane=Lane.HISTORY, seq=0)
        except CodecError:
            return False
        return True

    def _commit(self) -> None:
        mark = self._last_mark
        if mark is None:
            return
        items = self._held.to_write()
        lost = sum(gap.count for gap in self._lost.values())
        if self._lost:
            gaps = Content(clock=mark, gaps=tuple(self._lost.values()))
            items.insert(0, Sealed(seal(gaps, journal=self._journal.id, lane=Lane.ALARM, seq=0)))
        try:
            dropped = self._journal.append(items, mark, lost)
        except sqlite3.Error as error:
            self._failed(error)
            self._trim()
            self._count()
            return
        if dropped:
            _log.warning("buffer_full", dropped_readings=dropped)
        if self._problem and self._journal.durable:
            _log.info("buffer_durable_again", held=len(self._held), lost=lost)
            self._problem = ""
        self._held.written()
        self._lost.clear()
        self._count()

    def _trim(self) -> None:
        for chunk in self._held.trim(HELD_BYTES):
            what = "readings" if chunk.lane == Lane.HISTORY else "entries"
            self._lose(what, chunk.n, "disk_refused", chunk.t_min, chunk.t_max)

    def _lose(self, what: str, count: int, reason: str, start: int, end: int) -> None:
        before = self._lost.get(reason, Gap(what, 0, reason, start, end))
        self._lost[reason] = Gap(what, before.count + count, reason, min(before.start, start), max(before.end, end))

    def _failed(self, error: sqlite3.Error) -> None:
        if not self._problem:
            _log.error("buffer_not_durable", error=str(error))
        self._problem = str(error)
        if self._journal.durable and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            self._begin_anew()
        self._count()

    def _begin_anew(self) -> None:
        """Go on with a new file; what the damaged one owed is a gap record, what it remembered goes along."""
        owed = self.stats
        try:
            self._held.remember(self._journal.remembered())
        except sqlite3.Error:
            _log.warning("rules_state_lost", error="it was in the damaged file")
        self._journal.begin_anew()
        self._problem = self._problem if self._journal.durable else self._journal.problem
        if owed.pending:
            now = self._clock.now()
            self._lose("entries", owed.pending, "buffer_damaged", owed.pending_oldest_at or now, now)

    def _meta(self, name: str) -> int | str | bytes | None:
        try:
            return self._journal.meta(name)
        except sqlite3.Error as error:
            self._failed(error)
            return None

    def _count(self) -> None:
        """Publish new statistics; where even counting fails, the old counts stand under the new state."""
        lost = sum(gap.count for gap in self._lost.values())
        if lost and self._problem:
            state = BufferState.REFUSED
        else:
            state = BufferState.VOLATILE if self._problem or self._held else BufferState.DURABLE
        try:
            counts, oldest, used = self._journal.counts(), self._journal.oldest_at(), self._journal.used_bytes()
        except sqlite3.Error as error:
            self._problem = self._problem or str(error)
            old = self.stats
            counts = {"produced": old.produced, "pending": old.pending, "pending_chunks": old.pending_chunks}
            counts |= {"quarantined": old.quarantined, "dropped": old.dropped}
            oldest, used = old.pending_oldest_at, old.used_bytes
        counts["dropped"] += lost
        self.stats = Stats(
            state,
            self._journal.id,
            **counts,
            pending_oldest_at=oldest,
            held=len(self._held),
            used_bytes=used,
            commits=self._journal.commits,
            problem=self._problem,
        )
