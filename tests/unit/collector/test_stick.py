"""A stick and a late sync, in every order: the buffer's pressure comes in between, and the ledger equals the truth."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.ingest.service import Ingest
from collector.parcels import take_parcel
from collector.store import completeness, fleet
from collector.store.records import GatewayRow
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from edge_agent.buffer import Buffer
from edge_agent.identity_file import Identity
from edge_agent.parcels import export
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, receipt
from tests.unit.edge_agent.buffer.test_pressure import MB, one_minute
from tests.unit.edge_agent.buffer.truth import Truth, opened_by_a_right_clock
from wire.chunk import Chunk, ClockMark, Missed
from wire.codec import decode_chunks, encode_chunks, unseal
from wire.identity import public_text
from wire.parcel import Form, read_pieces
from wire.receipt import Fate

HOUR = completeness.HOUR_US
BEGIN = T0 // HOUR * HOUR
KEY = Ed25519PrivateKey.generate()
BOX = Identity("gate-a", KEY, "http://127.0.0.1:9", "collector-a", KEY.public_key())

Lines = Counter[tuple[str, str, int]]
"""device, point, hour → how many."""


@dataclass
class Site:
    """What a site without a network came to: the stick, what was owed when the network came, and the truth."""

    stick: Path
    synced: list[Chunk]
    due: Lines
    missed: Lines

    @property
    def carried(self) -> list[Chunk]:
        """The chunks on the stick."""
        with self.stick.open("rb") as source:
            found = [chunk for piece in read_pieces(source, Form.CHUNKS) for chunk in decode_chunks(piece)]
        return [chunk for chunk in found if isinstance(chunk, Chunk)]


@pytest.fixture
async def site(tmp_path: Path) -> Site:
    """An export in the middle of it, then so much more that some of what is on the stick is dropped."""
    truth, missed, path = Truth(), Lines(), tmp_path / "buffer.db"

    def account(mark: ClockMark) -> tuple[tuple[Missed, ...], dict[str, bytes]]:
        missed["meter", "u0", mark.wall // HOUR * HOUR] += 1
        return (Missed("meter", mark.wall, ("u0",), "no_answer", 1),), {}

    async with opened_by_a_right_clock(path, max_bytes=MB) as buffer:
        buffer.account = account
        for minute in range(30):
            await one_minute(buffer, truth, minute, words=True)
        export(path, tmp_path / "stick", BOX, T0, "1")
        for minute in range(30, 100):
            await one_minute(buffer, truth, minute, words=True)
        assert (buffer.stats.thinned > 0, buffer.stats.dropped > 0) == (True, True)
        buffer.account = lambda _: ((), {})  # closing it asks once more
        synced = await everything(buffer)
    due = Lines({(device, point, hour * HOUR): n for (device, point, hour), n in truth.put.items()})
    return Site(tmp_path / "stick", synced, due, missed)


async def everything(buffer: Buffer) -> list[Chunk]:
    chunks: list[Chunk] = []
    while found := await buffer.peek(100_000, 1000):
        chunks += found
        await buffer.settle([receipt(chunk) for chunk in found])
    return chunks


class District:
    """A collector's store, and both doors into it."""

    def __init__(self, path: Path) -> None:
        self.store = SqlStore(SqliteDialect(path))
        self._ingest = Ingest(self.store, FakeClock(T0), lambda _gateway, _done: None)

    async def __aenter__(self) -> "District":
        await self.store.open()
        await self.store.write(fleet.enrol, GatewayRow("gate-a", "", "", public_text(KEY.public_key()), T0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def bring(self, stick: Path) -> None:
        """Import a stick."""
        with stick.open("rb") as source:
            await take_parcel(source, self.store, self._ingest, "collector-a")

    async def sync(self, chunks: list[Chunk]) -> None:
        """Upload chunks."""
        for start in range(0, len(chunks), 100):
            part = chunks[start : start + 100]
            told = await self._ingest.take("gate-a", encode_chunks(part), paced=False)
            assert {one.fate for one in told.receipts} == {Fate.ACCEPTED}

    async def account(self) -> tuple[Lines, Lines, dict[str, Lines]]:
        """Return what was delivered, what summaries stand for, and what was lost for each reason."""
        found = (await self.store.read(completeness.account, "gate-a", None, BEGIN, BEGIN + 5 * HOUR)).hours
        delivered, thinned, lost = Lines(), Lines(), dict[str, Lines]()
        for row in found:
            where = (row.device, row.point, row.hour)
            assert not row.estimated
            delivered[where], thinned[where] = row.delivered, row.thinned
            for reason, count in row.lost.items():
                lost.setdefault(reason, Lines())[where] = count
        return +delivered, +thinned, lost


def truth_of(chunks: list[Chunk]) -> tuple[Lines, Lines]:
    """Return the readings that are in chunks, each of them once, and those that summaries stand for."""
    seen: set[tuple[str, str, int]] = set()
    thinned = Lines()
    for content in map(unseal, {(chunk.lane, chunk.seq): chunk for chunk in chunks}.values()):
        seen.update((batch.device, point, batch.at) for batch in content.batches for point in batch.points)
        for one in content.summaries:
            for point, n in zip(one.points, one.n, strict=True):
                thinned[one.device, point, one.start // HOUR * HOUR] += n
    return Lines((device, point, at // HOUR * HOUR) for device, point, at in seen), thinned


async def test_the_ledger_equals_the_truth_in_every_order(tmp_path: Path, site: Site) -> None:
    carried, half = site.carried, len(site.synced) // 2
    assert {(chunk.lane, chunk.seq) for chunk in carried} & {(chunk.lane, chunk.seq) for chunk in site.synced}
    rows, thinned = truth_of([*carried, *site.synced])
    lost = site.due - rows - thinned
    assert rows + thinned + lost == site.due
    expected = (rows, thinned, {"no_answer": site.missed} | ({"buffer_full": lost} if lost else {}))

    async with District(tmp_path / "1.db") as here:
        await here.bring(site.stick)
        await here.sync(site.synced)
        assert await here.account() == expected
    async with District(tmp_path / "2.db") as here:
        await here.sync(site.synced)
        await here.bring(site.stick)
        assert await here.account() == expected
        await here.bring(site.stick)
        await here.sync(site.synced)
        assert await here.account() == expected
    async with District(tmp_path / "3.db") as here:
        await here.sync(carried[::2])  # an import that broke off, with holes in it
        await here.sync(site.synced[half:])
        await here.bring(site.stick)
        await here.sync(site.synced[:half])
        assert await here.account() == expected


async def test_a_stick_that_never_arrives_is_lost_and_nothing_else(tmp_path: Path, site: Site) -> None:
    rows, thinned = truth_of(site.synced)
    async with District(tmp_path / "1.db") as here:
        await here.sync(site.synced)
        delivered, summed, lost = await here.account()
    assert (delivered, summed) == (rows, thinned)
    assert lost == {"no_answer": site.missed, "buffer_full": site.due - rows - thinned}
    assert sum(lost["buffer_full"].values()) > 0
