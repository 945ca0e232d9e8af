"""What was delivered is kept: owed no longer, at little cost in writing, for its time, and first to go."""

import random
import sqlite3
from pathlib import Path

import pytest

from config.settings import BufferSettings
from edge_agent.buffer import Buffer, footprint, kept
from edge_agent.buffer.schema import Counters
from edge_agent.buffer.space import Space
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.damaging import beside
from tests.unit.edge_agent.buffer.making import T0, alert, batch, contents, opened, receipt
from tests.unit.edge_agent.buffer.test_cost import bytes_written, live
from wire.reading import Batch
from wire.receipt import Fate

DAY_US = 86_400_000_000
MB = 1_000_000


def kept_rows(path: Path) -> list[tuple[int, int]]:
    """Return lane and number of what is kept in a buffer file."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    floors = Counters.load(connection).owed_from
    rows = connection.execute("SELECT lane, seq FROM chunk ORDER BY id").fetchall()
    connection.close()
    return [(lane, seq) for lane, seq in rows if seq < floors[lane]]


async def store(buffer: Buffer, chunks: int, size: int = 200, start: int = T0) -> None:
    for number in range(chunks):
        text = random.Random(start + number).randbytes(size // 2).hex()
        await buffer.put(Batch("d", start + number, ("p",), (text,)))
        await buffer.flush()


async def deliver(buffer: Buffer) -> int:
    delivered = 0
    while found := await buffer.peek(1 << 20, 50):
        delivered += await buffer.settle([receipt(chunk) for chunk in found])
    await buffer.put_now(notes={"any": b""})
    return delivered


async def test_what_was_delivered_lies_where_it_lay_and_is_owed_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 5)
        await buffer.put_now(alerts=[alert(1)])
        assert await deliver(buffer) == 6
        await store(buffer, 2)
        stats = buffer.stats
        assert (stats.pending, stats.pending_chunks, stats.lanes) == (2, 2, (0, 0, 2))
        assert stats.pending_oldest_at == T0
        assert stats.kept_bytes > 0
        assert [(chunk.lane, chunk.seq) for chunk in await buffer.peek(1 << 20, 50)] == [(2, 6), (2, 7)]
    assert kept_rows(path) == [(0, 1), *((2, seq) for seq in range(1, 6))]
    async with opened(path) as buffer:
        assert (buffer.stats.pending, buffer.stats.lanes, buffer.stats.kept_bytes) == (2, (0, 0, 2), stats.kept_bytes)
        assert len(await contents(buffer)) == 2


async def test_a_receipt_that_comes_twice_means_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        await store(buffer, 3)
        found = await buffer.peek(1 << 20, 50)
        await deliver(buffer)
        await store(buffer, 1)
        for fate in (Fate.ACCEPTED, Fate.REJECTED):
            assert await buffer.settle([receipt(chunk, fate, "late") for chunk in found]) == 0
        await buffer.flush()
        assert (buffer.stats.pending, buffer.stats.quarantined) == (1, 0)


async def test_nothing_of_the_state_lane_is_kept_nor_what_was_rejected(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 3)
        assert await buffer.put_state()
        found = await buffer.peek(1 << 20, 50)
        fates = [Fate.REJECTED if chunk.seq == 2 else Fate.ACCEPTED for chunk in found]
        await buffer.settle([receipt(chunk, fate, "bad") for chunk, fate in zip(found, fates, strict=True)])
        await store(buffer, 1)
        assert (buffer.stats.quarantined, buffer.stats.pending) == (1, 1)
    assert kept_rows(path) == [(2, 1), (2, 3)]


async def test_what_is_settled_before_an_older_chunk_is_deleted_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 4)
        found = await buffer.peek(1 << 20, 50)
        await buffer.settle([receipt(found[0]), receipt(found[2])])
        await buffer.flush()
        await store(buffer, 1, start=T0 + 100)
        assert [chunk.seq for chunk in await buffer.peek(1 << 20, 50)] == [2, 4, 5]
        await deliver(buffer)
    assert kept_rows(path) == [(2, 1), (2, 2), (2, 4), (2, 5)]


async def test_keeping_costs_the_card_one_page_for_a_chunk_and_not_the_chunk_again(tmp_path: Path) -> None:
    written = {}
    for keep_s in (0, 604_800):
        async with opened(tmp_path / f"{keep_s}.db", keep_free_bytes=0, keep_s=keep_s) as buffer:
            await live(buffer, 20, delivered=True)
            before = bytes_written()
            await live(buffer, 200, delivered=True)
            written[keep_s] = bytes_written() - before
    assert written[604_800] - written[0] < 200 * 4096 * 1.1  # what is deleted at once never gets out of the log
    assert written[604_800] / (200 * 200) < 100


async def test_in_the_long_run_too_while_the_oldest_goes(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock, keep_free_bytes=0, max_bytes=2 * MB) as buffer:
        for part in range(4):
            await live(buffer, 200, delivered=True)
            await buffer.tend()
            if part == 1:
                before = bytes_written()
        assert 300_000 < buffer.stats.kept_bytes <= 400_000 * 17 / 16
        assert (bytes_written() - before) / (400 * 200) < 100


async def test_it_goes_after_its_time_and_no_sooner(tmp_path: Path) -> None:
    path, clock = tmp_path / "buffer.db", FakeClock(T0)
    async with opened(path, clock, keep_s=86_400) as buffer:
        await store(buffer, 3)
        await store(buffer, 3, start=T0 + DAY_US // 2)
        await deliver(buffer)
        await clock.advance(86_400)
        await buffer.tend()
        assert len(kept_rows(path)) == 6
        await clock.advance(86_400 / 8)
        await buffer.tend()
        assert [seq for _, seq in kept_rows(path)] == [4, 5, 6]
        assert buffer.stats.pending == 0


async def test_turned_off_it_all_goes_at_the_next_quiet_moment(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, kept.TRIMMED + 50)
        await deliver(buffer)
        assert len(kept_rows(path)) > kept.TRIMMED
    async with opened(path, keep_s=0) as buffer:
        await store(buffer, 2)
        await buffer.tend()
        assert (kept_rows(path), buffer.stats.kept_bytes, buffer.stats.pending) == ([], 0, 2)
        await deliver(buffer)
    assert kept_rows(path) == []


async def test_the_file_is_no_larger_after_a_drain_than_what_may_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footprint, "RECLAIM_BYTES", MB // 10)
    monkeypatch.setattr(kept, "MOST_BYTES", MB)
    path = tmp_path / "buffer.db"
    async with opened(path, keep_free_bytes=0) as buffer:
        await store(buffer, 250, 20_000)
        await buffer.tend()
        assert path.stat().st_size + beside(path, "-wal").stat().st_size > 5 * MB
        await deliver(buffer)
        await buffer.tend()
        assert MB * 0.9 < buffer.stats.kept_bytes <= MB * 17 / 16
        assert path.stat().st_size < 2.3 * MB  # as much again may wait in free pages to be used


async def test_under_pressure_it_goes_before_anything_is_thinned(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", max_bytes=2 * MB, keep_free_bytes=0) as buffer:
        await store(buffer, 15, 20_000)
        await deliver(buffer)
        assert buffer.stats.kept_bytes > 150_000
        for second in range(150):
            await store(buffer, 1, 20_000, start=T0 + second)
            if buffer.stats.kept_bytes > 0:
                assert (buffer.stats.thinned, buffer.stats.dropped) == (0, 0)
        assert buffer.stats.kept_bytes == 0
        assert buffer.stats.used_bytes < 2 * MB


async def test_a_disk_that_others_fill_gets_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "RECLAIM_BYTES", MB // 10)
    path = tmp_path / "buffer.db"
    async with opened(path, keep_free_bytes=0) as buffer:
        await store(buffer, 100, 20_000)
        await deliver(buffer)
        await buffer.tend()
        assert buffer.stats.used_bytes > MB
    async with opened(path, keep_free_bytes=1 << 60) as buffer:
        await store(buffer, 1)
        await buffer.tend()
        assert buffer.stats.kept_bytes == 0
        assert buffer.stats.used_bytes < MB // 10
        assert path.stat().st_size < MB // 2
        assert len(await contents(buffer)) == 1


async def test_a_batch_that_waits_is_stored_while_history_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        await store(buffer, 2)
        await deliver(buffer)
        await buffer.put(batch(T0))
        assert await buffer.flush()
        assert await deliver(buffer) == 1


def test_nothing_is_kept_while_the_card_is_written_more_than_it_can_bear_or_the_disk_is_short(tmp_path: Path) -> None:
    now, written, free = [0.0], [0], [1 << 40]
    settings = BufferSettings(card_endurance_bytes=MB)
    space = Space(tmp_path / "b", settings, lambda: now[0], free=lambda: free[0], written=lambda: written[0])
    assert space.keeps
    now[0], written[0] = 700.0, MB
    space.noted()
    assert not space.keeps
    free[0] = 1
    assert not Space(tmp_path / "b", BufferSettings(), lambda: 0.0, free=lambda: free[0]).keeps
