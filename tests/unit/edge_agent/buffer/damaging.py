"""A buffer whose truth is known, ways to damage it, and a collector that counts what it is given."""

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile, rmtree

from edge_agent.buffer import Buffer
from tests.unit.edge_agent.buffer.making import T0, alert, batch, opened, receipt
from wire.chunk import Chunk, Lane
from wire.codec import unseal

Identity = tuple[str, int, int]

FILES = ("", "-wal", "-shm", ".witness")


@dataclass
class Collector:
    """Keeps each identity once, for ever; ``clashes`` are identities that came with two different bodies."""

    stored: dict[Identity, Chunk] = field(default_factory=dict)
    clashes: int = 0

    def take(self, chunk: Chunk) -> None:
        assert chunk.intact()
        before = self.stored.setdefault((chunk.journal, chunk.lane, chunk.seq), chunk)
        self.clashes += before.body != chunk.body

    async def drain(self, buffer: Buffer) -> None:
        """Take everything that the buffer owes."""
        for _ in range(1000):
            found = await buffer.peek(1 << 20, 50)
            if not found:
                break
            for chunk in found:
                self.take(chunk)
            await buffer.settle([receipt(chunk) for chunk in found])

    def moments(self) -> list[int]:
        """When each stored batch was taken, doubles included."""
        return [batch.at for chunk in self.stored.values() for batch in unseal(chunk).batches]

    def alerts(self) -> list[str]:
        return [change.alert for chunk in self.stored.values() for change in unseal(chunk).alerts]

    def lost(self) -> int:
        """How many entries the gap records tell of."""
        gaps = [gap for chunk in self.stored.values() for gap in unseal(chunk).gaps]
        assert {gap.reason for gap in gaps} <= {"buffer_damaged"}
        return sum(gap.count for gap in gaps)


@dataclass(repr=False)
class Truth:
    """What was put into the buffer at ``path``, which looks as a killed agent leaves it, and what had arrived."""

    path: Path
    journal: str
    collector: Collector
    chunks: dict[Identity, Chunk] = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Entries that had not arrived."""
        return sum(chunk.n for key, chunk in self.chunks.items() if key not in self.collector.stored)

    def copied(self, folder: Path) -> "Truth":
        """Return the same for a copy of the files, to be damaged."""
        path = folder / self.path.name
        for suffix in FILES:
            copyfile(beside(self.path, suffix), beside(path, suffix))
        return Truth(path, self.journal, Collector(dict(self.collector.stored)), self.chunks)


async def a_buffer(folder: Path, *, history: int = 150, arrived: int = 60, seed: int = 1) -> Truth:
    """Fill a buffer with alarms and history, some of it large, deliver some of both, and kill the agent."""
    rng = random.Random(seed)
    source, path = folder / "running" / "buffer.db", folder / "buffer.db"
    truth = Truth(path, "", Collector())
    async with opened(source) as buffer:
        truth.journal = buffer.journal
        for i in range(history):
            await buffer.put(batch(T0 + i, rng.choice((3, 40, 400, 3000))))
            await buffer.flush()
            if i % 10 == 0:
                await buffer.put_now(alerts=[alert(i)], rules_state=b"%d" % i * 900)
            if i == history // 2:
                await _deliver(buffer, truth, arrived)
        await _deliver(buffer, truth, 5)
        for chunk in await buffer.peek(1 << 30, 1 << 30):
            truth.chunks[chunk.journal, chunk.lane, chunk.seq] = chunk
        truth.chunks |= truth.collector.stored
        assert buffer.stats.pending == truth.pending
        for suffix in FILES:
            copyfile(source.with_name(source.name + suffix), path.with_name(path.name + suffix))
    rmtree(source.parent)
    return truth


async def _deliver(buffer: Buffer, truth: Truth, chunks: int) -> None:
    found = await buffer.peek(1 << 30, chunks)
    for chunk in found:
        truth.collector.take(chunk)
    await buffer.settle([receipt(chunk) for chunk in found])


async def account(truth: Truth) -> int:
    """Open the damaged buffer, let all of it be delivered, check the sum, and return how many entries are lost."""
    async with opened(truth.path) as buffer:
        return await deliver_all(truth, buffer)


async def deliver_all(truth: Truth, buffer: Buffer) -> int:
    """Let everything be delivered that a buffer still has, check the sum, and return how many entries are lost."""
    collector, before = truth.collector, set(truth.collector.stored)
    await collector.drain(buffer)
    await buffer.put(batch(T0 + 10_000_000))
    assert await buffer.flush()
    for _ in range(3):  # what turns out to be damaged on the way is mended on the way
        await buffer.tend()
        await collector.drain(buffer)
    assert buffer.stats.pending == 0
    assert buffer.stats.state == "durable"
    assert collector.clashes == 0
    assert len(collector.moments()) == len(set(collector.moments()))
    assert len(collector.alerts()) == len(set(collector.alerts()))
    ours = [key for key in collector.stored if key in truth.chunks]
    assert all(collector.stored[key].body == truth.chunks[key].body for key in ours)
    newest = {lane: max(key[2] for key in truth.chunks if key[1] == lane) for lane in (Lane.ALARM, Lane.HISTORY)}
    assert all(
        key[2] > newest[Lane(key[1])] or key in truth.chunks for key in collector.stored if key[0] == truth.journal
    )
    saved = sum(truth.chunks[key].n for key in ours if key not in before)
    owed = sum(chunk.n for key, chunk in truth.chunks.items() if key not in before)
    assert collector.lost() == owed - saved
    return owed - saved


def beside(path: Path, suffix: str) -> Path:
    """Return the file beside ``path`` that has this suffix."""
    return path.with_name(path.name + suffix)


def overwrite(path: Path, start: int, data: bytes) -> None:
    """Write over part of a file, in place."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def junk(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)


def checkpoint(path: Path) -> None:
    """Have everything in the file itself, as after a clean end; the witness stays as it is."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _page(path: Path, number: int, data: bytes) -> None:
    checkpoint(path)
    overwrite(path, number * 4096, data)


def _truncate(path: Path, size: int) -> None:
    checkpoint(path)
    with path.open("r+b") as file:
        file.truncate(size)


def _half(path: Path) -> None:
    checkpoint(path)
    _truncate(path, path.stat().st_size // 2)


def _middle(path: Path, data: bytes, into: int = 0) -> None:
    """Damage the page in the middle, ``into`` bytes from its beginning."""
    checkpoint(path)
    overwrite(path, path.stat().st_size // 8192 * 4096 + into, data)


def _each(path: Path, step: int) -> None:
    """Damage one page of each ``step``, from the fifth on."""
    checkpoint(path)
    for number in range(5, path.stat().st_size // 4096, step):
        overwrite(path, number * 4096, junk(4096, number))


def _newer_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET v = 99 WHERE k = 'schema_version'")
    connection.commit()
    connection.close()


def _another_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        beside(path, suffix).unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE song(title TEXT)")
    connection.commit()
    connection.close()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "somebody's").write_text("file")


def _log_header(path: Path) -> None:
    overwrite(beside(path, "-wal"), 0, junk(32))


def _log_middle(path: Path) -> None:
    log = beside(path, "-wal")
    overwrite(log, log.stat().st_size // 2, junk(64))


def _log_cut(path: Path) -> None:
    log = beside(path, "-wal")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size // 2)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "header overwritten": lambda path: overwrite(path, 0, junk(100)),
    "header overwritten, log written back": lambda path: _page(path, 0, junk(100)),
    "first page zero": lambda path: _page(path, 0, bytes(4096)),
    "first ten pages junk": lambda path: _page(path, 0, junk(40960)),
    "root page of the chunks junk": lambda path: _page(path, 3, junk(4096)),
    "a page in the middle junk": lambda path: _middle(path, junk(4096)),
    "pages in the middle zero": lambda path: _middle(path, bytes(40960)),
    "a torn page": lambda path: _middle(path, junk(512), 3584),
    "a quarter of all pages junk": lambda path: _each(path, 4),
    "half of all pages junk": lambda path: _each(path, 2),
    "cut to half": _half,
    "cut to nothing": lambda path: _truncate(path, 0),
    "cut to nothing, log left": lambda path: path.write_bytes(b""),
    "cut to one byte": lambda path: _truncate(path, 1),
    "log junk": lambda path: beside(path, "-wal").write_bytes(junk(100_000)),
    "log's header junk": _log_header,
    "log's middle junk": _log_middle,
    "log cut short": _log_cut,
    "log gone": lambda path: beside(path, "-wal").unlink(),
    "index of the log junk": lambda path: beside(path, "-shm").write_bytes(junk(32768)),
    "index of the log gone": lambda path: beside(path, "-shm").unlink(),
    "newer version": _newer_version,
    "not a database": lambda path: path.write_bytes(junk(50_000)),
    "another database": _another_database,
    "a folder in its place": _folder,
    "file gone": Path.unlink,
    "nothing wrong": lambda path: None,
}
