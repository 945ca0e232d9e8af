"""What runs on the writer thread: drafts become chunks, chunks become rows, and what the disk refuses waits here."""

import sqlite3
from collections import deque
from collections.abc import Collection, Sequence
from itertools import accumulate
from operator import add
from pathlib import Path

from config.settings import BufferSettings
from edge_agent.buffer.draft import Draft
from edge_agent.buffer.errors import NotDurable
from edge_agent.buffer.held import Held
from edge_agent.buffer.journal import Journal
from edge_agent.buffer.opening import tells_of_damage
from edge_agent.buffer.remembered import NOTE
from edge_agent.buffer.rescue import Rescue
from edge_agent.buffer.sealing import sealed
from edge_agent.buffer.space import CARD_NOTE, Space
from edge_agent.buffer.stats import AcceptedCommand, BufferState, Stats
from edge_agent.buffer.unstored import Unstored
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Chunk, ClockMark, Lane
from wire.receipt import Receipt

HELD_BYTES = 8 * 1024 * 1024
"""So many bytes of chunks wait in memory for a disk that refuses them; the oldest beyond is dropped, history first."""

REOPEN_S = 10.0
"""So often a buffer whose file cannot be written tries again for it."""

_log = get_logger("buffer")


class Writer:
    """Owns the journal. ``inbox`` and ``stats`` are for any thread; the methods are for the writer thread only."""

    def __init__(self, path: Path, clock: Clock, limits: BufferSettings) -> None:
        self.inbox: deque[Draft] = deque()
        self._clock = clock
        self._space = Space(path, limits, clock.monotonic)
        self._journal = Journal(path)
        self._rescue = Rescue(path.parent, clock)
        self._next_try = clock.monotonic() + REOPEN_S
        self._anew_from = 0.0
        self._held = Held()
        self._unstored = Unstored()
        self._problem = self._journal.problem
        self._last_mark: ClockMark | None = None
        self._short = False  # history was refused; what shows that there is room for it again is history that is taken
        self.stats = Stats(BufferState.VOLATILE, self._journal.id)
        self._space.remember(self.note(CARD_NOTE))
        self._count()
        self.salvage()

    @property
    def has_file(self) -> bool:
        """Whether the journal is on disk, or has to live in memory."""
        return self._journal.durable

    def drain(self, *, urgent: bool = False, last: bool = False) -> bool:
        """Commit the inbox and what was held before; return whether all is on disk, or all that is ``urgent``."""
        self._reopen(at_once=last)
        while self.inbox:
            draft = self.inbox.popleft()
            self._last_mark = draft.mark
            if draft.lane == Lane.HISTORY:
                self._journal.up_to = draft.moment(self._clock.monotonic())
            self._held.add(sealed(draft, self._journal.id, self._unstored))
        if self._held.unwritten or self._unstored:
            self._commit()
        return self._journal.durable and not (self._held.lanes[Lane.ALARM] if urgent else len(self._held))

    def peek(
        self, max_bytes: int, max_chunks: int, skip: Collection[tuple[int, int]], lanes: Collection[int]
    ) -> list[Chunk]:
        """See ``Buffer.peek``; what the disk refuses is shown beside what it has."""
        try:
            found = self._journal.peek(max_bytes, max_chunks, skip, lanes)
        except sqlite3.Error as error:
            self._failed(error)
            found = []
        if not self._held:
            return found
        both = sorted(found + self._held.show(max_bytes, max_chunks, skip, lanes), key=lambda chunk: chunk.lane)
        sums = accumulate(len(chunk.body) for chunk in both)
        fit = [chunk for chunk, size in zip(both, sums, strict=True) if size <= max_bytes or chunk is both[0]]
        return fit[:max_chunks]

    def settle(self, receipts: Sequence[Receipt]) -> int:
        """See ``Buffer.settle``; a rejected chunk that was never on disk becomes a gap record."""
        left, rejected = self._held.settle(receipts)
        for chunk in rejected:
            self._unstored.drop(chunk, "rejected")
        try:
            left += self._journal.settle(receipts)
            self._journal.let_go(self._clock.now())
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
            if self._space.give_way(self._journal, error):
                return self.accept_command(command, device)
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

    def note(self, name: str) -> bytes | None:
        """See ``Buffer.note``."""
        value = self._meta(NOTE + name)
        return value if isinstance(value, bytes) else None

    def reclaim(self) -> bool:
        """Let a slice go of what was kept long enough, else give back to the disk a slice of the file's free space, if
        much is free; tell whether there is more.
        """
        if not self._journal.durable:
            return False
        try:
            more = self._space.trim(self._journal, self._clock.now()) or self._journal.reclaim()
        except sqlite3.Error as error:
            self._failed(error)
            return False
        self._count()
        return more

    def salvage(self) -> bool:
        """Take over a slice of what a damaged file still has; tell whether there is more."""
        try:
            more = self._journal.durable and self._rescue.step(self._journal)
        except sqlite3.Error as error:
            self._failed(error)
            return False
        self._count()
        return more

    def close(self) -> None:
        """Give the file back; what is still held is lost with the process, and was counted as never durable."""
        self._rescue.close()
        self._journal.close()

    def _commit(self) -> None:
        waiting, patient = self._held.bytes, self._held.bytes < HELD_BYTES // 2
        verdict = self._space.judge(self._journal, waiting, patient=patient)
        try:
            verdict = self._space.shed(self._journal, verdict, waiting, patient=patient)
        except sqlite3.Error as error:
            self._failed(error)
        if verdict.thin and self._last_mark is not None:
            if self._held.urgent:
                self._append(history=False)  # what cannot wait does not wait for this
            try:
                verdict = self._space.relieve(self._journal, self._last_mark, verdict, waiting)
            except sqlite3.Error as error:
                self._failed(error)
        history = self._held.has_history
        if not self._append(history=verdict.history):
            self._short = self._short or history
            self._trim()
        elif not verdict.history and self._held.unwritten:
            self._short = self._short or history
            self._trouble("no room for history: the disk or the buffer is full")
            self._trim()
        elif self._problem and self._journal.durable and (history or not self._short):
            self._short = False
            _log.info("buffer_durable_again", held=len(self._held))
            self._problem = ""
        self._count()

    def _append(self, *, history: bool) -> bool:
        """Write what is held, in one transaction; where the disk refuses, what cannot wait may use its reserve."""
        items = [*self._unstored.to_write(self._journal.id), *self._held.to_write(history=history), self._space.noted()]
        try:
            self._journal.append(items, self._clock.now(), self._unstored.lost)
        except sqlite3.Error as error:
            self._failed(error)
            if self._journal.durable and not self._problem:  # the damage was the old file's
                return self._append(history=history)
            again = self._space.give_way(self._journal, error) or (history and self._held.urgent)
            return again and self._append(history=False) and not history
        self._held.written(history=history)
        self._unstored.written()
        return True

    def _trim(self) -> None:
        for chunk in self._held.trim(HELD_BYTES):
            self._unstored.drop(chunk, "disk_refused")

    def _failed(self, error: sqlite3.Error) -> None:
        self._trouble(str(error))
        if self._journal.durable and tells_of_damage(error):
            self._begin_anew(str(error))
        self._count()

    def _trouble(self, problem: str) -> None:
        if not self._problem:
            _log.error("buffer_not_durable", error=problem)
        self._problem = problem

    def _begin_anew(self, why: str) -> bool:
        """Go on with a new file; what the damaged one remembered goes along, what it owed is salvaged in slices.
        ``False`` where that was tried a moment ago.
        """
        now = self._clock.monotonic()
        if now < self._anew_from:
            return False  # where every new file is damaged at once, nothing is won by making them
        self._anew_from = now + REOPEN_S
        self._held.remember(self._journal.remembered())
        self._journal.begin_anew(why, self.stats.pending_oldest_at)
        self._problem = self._journal.problem
        self.salvage()
        return True

    def _reopen(self, *, at_once: bool) -> None:
        now = self._clock.monotonic()
        if not self._journal.durable and (at_once or now >= self._next_try):
            self._next_try = now + REOPEN_S
            if not self._journal.reopen():
                self._problem = self._journal.problem
            elif not self._held.unwritten and not self._unstored:
                self._problem = ""  # else it is durable once that is written
                self._count()

    def _meta(self, name: str) -> int | str | bytes | None:
        try:
            return self._journal.meta(name)
        except sqlite3.Error as error:
            self._failed(error)
            return None

    def _count(self) -> None:
        """Publish new statistics; where even counting fails, the old counts stand under the new state."""
        self._journal.keeps = self._space.keeps
        lost = self._unstored.lost
        if lost and self._problem:
            state = BufferState.REFUSED
        else:
            state = BufferState.VOLATILE if self._problem or self._held else BufferState.DURABLE
        counters, (pending, lanes) = self._journal.counters, self._journal.pending()
        oldest, used, job = self.stats.pending_oldest_at, self.stats.used_bytes, self._journal.job
        try:
            oldest, (used, _) = self._journal.oldest_at(), self._journal.used_bytes()
        except sqlite3.Error as error:
            if self._journal.durable and tells_of_damage(error) and self._begin_anew(str(error)):
                return  # which has counted
            self._problem = self._problem or str(error)
        self.stats = Stats(
            state,
            self._journal.id,
            produced=counters.produced + lost,
            pending=pending + (job.lost if job else 0),
            pending_chunks=sum(lanes),
            pending_oldest_at=oldest,
            quarantined=counters.quarantined,
            dropped=counters.dropped + lost,
            thinned=counters.thinned,
            salvaged=counters.salvaged,
            lanes=tuple(map(add, lanes, self._held.lanes)) if self._held else tuple(lanes),
            held=len(self._held),
            used_bytes=used,
            kept_bytes=counters.kept_bytes,
            free_bytes=self._space.free or 0,
            full=self._space.full,
            card=self._space.card.life,
            commits=self._journal.commits,
            problem=self._problem,
            damage=self._rescue.damage or self._journal.put_back,
        )
        self._journal.testify(oldest)
