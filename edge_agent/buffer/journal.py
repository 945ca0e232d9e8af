"""The buffer's SQL: every change is one transaction, and every cost is independent of how much is owed."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

from edge_agent.buffer import remembered
from edge_agent.buffer.book import open_book
from edge_agent.buffer.carried import newest_carried
from edge_agent.buffer.chunks import Chunks, as_stored
from edge_agent.buffer.database import open_database, store_job
from edge_agent.buffer.footprint import Footprint
from edge_agent.buffer.kept import oldest, trim
from edge_agent.buffer.pressure import Relief, Relieved
from edge_agent.buffer.ranges import without
from edge_agent.buffer.remembered import Sealed
from edge_agent.buffer.salvage import Haul, Job
from edge_agent.buffer.schema import LANE_SHIFT, SEQ_MASK, Counters, chunk_id, entries
from edge_agent.buffer.stats import AcceptedCommand, Damage
from edge_agent.buffer.witness import Standing
from wire.chunk import Chunk, ClockMark, Lane
from wire.receipt import Fate, Receipt

SETTLED_WAITING = 64
"""So many accepted chunks may wait to be deleted along with the next insert."""


class Journal:
    """One buffer file; used from one thread only. Every method may raise ``sqlite3.Error`` and then changed nothing."""

    def __init__(self, path: Path) -> None:
        self._path, self._database = path, open_database(path)
        self.keeps = False
        """Whether what is delivered stays in the file, until ``trim``."""
        self.commits = 0
        self.up_to: ClockMark | None = None  # when history was last handed over
        self._settled: dict[int, int] = {}  # chunk id -> its entries: receipted, still to be deleted
        self._rejected: dict[int, str] = {}  # those of them that go into quarantine, and why
        self._refused = False  # by the disk, last time
        self._measured: tuple[int, int] | None = None
        self.id = ""
        self._shown = 0  # newest history chunk that a peek gave out: never evicted, it may be on its way
        self.chunks: Chunks
        self._footprint: Footprint
        self._begin()

    @property
    def counters(self) -> Counters:
        """Those of the last commit; inside a transaction, of what it will be."""
        return self.chunks.counters

    def append(self, items: Sequence[Sealed], at: int, lost: int = 0) -> None:
        """Insert ``items`` and delete what was accepted; ``at`` dates a quarantine (µs).

        ``lost`` entries never were on disk; ``items`` tell of them, so they are counted now.
        """
        self._database.keep_in_place()
        self._connection = self.chunks.connection = self._footprint.connection = self._database.connection
        with self._transaction():
            settled = self._delete_settled(at)
            for item in items:
                if item.chunk is not None:
                    self.chunks.insert(item.chunk)
                remembered.remember(self._connection, item)
            self.counters.produced += lost
            self.counters.dropped += lost
        self._forget(settled)

    def relieve(self, mark: ClockMark, *, thin_bytes: int, drop_bytes: int, most_bytes: int) -> Relieved:
        """Make old history smaller; see ``Relief.give``."""
        with self._transaction():
            sizes = {"thin_bytes": thin_bytes, "drop_bytes": drop_bytes, "most_bytes": most_bytes}
            return self._relief.give(mark, self._shown, **sizes)

    def stow(self, haul: Haul, told: Chunk | None) -> None:
        """Put back under their own numbers what a damaged file still had; once nothing is left there, store what is
        ``told`` of the rest. What was owed was produced before.
        """
        with self._transaction():
            for chunk in haul.chunks:
                self.chunks.store(chunk, chunk.seq)
            self.chunks.bring_back(haul.rejected)
            remembered.remember(self._connection, Sealed(None, commands=tuple(haul.commands)))
            self.counters.salvaged += sum(entries(chunk.lane, chunk.n) for chunk in haul.chunks)
            self.counters.produced += haul.surplus
            if haul.done:
                self.counters.dropped += haul.job.lost
                if told is not None:
                    self.chunks.insert(told)
            store_job(self._connection, None if haul.done else haul.job)
        self._database.job = None if haul.done else haul.job
        if haul.done and haul.job.known:
            for lane, owed in enumerate(haul.job.owed.lanes):
                missing = tuple(without(owed.pending, haul.job.taken[lane]))
                self.chunks.book.give_up(lane, missing, max(0, owed.entries - haul.job.saved[lane]))

    def peek(
        self, max_bytes: int, max_chunks: int, skip: Iterable[tuple[int, int]] = (), lanes: Iterable[int] = tuple(Lane)
    ) -> list[Chunk]:
        """See ``Buffer.peek``."""
        passed = {chunk_id(lane, seq) for lane, seq in skip}
        found: list[Chunk] = []
        size = 0
        for row in chain.from_iterable(map(self.chunks.rows, sorted(lanes))):
            if row[0] in passed:
                continue
            chunk = as_stored(self.id, row)
            size += len(chunk.body)
            if len(found) >= max_chunks or (found and size > max_bytes):
                break
            found.append(chunk)
            if row[1] == Lane.HISTORY:
                self._shown = max(self._shown, row[0])
        return found

    def settle(self, receipts: Sequence[Receipt]) -> int:
        """See ``Buffer.settle``; only remembered until the next ``append`` or ``let_go``."""
        left = 0
        for receipt in receipts:
            key = chunk_id(receipt.lane, receipt.seq)
            if receipt.journal != self.id or receipt.fate is Fate.KEEP or key in self._settled:
                continue
            n = self.chunks.size(key)
            if n is None:
                continue
            self._settled[key] = n
            if receipt.fate is Fate.REJECTED:
                self._rejected[key] = receipt.reason
            self.chunks.left(key)
            self.chunks.book.take(receipt.lane, receipt.seq, n, for_good=True)
            left += 1
        return left

    def let_go(self, at: int) -> None:
        """Delete what was settled, if it is time and the disk did not refuse last time; ``at`` dates the quarantine."""
        if (self._rejected or len(self._settled) >= SETTLED_WAITING) and self.durable and not self._refused:
            with self._transaction():
                settled = self._delete_settled(at)
            self._forget(settled)

    def trim(self, *, before: int, down_to: int) -> int:
        """See ``kept.trim``; 0 where there is nothing to trim."""
        if not self.durable or not self.counters.kept_chunks:
            return 0
        with self._transaction():
            return trim(self._connection, self.counters, before=before, down_to=down_to)

    def oldest_kept(self) -> int:
        """See ``kept.oldest``."""
        return oldest(self._connection, self.counters)

    def accept_command(self, command: str, device: str, at: int) -> bool:
        """See ``Buffer.accept_command``."""
        with self._transaction():
            return remembered.accept(self._connection, command, device, at)

    def unfinished_commands(self) -> list[AcceptedCommand]:
        """See ``Buffer.unfinished_commands``."""
        return remembered.unfinished(self._connection)

    def meta(self, name: str) -> int | str | bytes | None:
        """Return one remembered value, ``None`` where there is none."""
        return remembered.meta(self._connection, name)

    def remembered(self) -> Sealed:
        """Return what can be read of what is remembered besides the chunks; never raises."""
        return remembered.recall(self._connection)

    def pending(self) -> tuple[int, list[int]]:
        """Return the entries that await a receipt, and their chunks by lane."""
        owed, chunks = self.counters.pending, self.counters.chunks[:]
        for key, n in self._settled.items():
            lane = key >> LANE_SHIFT
            chunks[lane] -= 1
            owed -= entries(lane, n)
        return owed, chunks

    def oldest_at(self) -> int:
        """Return ``t_min`` of the oldest unsettled chunk of any lane, 0 where there is none."""
        heads = map(self.chunks.head, Lane)
        return min((head[1] for head in heads if head is not None), default=0)

    def used_bytes(self) -> tuple[int, int]:
        """See ``Footprint.measure``; as of the last commit."""
        if self._measured is None:
            self._measured = self._footprint.measure()
        return self._measured

    def reclaim(self) -> bool:
        """See ``Footprint.shrink``."""
        self._measured = None
        return self._footprint.shrink()

    def restart_log(self) -> bool:
        """See ``Footprint.restart_log``."""
        return self._footprint.restart_log()

    @property
    def job(self) -> Job | None:
        """The salvage that is still to be done."""
        return self._database.job

    @property
    def put_back(self) -> Damage | None:
        """What became of a file that was deleted under us; ``None`` while none was since the start."""
        return self._database.put_back

    def standing(self, oldest_at: int) -> Standing:
        """Return what is owed and was done as of now; ``oldest_at`` as in ``Stats``."""
        return self.chunks.book.standing(self.id, self.counters, self.chunks.kept, self._shown, oldest_at, self.up_to)

    def testify(self, oldest_at: int) -> None:
        """Have the witness told, if there is a file that it can tell of."""
        if not self._database.empty:
            self._database.witness.write(self.standing(oldest_at))

    def reopen(self) -> bool:
        """Try again for a file that can be written; tell whether there is one."""
        self._database.reopen()
        self._begin()
        return self.durable

    def begin_anew(self, why: str, oldest_at: int) -> None:
        """Leave a damaged file behind and go on with a new one, under the same ``id``; never raises."""
        self._database.begin_anew(why, self.standing(oldest_at))
        self._begin()

    def close(self) -> None:
        """Delete what was accepted, then close; never raises."""
        try:
            with self._transaction():
                self._delete_settled(0)
        except sqlite3.Error:
            pass  # they are sent once more after the next start and recognised as doubles
        self._database.close()

    def _begin(self) -> None:
        try:
            self._take_up()
        except sqlite3.Error as error:
            self._database.give_up(str(error))
            self._take_up()

    def _take_up(self) -> None:
        self._connection = self._database.connection
        self.durable, self.problem = self._database.durable, self._database.problem
        self._footprint = Footprint(self._connection)
        self.id = str(self.meta("journal"))
        self._refused, self._measured = False, None
        counters, witness = Counters.load(self._connection), self._database.witness.found
        book = open_book(self._connection, self.id, counters, witness, self.job)
        self.chunks = Chunks(self._connection, self._settled.keys(), counters, book, self._partial)
        self._relief = Relief(self.id, self.chunks, self._settled.keys(), partial(newest_carried, self._path, self.id))
        self._forget([key for key in self._settled if self.chunks.size(key) is None])
        for key, n in self._settled.items():  # what the file does not have is forgotten: with an empty one, all
            book.take(key >> LANE_SHIFT, key & SEQ_MASK, n, for_good=True)
        told = witness if witness is not None and witness.journal == self.id else Standing(self.id)
        self._shown, self.up_to = told.shown, self.up_to or told.up_to
        self.chunks.go_on_after([lane.last_seq for lane in told.lanes])

    def _partial(self) -> bool:
        return not self.durable or self.job is not None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        before = self.counters.copy()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            if self.counters != before:
                self.counters.save(self._connection)
            measured = self._footprint.measure()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self.chunks.roll_back(before)
            self._refused = True
            raise
        self.chunks.commit()
        self._refused, self._measured = False, measured
        self.commits += 1

    def _delete_settled(self, at: int) -> tuple[int, ...]:
        accepted = {key: n for key, n in self._settled.items() if key not in self._rejected}
        if self.keeps and self.job is None:  # what is still to be salvaged may have a lower number than all of them
            accepted = self.chunks.keep(accepted)
        self.chunks.delete(accepted)
        self.chunks.quarantine(self._rejected, at)
        return tuple(self._settled)

    def _forget(self, settled: Iterable[int]) -> None:
        for key in settled:
            self._settled.pop(key, None)
            self._rejected.pop(key, None)
