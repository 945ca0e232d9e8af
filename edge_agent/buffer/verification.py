"""Looks a buffer file through, without changing it: its structure, every single chunk, and whether it adds up."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.buffer.chunks import as_stored
from edge_agent.buffer.opening import verdict
from edge_agent.buffer.remembered import meta
from edge_agent.buffer.schema import LANE_SHIFT, SEQ_MASK, Counters, entries, owed_from
from edge_agent.buffer.witness import Witness
from wire.chunk import Lane
from wire.codec import unseal
from wire.errors import CodecError

BAD_NAMED = 100
"""So many bad chunks are named; all are counted."""

_COLUMNS = "id, lane, seq, n, t_min, t_max, codec, crc, body"


@dataclass
class LaneFound:
    """What one lane holds: chunks, the entries in them, from when to when (µs), and how many chunks are bad."""

    chunks: int = 0
    entries: int = 0
    start: int = 0
    end: int = 0
    bad: int = 0


@dataclass
class Verification:
    """What was found. ``structure`` and ``sums`` are what is wrong with them, empty where nothing is; ``witness`` is
    ``agrees``, ``behind``, ``ahead``, ``foreign`` or ``missing``, and only ``ahead`` is a sign of loss. ``kept`` is
    what was delivered before, of all lanes: nobody waits for it, what is bad there is counted there alone.
    """

    file: str
    journal: str = ""
    structure: str = ""
    sums: str = ""
    witness: str = "missing"
    quarantined: int = 0
    lanes: list[LaneFound] = field(default_factory=lambda: [LaneFound() for _ in Lane])
    kept: LaneFound = field(default_factory=LaneFound)
    bad: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether the agent would go on with this file as it is."""
        return not (self.structure or self.sums or self.bad or self.witness == "ahead")


def verify(path: Path) -> Verification:
    """Look ``path`` through; a running agent is not disturbed. ``OSError`` or ``sqlite3.OperationalError`` where it
    cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError("没有这个文件 no such file")
    found = Verification(str(path))
    found.structure = verdict(path, None)
    if found.structure:
        return found
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        try:
            _look_through(connection, path, found)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            found.structure = str(error)
    return found


def _look_through(connection: sqlite3.Connection, path: Path, found: Verification) -> None:
    found.journal = str(meta(connection, "journal"))
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
    found.structure = "" if problems == ["ok"] else "; ".join(problems)
    floors = owed_from(connection)
    for row in connection.execute(f"SELECT {_COLUMNS} FROM chunk ORDER BY id"):  # noqa: S608 - constants
        lane, seq = row[0] >> LANE_SHIFT, row[0] & SEQ_MASK
        if lane in tuple(Lane) and seq < floors[lane]:
            _judge(row, found, found.kept)
        else:
            _judge(row, found, found.lanes[row[1]] if row[1] in tuple(Lane) else None)
    for row in connection.execute(f"SELECT {_COLUMNS} FROM quarantine ORDER BY id"):  # noqa: S608 - constants
        found.quarantined += 1
        _judge(row, found, None)
    if connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'counters'").fetchone() != (0,):
        _add_up(Counters.load(connection), path, found)


def _judge(row: tuple[int, ...], found: Verification, lane: LaneFound | None) -> None:
    try:
        chunk = as_stored(found.journal, row)
        unseal(chunk)
    except (sqlite3.DatabaseError, CodecError) as error:
        if lane is not found.kept and len(found.bad) < BAD_NAMED:
            found.bad.append(f"{row[1]}/{row[2]}: {error}")
        if lane is not None:
            lane.bad += 1
        return
    if lane is None:
        return
    lane.chunks += 1
    lane.entries += chunk.n
    lane.start = min(lane.start or chunk.t_min, chunk.t_min)
    lane.end = max(lane.end, chunk.t_max)


def _add_up(counters: Counters, path: Path, found: Verification) -> None:
    chunks = [lane.chunks + lane.bad for lane in found.lanes]
    pending = sum(entries(number, lane.entries) for number, lane in enumerate(found.lanes))
    if chunks != counters.chunks or (pending != counters.pending and not found.bad):
        told, there = (counters.chunks, counters.pending), (chunks, pending)
        found.sums = f"counters say {told[0]} chunks, {told[1]} entries; there are {there[0]} and {there[1]}"
    witness = Witness(path).found
    if witness is None:
        return
    if witness.journal != found.journal:
        found.witness = "foreign"
        return
    told_seqs = [lane.last_seq for lane in witness.lanes]
    found.witness = "agrees" if told_seqs == counters.seqs else "behind"
    if any(told > seq for told, seq in zip(told_seqs, counters.seqs, strict=True)):
        found.witness = "ahead"
