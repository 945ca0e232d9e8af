"""The table of chunks and the counters that go with it; everything here happens within its caller's transaction."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from edge_agent.buffer.book import Book
from edge_agent.buffer.opening import Damaged
from edge_agent.buffer.salvage import Rejected
from edge_agent.buffer.schema import LANE_SHIFT, SEQ_MASK, Counters, chunk_id, entries
from wire.chunk import Chunk, Lane

QUARANTINE_CHUNKS = 1000
"""So many rejected chunks are kept; the oldest beyond go."""

KEPT_LANES = (Lane.ALARM, Lane.HISTORY)
"""What is kept after its delivery: state is in the history as well."""

_COLUMNS = "lane, seq, n, t_min, t_max, codec, crc, body"
_PAGE_BYTES, _ROW_BYTES = 4096, 50
_INSERT = f"INSERT OR IGNORE INTO chunk(id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_LANE = f"SELECT id, {_COLUMNS} FROM chunk WHERE id >= ? AND id < ? ORDER BY id"  # noqa: S608 - constants
_REJECT = (
    f"INSERT OR REPLACE INTO quarantine(id, {_COLUMNS}, reason, at) "  # noqa: S608 - constants
    f"SELECT id, {_COLUMNS}, ?, ? FROM chunk WHERE id = ? RETURNING n"
)
_BRING_BACK = f"INSERT OR IGNORE INTO quarantine(id, {_COLUMNS}, reason, at) VALUES ({', '.join('?' * 11)})"  # noqa: S608
_FORGET_REJECTED = (
    "DELETE FROM quarantine WHERE id NOT IN (SELECT id FROM quarantine ORDER BY at DESC, id DESC LIMIT ?)"
)


class Chunks:
    """One file's chunks; ``settled`` are those that only wait to be deleted, and count no longer as the oldest.

    ``book`` follows every change; its transactions are the file's. While ``partial`` says so, not all that is owed is
    in this file.

    Below ``Counters.owed_from`` lies what is delivered and only kept (``edge_agent.buffer.kept``): no method here but
    ``keep`` is about that.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        settled: Collection[int],
        counters: Counters,
        book: Book,
        partial: Callable[[], bool],
    ) -> None:
        self.connection, self._settled, self.counters, self.book = connection, settled, counters, book
        self.kept = tuple(counters.seqs)
        """The newest number of each lane as of the last commit."""
        self._partial = partial
        self._floors: dict[int, int] = {}  # lane -> id below which all are settled
        self._heads: dict[int, tuple[int, int] | None] = {}  # lane -> id and t_min of its oldest unsettled chunk

    def insert(self, chunk: Chunk) -> int:
        """Store a new chunk under the next number of its lane, and return that."""
        lane = chunk.lane
        self.counters.seqs[lane] += 1
        seq = self.counters.seqs[lane]
        self.store(chunk, seq)
        self.counters.produced += entries(lane, chunk.n)
        return seq

    def store(self, chunk: Chunk, seq: int) -> bool:
        """Store a chunk that was produced before under ``seq``; ``False`` where that is taken."""
        lane, key = chunk.lane, chunk_id(chunk.lane, seq)
        rest = (chunk.n, chunk.t_min, chunk.t_max, chunk.codec, chunk.crc, chunk.body)
        if self.connection.execute(_INSERT, (key, lane, seq, *rest)).rowcount == 0:
            return False
        self.counters.chunks[lane] += 1
        self.counters.pending += entries(lane, chunk.n)
        self.book.put(lane, seq, chunk.n)
        if key < self._floors.get(lane, 0):
            self._floors[lane] = key
        head = self._heads.get(lane)
        if lane in self._heads and (head is None or key < head[0]):
            self._heads[lane] = (key, chunk.t_min)
        return True

    def delete(self, known: Mapping[int, int]) -> None:
        """Delete chunks by id, given how many entries each has."""
        for key, n in known.items():
            if self.connection.execute("DELETE FROM chunk WHERE id = ?", (key,)).rowcount == 0:
                raise Damaged(f"chunk {key} is not where it was")
            lane = key >> LANE_SHIFT
            self.counters.chunks[lane] -= 1
            self.counters.pending -= entries(lane, n)
            self.book.take(lane, key & SEQ_MASK, n)
            self.left(key)

    def keep(self, known: Mapping[int, int]) -> dict[int, int]:
        """Let settled chunks stay where they are, given how many entries each has; return those that cannot.

        It is a mark in the counters that moves, up to the oldest chunk that is owed: a chunk that was settled before an
        older one cannot stay. State is never kept: the history has it too.
        """
        others, counters = dict(known), self.counters
        for lane in KEPT_LANES:
            head = self.head(lane)
            floor = counters.seqs[lane] + 1 if head is None else head[0] & SEQ_MASK
            for key in [key for key in known if chunk_id(lane, 0) < key < chunk_id(lane, floor)]:
                row = self.connection.execute("SELECT length(body) FROM chunk WHERE id = ?", (key,)).fetchone()
                if row is None or type(row[0]) is not int:
                    raise Damaged(f"chunk {key} is not where it was")
                counters.chunks[lane] -= 1
                counters.pending -= entries(lane, others.pop(key))
                counters.kept_chunks += 1
                counters.kept_bytes += footprint(row[0])
            counters.owed_from[lane] = max(counters.owed_from[lane], floor)
        return others

    def quarantine(self, rejected: Mapping[int, str], at: int) -> None:
        """Move chunks aside, for the reason given with each; ``at`` dates it (µs)."""
        if not rejected:
            return
        known: dict[int, int] = {}
        for key, reason in rejected.items():
            known[key] = self.connection.execute(_REJECT, (reason, at, key)).fetchall()[0][0]
        self.delete(known)
        self.counters.quarantined += sum(entries(key >> LANE_SHIFT, n) for key, n in known.items())
        self.connection.execute(_FORGET_REJECTED, (QUARANTINE_CHUNKS,))

    def bring_back(self, rejected: Iterable[Rejected]) -> None:
        """Put into the quarantine what was in another file's."""
        for one in rejected:
            chunk, key = one.chunk, chunk_id(one.chunk.lane, one.chunk.seq)
            rest = (chunk.lane, chunk.seq, chunk.n, chunk.t_min, chunk.t_max, chunk.codec, chunk.crc, chunk.body)
            self.connection.execute(_BRING_BACK, (key, *rest, one.reason, one.at))

    def size(self, key: int) -> int | None:
        """Return how many entries the owed chunk of this id has, ``None`` where there is none; ``Damaged`` where there
        should be one.
        """
        if key in range(*self._kept(key >> LANE_SHIFT)):
            return None
        row = self.connection.execute("SELECT n FROM chunk WHERE id = ?", (key,)).fetchone()
        if row is None:
            if not self._partial() and self.book.owes(key >> LANE_SHIFT, key & SEQ_MASK):
                raise Damaged(f"chunk {key} is not where it was")
            return None
        if type(row[0]) is not int:
            raise Damaged(f"chunk {key} is not what was stored")
        return row[0]

    def rows(self, lane: int) -> Iterator[tuple[Any, ...]]:
        """Yield id and columns, as ``Chunk`` has them after the journal, of the unsettled chunks of a lane in order."""
        head = self.head(lane)
        if head is None:
            return
        cursor = self.connection.execute(_LANE, (head[0], chunk_id(lane + 1, 0)))
        try:
            yield from (row for row in cursor if row[0] not in self._settled)
        finally:
            cursor.close()

    def head(self, lane: int) -> tuple[int, int] | None:
        """Return id and ``t_min`` of the oldest unsettled chunk of a lane; looked up only when it has changed."""
        if lane not in self._heads:
            begin = chunk_id(lane, self.counters.owed_from[lane])
            bounds = (max(begin, self._floors.get(lane, 0)), chunk_id(lane + 1, 0))
            rows = self.connection.execute("SELECT id, t_min FROM chunk WHERE id >= ? AND id < ? ORDER BY id", bounds)
            self._heads[lane] = next((row for row in rows if row[0] not in self._settled), None)
            rows.close()
            if self._heads[lane] is None and self.counters.chunks[lane] > self._settled_in(lane):
                raise Damaged(f"chunks of lane {lane} are not where they were")
        return self._heads[lane]

    def _kept(self, lane: int) -> tuple[int, int]:
        floors = self.counters.owed_from
        return chunk_id(lane, 0), chunk_id(lane, floors[lane] if lane in range(len(floors)) else 0)

    def _settled_in(self, lane: int) -> int:
        return sum(key >> LANE_SHIFT == lane for key in self._settled)

    def left(self, key: int) -> None:
        """Learn that a chunk was settled or deleted."""
        head = self._heads.get(key >> LANE_SHIFT)
        if head is not None and head[0] == key:
            del self._heads[key >> LANE_SHIFT]
            self._floors[key >> LANE_SHIFT] = key

    def commit(self) -> None:
        """Learn that a transaction is on file."""
        self.kept = tuple(self.counters.seqs)
        self.book.commit()

    def go_on_after(self, seqs: Sequence[int]) -> None:
        """Give out no number of any lane again up to ``seqs``."""
        self.counters.seqs = [max(pair) for pair in zip(self.counters.seqs, seqs, strict=True)]

    def roll_back(self, counters: Counters) -> None:
        """Forget what a transaction changed that did not come to its commit; but a number once given out stays so.

        Its image may lie in the log, and salvage must never take it for another chunk's.
        """
        counters.seqs = self.counters.seqs
        self.counters = counters
        self.book.roll_back()
        self._heads.clear()
        self._floors.clear()


def footprint(body: int) -> int:
    """Return what a chunk of so many bytes takes of the file: several share a page, or it has pages of its own."""
    row = body + _ROW_BYTES
    return _PAGE_BYTES // (_PAGE_BYTES // row) if row <= _PAGE_BYTES else -(-row // _PAGE_BYTES) * _PAGE_BYTES


def as_stored(journal: str, row: Sequence[Any]) -> Chunk:
    """Return the chunk of a row (id, then columns); ``Damaged`` when it is not what was once put there."""
    chunk = Chunk(journal, *row[1:])
    numbers = (chunk.n, chunk.t_min, chunk.t_max, chunk.codec, chunk.crc)
    whole = isinstance(chunk.body, bytes) and all(type(number) is int for number in numbers)
    if not whole or (chunk.lane, chunk.seq) != (row[0] >> LANE_SHIFT, row[0] & SEQ_MASK) or not chunk.intact():
        raise Damaged(f"chunk {row[0]} is not what was stored")
    return chunk
