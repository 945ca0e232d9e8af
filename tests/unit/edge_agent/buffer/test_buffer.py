"""Putting, peeking and settling: order, dedupe key, coalescing and counts."""

import asyncio
from pathlib import Path
from threading import Event

import pytest

from config.settings import BufferSettings
from edge_agent.buffer import Buffer, BufferState
from edge_agent.buffer.buffer import DRAFTS_BEHIND
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, alert, as_after_sigkill, batch, opened, reading_times, receipt
from wire.chunk import Lane
from wire.codec import unseal
from wire.inventory import Inventory
from wire.receipt import Fate, Receipt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "buffer.db"


async def test_a_batch_is_one_chunk_after_a_flush(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0, 3))
        await buffer.put(batch(T0 + 5, 2))
        assert await buffer.peek(1000, 10) == []
        assert await buffer.flush()
        (chunk,) = await buffer.peek(1, 10)
        assert (chunk.journal, chunk.lane, chunk.seq, chunk.n) == (buffer.journal, Lane.HISTORY, 1, 5)
        assert (chunk.t_min, chunk.t_max) == (T0, T0 + 5)
        assert unseal(chunk).batches == (batch(T0, 3), batch(T0 + 5, 2))
        assert (buffer.stats.state, buffer.stats.produced, buffer.stats.pending) == (BufferState.DURABLE, 5, 5)
        assert buffer.stats.pending_oldest_at == T0


async def test_enough_readings_are_committed_without_being_asked(path: Path) -> None:
    async with opened(path, flush_readings=10) as buffer:
        for i in range(5):
            await buffer.put(batch(T0 + i, 2))
        await buffer.stored.wait()
        assert await reading_times(buffer) == [T0 + i for i in range(5)]


async def test_the_oldest_reading_waits_no_longer_than_the_flush_time(path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(path, clock, flush_s=5.0) as buffer:
        running = asyncio.create_task(buffer.run())
        await buffer.put(batch(T0))
        await clock.advance(4.9)
        await buffer.alive()
        assert not buffer.stored.is_set()
        await clock.advance(0.2)
        await buffer.stored.wait()
        assert await reading_times(buffer) == [T0]
        running.cancel()
        await asyncio.wait((running,))


async def test_alarms_leave_before_older_history(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        assert await buffer.put_now(alerts=[alert(1)])
        assert await buffer.put_now(alerts=[alert(2)])
        chunks = await buffer.peek(1 << 20, 10)
        assert [(chunk.lane, chunk.seq) for chunk in chunks] == [(0, 1), (0, 2), (2, 1)]


async def test_a_peek_stays_within_its_limits_and_passes_over_what_it_is_told_to(path: Path) -> None:
    async with opened(path) as buffer:
        for i in range(6):
            await buffer.put(batch(T0 + i, 50))
            await buffer.flush()
        size = sum(len(chunk.body) for chunk in await buffer.peek(1 << 20, 3))
        assert len(await buffer.peek(size, 100)) == 3
        assert len(await buffer.peek(size - 1, 100)) == 2
        assert len(await buffer.peek(1 << 20, 4)) == 4
        assert [chunk.seq for chunk in await buffer.peek(1 << 20, 2, {(2, 1), (2, 3)})] == [2, 4]


async def test_only_a_receipt_that_names_a_chunk_lets_it_go(path: Path) -> None:
    async with opened(path) as buffer:
        for i in range(3):
            await buffer.put(batch(T0 + i))
            await buffer.flush()
        first, second, third = await buffer.peek(1 << 20, 10)
        foreign = Receipt("f" * 32, first.lane, first.seq, Fate.ACCEPTED)
        unknown = Receipt(buffer.journal, 2, 99, Fate.ACCEPTED)
        assert await buffer.settle([foreign, unknown, receipt(first, Fate.KEEP)]) == 0
        assert await buffer.settle([receipt(second), receipt(second)]) == 1
        assert await buffer.peek(1 << 20, 10) == [first, third]
        assert (buffer.stats.pending, buffer.stats.produced) == (2, 3)
        assert await buffer.settle([receipt(first), receipt(second), receipt(third)]) == 2
        assert (await buffer.peek(1 << 20, 10), buffer.stats.pending, buffer.stats.pending_oldest_at) == ([], 0, 0)


async def test_a_rejected_chunk_is_kept_aside_and_counted(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0, 4))
        await buffer.flush()
        (chunk,) = await buffer.peek(1 << 20, 10)
        assert await buffer.settle([receipt(chunk, Fate.REJECTED, "bad_crc")]) == 1
        assert await buffer.peek(1 << 20, 10) == []
        assert (buffer.stats.pending, buffer.stats.quarantined) == (0, 4)


async def test_a_journal_continues_after_it_was_emptied(path: Path) -> None:
    async with opened(path) as buffer:
        journal = buffer.journal
        await buffer.put(batch(T0))
        await buffer.flush()
        await buffer.settle([receipt(chunk) for chunk in await buffer.peek(1 << 20, 10)])
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        assert [(chunk.journal, chunk.seq) for chunk in await buffer.peek(1 << 20, 10)] == [(journal, 2)]
        assert buffer.stats.produced == 2


async def test_closing_flushes(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
    async with opened(path) as buffer:
        assert await reading_times(buffer) == [T0]


async def test_a_kill_loses_only_what_was_not_said_to_be_durable(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        await buffer.put_now(alerts=[alert(1)], rules_state=b"after alert 1")
        await buffer.put(batch(T0 + 1))
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert survivor.stats.produced == survivor.stats.pending == 2
        assert await reading_times(survivor) == [T0]
        assert await survivor.rules_state() == b"after alert 1"


async def test_a_kill_before_an_accepted_chunk_is_deleted_sends_it_again_under_its_own_name(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        sent = await buffer.peek(1 << 20, 10)
        await buffer.settle([receipt(sent[0])])
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert await survivor.peek(1 << 20, 10) == sent


async def test_many_accepted_chunks_are_deleted_without_waiting_for_an_insert(path: Path) -> None:
    async with opened(path, flush_readings=1) as buffer:
        for i in range(100):
            await buffer.put(batch(T0 + i))
        await buffer.flush()
        chunks = await buffer.peek(1 << 20, 1000)
        await buffer.settle([receipt(chunk) for chunk in chunks])
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert survivor.stats.pending == 0


async def test_rules_state_alone_makes_no_chunk(path: Path) -> None:
    async with opened(path) as buffer:
        assert await buffer.rules_state() is None
        assert await buffer.put_now(rules_state=b"one")
        assert await buffer.put_now(rules_state=b"two")
        assert await buffer.peek(1 << 20, 10) == []
    async with opened(path) as buffer:
        assert await buffer.rules_state() == b"two"


async def test_the_inventory_is_remembered_by_its_hash(path: Path) -> None:
    async with opened(path) as buffer:
        assert await buffer.inventory_hash() == ""
        await buffer.put_now(inventory=Inventory(T0, "site", "name", "abc123"))
        assert await buffer.inventory_hash() == "abc123"
        assert [chunk.n for chunk in await buffer.peek(1 << 20, 10)] == [1]


async def test_a_disk_that_falls_behind_makes_the_producer_wait(path: Path) -> None:
    buffer = await Buffer.open(path, FakeClock(T0), BufferSettings(flush_readings=1))
    slow = Event()
    stuck = asyncio.get_running_loop().run_in_executor(buffer._turns._thread, slow.wait)
    for i in range(DRAFTS_BEHIND):
        await buffer.put(batch(T0 + i))
    late = asyncio.create_task(buffer.put(batch(T0 + DRAFTS_BEHIND)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not late.done()
    slow.set()
    await asyncio.gather(stuck, late)
    await buffer.flush()
    assert len(await reading_times(buffer)) == DRAFTS_BEHIND + 1
    await buffer.close()
