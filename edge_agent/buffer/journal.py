"""The buffer's SQL: every change is one transaction, and every cost is independent of how much is owed."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_agent.buffer.database import open_database
from edge_agent.buffer.stats import AcceptedCommand
from wire.chunk import Chunk, ClockMark, Content, Gap, Lane
from wire.codec import seal
from wire.receipt import Fate, Receipt

LANE_SHIFT = 48
"""A chunk's id is ``lane << LANE_SHIFT | seq``."""

EVICT_CHUNKS = 64
EVICT_SHARE = 16
"""At most so many of the oldest history chunks, up to that share of the limit, make room at once: one gap record tells
of many, and little goes."""

MEMORY_BYTES = 16 * 1024 * 1024
"""A journal that has to live in memory holds no more than this, whatever the limit for a file is."""

SETTLED_WAITING = 64
"""So many accepted chunks may wait to be deleted along with the next insert."""

QUARANTINE_CHUNKS = 1000
"""So many rejected chunks are kept; the oldest beyond go."""

COMMANDS_REMEMBERED = 10_000
"""So many commands are remembered. They live half a minute, so a replay always meets its own record."""

_COLUMNS = "lane, seq, n, t_min, t_max, codec, crc, body"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chunk that has no seq yet (it gets one when it is inserted), and what its transaction changes besides."""

    chunk: Chunk | None
    rules_state: bytes | None = None
    inventory_hash: str | None = None
    finished: tuple[str, ...] = ()


class Journal:
    """One buffer file; used from one thread only. Every method may raise ``sqlite3.Error`` and then changed nothing."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._database, self._max_bytes = open_database(path), max_bytes
        self.commits = 0
        self._settled: dict[int, int] = {}  # chunk id -> its entries: accepted, still to be deleted
        self._shown = 0  # newest history chunk that a peek gave out: never evicted, it may be on its way
        self._begin()

    def append(self, items: Sequence[Sealed], mark: ClockMark, lost: int = 0) -> int:
        """Insert ``items``, delete what was accepted, make room at the size limit; return entries dropped for it.

        ``mark`` dates the gap record that tells of a drop; ``lost`` entries were lost before and are counted now.
        """
        self._database.keep_in_place()
        self._connection = self._database.connection
        dropped = 0
        settled = tuple(self._settled)
        with self._transaction():
            self._delete(settled)
            gap = self._evict()
            if gap is not None:
                dropped = gap.count
                self._add("dropped", dropped)
                content = Content(clock=mark, gaps=(gap,))
                self._insert(seal(content, journal=self.id, lane=Lane.ALARM, seq=0))
            for item in items:
                self._insert_item(item)
            if lost:
                self._add("dropped", lost)
        self._forget(settled)
        return dropped

    def peek(self, max_bytes: int, max_chunks: int, skip: Collection[tuple[int, int]]) -> list[Chunk]:
        """See ``Buffer.peek``."""
        passed = self._settled.keys() | {chunk_id(lane, seq) for lane, seq in skip}
        found: list[Chunk] = []
        size = 0
        cursor = self._connection.execute(f"SELECT id, {_COLUMNS} FROM chunk ORDER BY id")  # noqa: S608 - constants
        for row in cursor:
            if row[0] in passed:
                continue
            size += len(row[8])
            if found and size > max_bytes:
                break
            found.append(Chunk(self.id, *row[1:]))
            if row[1] == Lane.HISTORY:
                self._shown = max(self._shown, row[0])
            if len(found) >= max_chunks:
                break
        cursor.close()
        return found

    def settle(self, receipts: Sequence[Receipt], at: int) -> int:
        """See ``Buffer.settle``; ``at`` dates the quarantine (µs)."""
        rejected: dict[int, str] = {}
        accepted = 0
        for receipt in receipts:
            if receipt.journal != self.id:
                continue
            key = chunk_id(receipt.lane, receipt.seq)
            row = self._connection.execute("SELECT n FROM chunk WHERE id = ?", (key,)).fetchone()
            if row is None or key in self._settled:
                continue
            if receipt.fate is Fate.ACCEPTED:
                self._settled[key] = row[0]
                accepted += 1
            elif receipt.fate is Fate.REJECTED:
                rejected[key] = receipt.reason
        if rejected or len(self._settled) >= SETTLED_WAITING:
            settled = tuple(self._settled)
            with self._transaction():
                self._delete(settled)
                self._quarantine(rejected, at)
            self._forget(settled)
        return accepted + len(rejected)

    def accept_command(self, command: str, device: str, at: int) -> bool:
        """See ``Buffer.accept_command``."""
        with self._transaction():
            row = (command, device, at)
            inserted = self._connection.execute("INSERT OR IGNORE INTO command VALUES (?, ?, 'accepted', ?)", row)
            if inserted.rowcount:
                self._connection.execute(
                    "DELETE FROM command WHERE rowid <= (SELECT max(rowid) FROM command) - ? AND state = 'done'",
                    (COMMANDS_REMEMBERED,),
                )
        return inserted.rowcount == 1

    def unfinished_commands(self) -> list[AcceptedCommand]:
        """See ``Buffer.unfinished_commands``."""
        rows = self._connection.execute("SELECT id, device, at FROM command WHERE state = 'accepted' ORDER BY rowid")
        return [AcceptedCommand(*row) for row in rows]

    def meta(self, name: str) -> int | str | bytes | None:
        """Return one remembered value, ``None`` where there is none."""
        row = self._connection.execute("SELECT v FROM meta WHERE k = ?", (name,)).fetchone()
        value: int | str | bytes | None = None if row is None else row[0]
        return value

    def remembered(self) -> Sealed:
        """Return what is remembered besides the chunks: the rules' state and the hash of the newest inventory."""
        state, digest = self.meta("rules_state"), self.meta("inventory_hash")
        return Sealed(None, state if isinstance(state, bytes) else None, digest if isinstance(digest, str) else None)

    def counts(self) -> dict[str, int]:
        """Return the counters of ``Stats`` that live in the file, accepted chunks no longer among the pending."""
        names = ("produced", "pending", "pending_chunks", "quarantined", "dropped")
        rows = self._connection.execute("SELECT k, v FROM meta WHERE k IN (?, ?, ?, ?, ?)", names)
        counts: dict[str, int] = dict(rows.fetchall())
        counts["pending"] -= sum(self._settled.values())
        counts["pending_chunks"] -= len(self._settled)
        return counts

    def oldest_at(self) -> int:
        """Return ``t_min`` of the oldest unsettled chunk of any lane, 0 where there is none."""
        oldest: list[int] = []
        for lane in Lane:
            bounds = (chunk_id(lane, 0), chunk_id(lane + 1, 0))
            rows = self._connection.execute("SELECT id, t_min FROM chunk WHERE id > ? AND id < ? ORDER BY id", bounds)
            oldest += [next((t_min for key, t_min in rows if key not in self._settled), 0)]
            rows.close()
        return min((at for at in oldest if at), default=0)

    def used_bytes(self) -> int:
        """Return the bytes of the pages in use."""
        pages, free = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count")
        )
        return (pages - free) * 4096

    def begin_anew(self) -> None:
        """Leave a damaged file behind and go on with a new one under a new ``id``; never raises."""
        self._database.begin_anew()
        self._begin()

    def close(self) -> None:
        """Delete what was accepted, then close; never raises."""
        try:
            with self._transaction():
                self._delete(tuple(self._settled))
        except sqlite3.Error:
            pass  # they are sent once more after the next start and recognised as doubles
        self._database.close()

    def _begin(self) -> None:
        self._connection = self._database.connection
        self.durable, self.problem = self._database.durable, self._database.problem
        if not self.durable:
            self._max_bytes = min(self._max_bytes, MEMORY_BYTES)
        self.id = str(self.meta("journal"))
        self._settled.clear()
        self._shown = 0

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self.commits += 1

    def _insert_item(self, item: Sealed) -> None:
        if item.chunk is not None:
            self._insert(item.chunk)
        remembered = {"rules_state": item.rules_state, "inventory_hash": item.inventory_hash}
        for name, value in remembered.items():
            if value is not None:
                self._connection.execute("INSERT OR REPLACE INTO meta(k, v) VALUES (?, ?)", (name, value))
        for command in item.finished:
            self._connection.execute("UPDATE command SET state = 'done' WHERE id = ?", (command,))

    def _insert(self, chunk: Chunk) -> None:
        seq = self._add(f"last_seq_{chunk.lane}", 1)
        rest = (chunk.n, chunk.t_min, chunk.t_max, chunk.codec, chunk.crc, chunk.body)
        self._connection.execute(
            f"INSERT INTO chunk(id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
            (chunk_id(chunk.lane, seq), chunk.lane, seq, *rest),
        )
        self._add("produced", chunk.n)
        self._add("pending", chunk.n)
        self._add("pending_chunks", 1)

    def _delete(self, keys: Collection[int]) -> int:
        entries = chunks = 0
        for key in keys:
            for (n,) in self._connection.execute("DELETE FROM chunk WHERE id = ? RETURNING n", (key,)).fetchall():
                entries += n
                chunks += 1
        if chunks:
            self._add("pending", -entries)
            self._add("pending_chunks", -chunks)
        return entries

    def _quarantine(self, rejected: dict[int, str], at: int) -> None:
        for key, reason in rejected.items():
            self._connection.execute(
                f"INSERT OR REPLACE INTO quarantine(id, {_COLUMNS}, reason, at) "  # noqa: S608 - constants
                f"SELECT id, {_COLUMNS}, ?, ? FROM chunk WHERE id = ?",
                (reason, at, key),
            )
        if rejected:
            self._add("quarantined", self._delete(rejected))
            keep = "SELECT id FROM quarantine ORDER BY at DESC, id DESC LIMIT ?"
            self._connection.execute(f"DELETE FROM quarantine WHERE id NOT IN ({keep})", (QUARANTINE_CHUNKS,))  # noqa: S608

    def _evict(self) -> Gap | None:
        if self.used_bytes() <= self._max_bytes:
            return None
        first = max(self._shown, chunk_id(Lane.HISTORY, 0))
        query = "SELECT id, n, t_min, t_max, length(body) FROM chunk WHERE id > ? ORDER BY id LIMIT ?"
        rows: list[tuple[int, int, int, int, int]] = []
        for row in self._connection.execute(query, (first, EVICT_CHUNKS)).fetchall():
            if sum(size for *_, size in rows) < self._max_bytes // EVICT_SHARE:
                rows.append(row)
        if not rows:
            return None
        self._delete([row[0] for row in rows])
        count, start, end = sum(row[1] for row in rows), min(row[2] for row in rows), max(row[3] for row in rows)
        return Gap("readings", count, "buffer_full", start, end)

    def _add(self, name: str, amount: int) -> int:
        row = self._connection.execute(
            "INSERT INTO meta(k, v) VALUES (?, ?) ON CONFLICT(k) DO UPDATE SET v = v + excluded.v RETURNING v",
            (name, amount),
        ).fetchall()[0]
        return int(row[0])

    def _forget(self, settled: Sequence[int]) -> None:
        for key in settled:
            self._settled.pop(key, None)


def chunk_id(lane: int, seq: int) -> int:
    """Return the primary key of chunk ``seq`` of ``lane``."""
    return lane << LANE_SHIFT | seq
