"""The tables of a buffer file, how an older file is brought up to them in place, and its counters as one row."""

import secrets
import sqlite3
from dataclasses import dataclass, field

from wire.chunk import Lane

SCHEMA_VERSION = 3
"""Version of the tables below. Older ones are taken over; an unknown one is moved aside, never guessed at."""

LANE_SHIFT = 48
"""A chunk's id is ``lane << LANE_SHIFT | seq``."""

SEQ_MASK = (1 << LANE_SHIFT) - 1
"""What of an id is the sequence number."""

_COUNTERS = """
CREATE TABLE counters(id INTEGER PRIMARY KEY CHECK(id = 1),
  seq_0 INTEGER NOT NULL, seq_1 INTEGER NOT NULL, seq_2 INTEGER NOT NULL,
  chunks_0 INTEGER NOT NULL, chunks_1 INTEGER NOT NULL, chunks_2 INTEGER NOT NULL,
  produced INTEGER NOT NULL, pending INTEGER NOT NULL, quarantined INTEGER NOT NULL, dropped INTEGER NOT NULL,
  thinned INTEGER NOT NULL, salvaged INTEGER NOT NULL);
"""

_SINCE_VERSION_3 = ("owed_from_0", "owed_from_1", "owed_from_2", "kept_chunks", "kept_bytes")
_KEPT = "".join(f"ALTER TABLE counters ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0;\n" for name in _SINCE_VERSION_3)

# A chunk's id alone gives the order of sending, the dedupe key and a peek whose cost does not grow. A secondary index
# would multiply what the card has to write by twenty.
_TABLES = f"""
CREATE TABLE meta(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE chunk(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  t_min INTEGER NOT NULL, t_max INTEGER NOT NULL, codec INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE quarantine(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  t_min INTEGER NOT NULL, t_max INTEGER NOT NULL, codec INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL,
  reason TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE command(id TEXT PRIMARY KEY, device TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX command_unfinished ON command(state) WHERE state = 'accepted';
{_COUNTERS}{_KEPT}
"""


def _per_lane() -> list[int]:
    return [0] * len(Lane)


@dataclass(slots=True)
class Counters:
    """What the file counts, written once for each transaction.

    By lane: ``seqs`` (newest number given out), ``chunks`` (on file and owed) and ``owed_from`` (what is on file under
    a lower number is delivered and only kept). ``kept_chunks`` there are in all, of ``kept_bytes``; the rest count
    entries as ``Stats`` does.
    """

    seqs: list[int] = field(default_factory=_per_lane)
    chunks: list[int] = field(default_factory=_per_lane)
    produced: int = 0
    pending: int = 0
    quarantined: int = 0
    dropped: int = 0
    thinned: int = 0
    salvaged: int = 0
    owed_from: list[int] = field(default_factory=_per_lane)
    kept_chunks: int = 0
    kept_bytes: int = 0

    def copy(self) -> "Counters":
        """Return one that is changed on its own."""
        return Counters._of(self._row())

    def save(self, connection: sqlite3.Connection) -> None:
        """Write the row, within the caller's transaction."""
        connection.execute(_SAVE, self._row())

    def _row(self) -> tuple[int, ...]:
        entries = (self.produced, self.pending, self.quarantined, self.dropped, self.thinned, self.salvaged)
        return (*self.seqs, *self.chunks, *entries, *self.owed_from, self.kept_chunks, self.kept_bytes)

    @classmethod
    def load(cls, connection: sqlite3.Connection) -> "Counters":
        """Read the row, of an older version too; ``sqlite3.Error`` where there is none."""
        row = connection.execute("SELECT * FROM counters").fetchone()
        if row is None:
            raise sqlite3.DatabaseError("the counters are gone")
        return cls._of(row[1:])

    @classmethod
    def _of(cls, row: tuple[int, ...]) -> "Counters":
        lanes = len(Lane)
        row = (*row, *[0] * (len(_NAMES) - len(row)))  # an older version's is shorter
        produced, pending, quarantined, dropped, thinned, salvaged = row[2 * lanes : 2 * lanes + 6]
        counted = (produced, pending, quarantined, dropped, thinned, salvaged)
        floors = list(row[2 * lanes + 6 : -2])
        return cls(list(row[:lanes]), list(row[lanes : 2 * lanes]), *counted, floors, *row[-2:])


_NAMES = [f"{name}_{lane}" for name in ("seq", "chunks") for lane in range(len(Lane))]
_NAMES += ["produced", "pending", "quarantined", "dropped", "thinned", "salvaged", *_SINCE_VERSION_3]
_SAVE = f"UPDATE counters SET {', '.join(f'{name} = ?' for name in _NAMES)}"  # noqa: S608 - constants
_INSERT = f"INSERT INTO counters VALUES (1{', ?' * len(_NAMES)})"  # noqa: S608 - constants


def chunk_id(lane: int, seq: int) -> int:
    """Return the primary key of chunk ``seq`` of ``lane``."""
    return lane << LANE_SHIFT | seq


def entries(lane: int, n: int) -> int:
    """Return how many entries count of the ``n`` in a chunk: those of the state lane are copies of history's."""
    return 0 if lane == Lane.STATE else n


def create(connection: sqlite3.Connection) -> None:
    """Make all tables in an empty database, under a new journal id, in one transaction."""
    connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}")
    first = {"schema_version": SCHEMA_VERSION, "journal": secrets.token_hex(16)}
    connection.executemany("INSERT INTO meta(k, v) VALUES (?, ?)", first.items())
    connection.execute(_INSERT, Counters()._row())
    connection.execute("COMMIT")


def take_over(connection: sqlite3.Connection) -> None:
    """Bring a file of an older version to this one, in one transaction, nothing lost.

    ``sqlite3.DatabaseError`` for a version that nobody here knows.
    """
    found, steps = version(connection), {1: _from_version_1, 2: _from_version_2}
    if found == SCHEMA_VERSION:
        return
    if found not in steps:
        raise sqlite3.DatabaseError(f"schema version {found}, not {SCHEMA_VERSION}")
    try:
        connection.execute("BEGIN IMMEDIATE")
        for step in range(found, SCHEMA_VERSION):
            steps[step](connection)
        connection.execute("UPDATE meta SET v = ? WHERE k = 'schema_version'", (SCHEMA_VERSION,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def version(connection: sqlite3.Connection) -> int:
    """Return the version of the tables, 0 where none is told."""
    found = connection.execute("SELECT v FROM meta WHERE k = 'schema_version'").fetchone()
    return found[0] if found and isinstance(found[0], int) else 0


def owed_from(connection: sqlite3.Connection) -> list[int]:
    """Return for each lane the number from which on chunks are owed, in a file of any version."""
    return Counters.load(connection).owed_from if version(connection) > 1 else _per_lane()


def _from_version_1(connection: sqlite3.Connection) -> None:
    connection.execute(_COUNTERS)
    row = _counters_of_version_1(connection)._row()[: -len(_SINCE_VERSION_3)]
    connection.execute(f"INSERT INTO counters VALUES (1{', ?' * len(row)})", row)  # noqa: S608 - constants
    connection.execute("DELETE FROM meta WHERE k NOT IN ('schema_version', 'journal', 'rules_state', 'inventory_hash')")


def _from_version_2(connection: sqlite3.Connection) -> None:
    for statement in _KEPT.splitlines():
        connection.execute(statement)


def _counters_of_version_1(connection: sqlite3.Connection) -> Counters:
    kept = dict(connection.execute("SELECT k, v FROM meta").fetchall())
    counters = Counters()
    counters.produced, counters.pending = int(kept.get("produced", 0)), int(kept.get("pending", 0))
    counters.quarantined, counters.dropped = int(kept.get("quarantined", 0)), int(kept.get("dropped", 0))
    for lane in range(len(Lane)):
        bounds = (chunk_id(lane, 0), chunk_id(lane + 1, 0))
        query = "SELECT count(*), max(seq) FROM chunk WHERE id > ? AND id < ?"
        count, newest = connection.execute(query, bounds).fetchone()
        counters.chunks[lane] = count
        counters.seqs[lane] = max(int(kept.get(f"last_seq_{lane}", 0)), newest or 0)
    return counters
