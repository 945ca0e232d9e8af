"""Space comes back after a drain, in slices, and never at the price of the ordinary path; here nothing is kept."""

import random
from pathlib import Path

import pytest

from edge_agent.buffer import Buffer, footprint
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, batch, contents, opened, pass_time, receipt, running
from wire.reading import Batch

MUCH = 1_000_000


def noise(at: int, bytes_: int) -> Batch:
    """Return a batch that takes about so many bytes however well it is compressed."""
    return Batch("d", at, ("p",), (random.Random(at).randbytes(bytes_).hex(),))


@pytest.fixture(autouse=True)
def small_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "RECLAIM_BYTES", MUCH)
    monkeypatch.setattr(footprint, "RECLAIM_PAGES", 50)


async def fill(buffer: Buffer, chunks: int) -> None:
    for i in range(chunks):
        await buffer.put(noise(T0 + i, 20_000))
        await buffer.flush()


async def drain(buffer: Buffer, leave: int = 0) -> None:
    while len(found := await buffer.peek(1 << 20, 10)) > leave:
        await buffer.settle([receipt(chunk) for chunk in found])
    await buffer.flush()


def sizes(path: Path) -> tuple[int, int]:
    return path.stat().st_size, path.with_name(f"{path.name}-wal").stat().st_size


async def test_after_a_drain_the_file_is_small_again_and_its_log_too(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path, keep_s=0) as buffer:
        await fill(buffer, 300)
        await buffer.tend()
        assert sum(sizes(path)) > 5_000_000
        await drain(buffer)
        await fill(buffer, 2)
        await buffer.tend()
        assert sizes(path)[0] <= MUCH + 200_000
        assert sizes(path)[1] == 0
        assert [content.batches[0].at for content in await contents(buffer)] == [T0, T0 + 1]
        await fill(buffer, 100)
        assert len(await contents(buffer)) == 102
    async with opened(path, keep_s=0) as buffer:
        assert len(await contents(buffer)) == 102


async def test_what_was_stored_last_survives_the_shrinking(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path, keep_s=0) as buffer:
        await fill(buffer, 250)
        found = await buffer.peek(1 << 30, 240)
        await buffer.settle([receipt(chunk) for chunk in found])
        await buffer.tend()
        assert sizes(path)[0] < 2_200_000
        assert [content.batches[0] for content in await contents(buffer)] == [
            noise(T0 + i, 20_000) for i in range(240, 250)
        ]


async def test_a_little_free_space_stays_where_it_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path, keep_s=0) as buffer:
        await fill(buffer, 35)
        await drain(buffer)
        before = sizes(path)
        await buffer.tend()
        assert sizes(path) == before


async def test_the_supervised_task_gives_space_back_by_itself(tmp_path: Path) -> None:
    path, clock = tmp_path / "buffer.db", FakeClock(T0)
    async with opened(path, clock, keep_s=0) as buffer:
        await fill(buffer, 200)
        await drain(buffer)
        await fill(buffer, 1)
        async with running(buffer):
            await pass_time(clock, buffer, 40)
        assert sizes(path)[0] <= MUCH + 200_000


async def test_a_batch_in_the_open_draft_is_not_touched_by_tending(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        await buffer.tend()
        assert await contents(buffer) == []
