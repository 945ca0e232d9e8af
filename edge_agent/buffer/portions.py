"""Which old history chunks are thinned or dropped next: the oldest, as many as one step should take at once."""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from edge_agent.buffer.chunks import Chunks
from edge_agent.buffer.ranges import Pairs, Ranges
from edge_agent.buffer.schema import chunk_id
from edge_agent.buffer.thinning import WIDTHS_S, finest_s, same_clock
from wire.chunk import Chunk, Content, Lane
from wire.codec import unseal, unsealed_size
from wire.errors import CodecError

PORTION_ENTRIES = 10_000
PORTION_CHUNKS = 256
PORTION_BYTES = 2_000_000
"""So much (bytes once decompressed) is read at once: some twenty milliseconds of one core."""

RIPE_WINDOWS = 8
"""Chunks are thinned together once they reach over so many windows: few numbers are then left in cut ones."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS thinned(id INTEGER PRIMARY KEY, width INTEGER NOT NULL, age INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS thinned_width ON thinned(width, age)",
)
_WHOLE = "chunk.id, {age}, lane, seq, n, t_min, t_max, codec, crc, body"
_OUTLINE = "chunk.id, n, t_min, t_max"
_RAW = (
    "SELECT {columns} FROM chunk WHERE id > ? AND id < ? "
    "AND NOT EXISTS (SELECT 1 FROM thinned WHERE thinned.id = chunk.id) ORDER BY id"
)
_COARSE = (
    "SELECT {columns} FROM thinned JOIN chunk ON chunk.id = thinned.id "
    "WHERE width = ? AND thinned.id > ? AND thinned.id < ? ORDER BY age"
)
_Span: TypeAlias = tuple[int, int]
"""Ids between these two, neither of them included."""


_REACHED = 0
"""The row whose age is the newest id that was ever looked at for thinning: what is beyond is still as it was taken."""


@dataclass(slots=True)
class Portion:
    """Old chunks by id that stand together, in the order of time, and what those hold that can be read; ``broken``
    cannot. ``age`` is the oldest id that they go back to.
    """

    chunks: dict[int, Chunk] = field(default_factory=dict)
    contents: list[Content] = field(default_factory=list)
    broken: dict[int, Chunk] = field(default_factory=dict)
    age: int = 0

    @property
    def bytes(self) -> int:
        """The sum of the bodies."""
        return sum(len(chunk.body) for chunk in self.chunks.values())


class Portions:
    """Reads and marks within its caller's transaction. ``settled`` chunks and those up to ``shown`` are never given.

    How coarse a chunk is already stands in a table of its own, which exists only where there was pressure.
    """

    def __init__(self, journal: str, chunks: Chunks, settled: Collection[int]) -> None:
        self._journal, self._chunks, self._settled = journal, chunks, settled
        self._on_stick: _Span = (0, 0)
        self._only_here: _Span = (0, 0)

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._chunks.connection

    def prepare(self, shown: int, carried: int, oldest: int) -> None:
        """Begin a step: chunks up to id ``shown`` are left alone, those up to id ``carried`` are on a stick; ``oldest``
        is the id of the oldest that is owed.
        """
        begin, end = max(shown, oldest - 1), chunk_id(Lane.HISTORY + 1, 0)
        self._on_stick, self._only_here = (begin, min(carried + 1, end)), (max(begin, carried), end)
        for statement in _TABLES:
            self._connection.execute(statement)
        self._connection.execute("DELETE FROM thinned WHERE id < ? AND id != ?", (oldest, _REACHED))

    def to_thin(self, width_s: int, most_bytes: int) -> Portion | None:
        """Return the oldest chunks that are one step finer than ``width_s`` and ripe for it, about ``most_bytes``.

        What is on a stick is never among them.
        """
        place = WIDTHS_S.index(width_s)
        reached = self._reached()

        def rows(columns: str) -> sqlite3.Cursor:
            first, end = self._only_here
            if place:
                return self._coarse(columns, WIDTHS_S[place - 1], (first, end))
            return self._raw(columns, (max(first, reached), end))

        if not self._ripe(rows(_OUTLINE), width_s):
            return None
        found = self._collect(rows(_WHOLE), most_bytes)
        if found is not None and not place:
            newest = max((*found.chunks, *found.broken))
            self._connection.execute("INSERT OR REPLACE INTO thinned VALUES (?, 0, ?)", (_REACHED, newest))
        return found

    def to_drop(self, enough: int) -> Portion | None:
        """Return the oldest chunks, ``enough`` bytes of them; what is coarser is older.

        Those on a stick go before any that are only here, and never in one portion with them.
        """
        for among in (self._on_stick, self._only_here):
            for width_s in reversed(WIDTHS_S):
                found = self._collect(self._coarse(_WHOLE, width_s, among), enough)
                if found is not None:
                    return found
            found = self._collect(self._raw(_WHOLE, among), enough)
            if found is not None:
                return found
        return None

    def mark(self, key: int, content: Content, width_s: int, age: int) -> None:
        """Remember that this chunk was made, or found to be, as coarse as ``width_s`` makes it."""
        row = (key, max(width_s, finest_s(content)), age)
        self._connection.execute("INSERT OR REPLACE INTO thinned VALUES (?, ?, ?)", row)

    def leave(self, portion: Portion, width_s: int) -> None:
        """Remember that thinning these to ``width_s`` gains nothing."""
        for key, content in zip(portion.chunks, portion.contents, strict=True):
            found = self._connection.execute("SELECT age FROM thinned WHERE id = ?", (key,)).fetchone()
            self.mark(key, content, width_s, found[0] if found else key)

    def taken(self, keys: Mapping[int, Chunk]) -> None:
        """Learn that these chunks are gone."""
        self._connection.executemany("DELETE FROM thinned WHERE id = ?", [(key,) for key in keys])

    def _reached(self) -> int:
        found = self._connection.execute("SELECT age FROM thinned WHERE id = ?", (_REACHED,)).fetchone()
        return found[0] if found else 0

    def _raw(self, columns: str, among: _Span) -> sqlite3.Cursor:
        return self._connection.execute(_RAW.format(columns=columns.format(age="chunk.id")), among)

    def _coarse(self, columns: str, width_s: int, among: _Span) -> sqlite3.Cursor:
        return self._connection.execute(_COARSE.format(columns=columns.format(age="age")), (width_s, *among))

    def _ripe(self, rows: sqlite3.Cursor, width_s: int) -> bool:
        """Tell, without reading the bodies, whether enough stands together by now to be thinned."""
        n = count = 0
        start, end = 1 << 62, 0
        for key, entries, t_min, t_max in rows:
            if key in self._settled:
                continue
            n, count, start, end = n + entries, count + 1, min(start, t_min), max(end, t_max)
            if n > PORTION_ENTRIES or count > PORTION_CHUNKS or end - start >= RIPE_WINDOWS * width_s * 1_000_000:
                rows.close()
                return True
        return False

    def _collect(self, rows: sqlite3.Cursor, enough: int) -> Portion | None:
        portion = Portion()
        n = unsealed = 0
        for key, age, *columns in rows:
            if key in self._settled:
                continue
            chunk = Chunk(self._journal, *columns)
            unsealed += unsealed_size(chunk) if isinstance(chunk.body, bytes) else 0
            n += chunk.n
            if (portion.chunks or portion.broken) and (
                n > PORTION_ENTRIES or unsealed > PORTION_BYTES or len(portion.chunks) >= PORTION_CHUNKS
            ):
                break
            content = _content(chunk)
            if content is None:
                portion.broken[key] = chunk
                continue
            if portion.contents and not same_clock(portion.contents[-1].clock, content.clock):
                break
            portion.age = portion.age or age
            portion.chunks[key] = chunk
            portion.contents.append(content)
            if portion.bytes >= enough:
                break
        rows.close()
        return portion if portion.chunks or portion.broken else None


def seqs(chunks: Mapping[int, Chunk]) -> Pairs:
    """Return the sequence numbers of these chunks."""
    return Ranges((chunk.seq, chunk.seq) for chunk in chunks.values()).pairs()


def _content(chunk: Chunk) -> Content | None:
    try:
        return unseal(chunk) if isinstance(chunk.body, bytes) else None
    except CodecError:
        return None
