"""A file that an older version left is taken over where it lies, and nothing in it is lost."""

import sqlite3
from pathlib import Path

import pytest
from msgspec import structs

from edge_agent.buffer import BufferState
from edge_agent.buffer.schema import Counters, take_over
from tests.unit.edge_agent.buffer.making import T0, alert, batch, contents, opened, receipt
from wire.chunk import ClockMark, ClockState, Content, Lane
from wire.codec import seal

JOURNAL = "0123456789abcdef" * 2
MARK = ClockMark("boot", ClockState.SYNCED, T0, 0)
VERSION_1 = """
PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;
CREATE TABLE meta(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE chunk(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  t_min INTEGER NOT NULL, t_max INTEGER NOT NULL, codec INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE quarantine(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  t_min INTEGER NOT NULL, t_max INTEGER NOT NULL, codec INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL,
  reason TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE command(id TEXT PRIMARY KEY, device TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX command_unfinished ON command(state) WHERE state = 'accepted';
"""


def write_version_1(path: Path) -> None:
    """Write what version 1 wrote after 12 readings and an alert, 3 of the readings delivered and 2 rejected."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(VERSION_1)
    meta = {"schema_version": 1, "journal": JOURNAL, "produced": 13, "pending": 8, "pending_chunks": 3}
    meta |= {"quarantined": 2, "dropped": 0, "last_seq_0": 1, "last_seq_2": 9}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", [*meta.items(), ("rules_state", b"kept")])
    alarm = seal(Content(MARK, alerts=(alert(1),)), journal=JOURNAL, lane=Lane.ALARM, seq=1)
    chunks = [alarm]
    for seq, readings in ((8, 4), (9, 3)):
        content = Content(MARK, batches=(batch(T0 + seq, readings),))
        chunks.append(seal(content, journal=JOURNAL, lane=Lane.HISTORY, seq=seq))
    rows = [(one.lane << 48 | one.seq, *structs.astuple(one)[1:]) for one in chunks]
    connection.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("INSERT INTO command VALUES ('c-1', 'door-1', 'done', 5), ('c-2', 'door-1', 'accepted', 6)")
    connection.close()


async def test_chunks_counters_commands_and_memory_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    write_version_1(path)
    async with opened(path) as buffer:
        stats = buffer.stats
        assert (stats.journal, stats.state, stats.lanes) == (JOURNAL, BufferState.DURABLE, (1, 0, 2))
        assert (stats.produced, stats.pending, stats.quarantined, stats.dropped) == (13, 8, 2, 0)
        assert [content.entries() for content in await contents(buffer)] == [1, 4, 3]
        assert await buffer.rules_state() == b"kept"
        assert not await buffer.accept_command("c-1", "door-1")
        assert [one.id for one in await buffer.unfinished_commands()] == ["c-2"]
        await buffer.put(batch(T0))
        await buffer.put_now(alerts=[alert(2)])
        await buffer.flush()
        found = await buffer.peek(1 << 20, 10)
        assert [(chunk.lane, chunk.seq) for chunk in found] == [(0, 1), (0, 2), (2, 8), (2, 9), (2, 10)]
        await buffer.settle([receipt(chunk) for chunk in found])
    async with opened(path) as buffer:
        assert (buffer.stats.journal, buffer.stats.pending, buffer.stats.produced) == (JOURNAL, 0, 15)
    assert list(tmp_path.glob("*.damaged*")) == []


async def a_file_of_version_2(folder: Path) -> Path:
    """Return a file as version 2 left it: three chunks owed, and counters that know nothing of what is kept."""
    path = folder / "buffer.db"
    async with opened(path, keep_s=0) as buffer:
        for number in range(3):
            await buffer.put(batch(T0 + number))
            await buffer.flush()
    connection = sqlite3.connect(path, isolation_level=None)
    for column in ("owed_from_0", "owed_from_1", "owed_from_2", "kept_chunks", "kept_bytes"):
        connection.execute(f"ALTER TABLE counters DROP COLUMN {column}")
    connection.execute("UPDATE meta SET v = 2 WHERE k = 'schema_version'")
    connection.close()
    return path


async def test_version_2_goes_on_where_it_lies(tmp_path: Path) -> None:
    path = await a_file_of_version_2(tmp_path)
    async with opened(path) as buffer:
        assert (buffer.stats.pending, buffer.stats.produced, buffer.stats.kept_bytes) == (3, 3, 0)
        await buffer.settle([receipt(chunk) for chunk in await buffer.peek(1 << 20, 2)])
        await buffer.put(batch(T0 + 9))
        await buffer.flush()
        assert buffer.stats.kept_bytes > 0
        assert [chunk.seq for chunk in await buffer.peek(1 << 20, 10)] == [3, 4]
    assert list(tmp_path.glob("*.damaged*")) == []


async def test_version_2_that_is_damaged_is_salvaged(tmp_path: Path) -> None:
    path = await a_file_of_version_2(tmp_path)
    path.with_name("buffer.db.witness").unlink()
    with path.open("r+b") as file:
        file.write(bytes(100))
    async with opened(path) as buffer:
        await buffer.tend()
        assert buffer.stats.damage is not None
        assert (buffer.stats.damage.saved, buffer.stats.pending) == (3, 3)


@pytest.mark.parametrize(
    "after", ["CREATE TABLE", "INSERT INTO counters", "DELETE FROM meta", "ALTER TABLE", "UPDATE meta"]
)
def test_a_takeover_that_is_cut_short_has_changed_nothing(tmp_path: Path, after: str) -> None:
    path = tmp_path / "buffer.db"
    write_version_1(path)
    connection = sqlite3.connect(path, isolation_level=None)
    before = list(connection.iterdump())

    def stop(statement: str) -> None:
        if statement.lstrip().startswith(after):
            connection.interrupt()

    connection.set_trace_callback(stop)
    with pytest.raises(sqlite3.OperationalError):
        take_over(connection)
    connection.set_trace_callback(None)
    assert list(connection.iterdump()) == before
    take_over(connection)
    assert Counters.load(connection).chunks == [1, 0, 2]
    connection.close()
