"""The state lane: what every point is now overtakes the history that is owed, once, and is never counted twice."""

import asyncio
from pathlib import Path

import pytest

from edge_agent.buffer import BufferState
from edge_agent.buffer import newest as newest_module
from edge_agent.buffer.newest import Newest
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import (
    T0,
    alert,
    as_after_sigkill,
    batch,
    files_no_larger_than,
    opened,
    receipt,
)
from wire.chunk import Lane
from wire.codec import unseal
from wire.reading import Batch, Quality


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "buffer.db"


async def test_while_history_is_owed_the_newest_of_every_point_overtakes_it(path: Path) -> None:
    async with opened(path) as buffer:
        for i in range(20):
            await buffer.put(batch(T0 + i, 3, "meter-1"))
            await buffer.put(batch(T0 + i, 1, "bin-1"))
            await buffer.flush()
        assert await buffer.put_state()
        first, *rest = await buffer.peek(1 << 20, 100)
        assert (first.lane, first.seq, {chunk.lane for chunk in rest}) == (Lane.STATE, 1, {Lane.HISTORY})
        assert unseal(first).batches == (batch(T0 + 19, 3, "meter-1"), batch(T0 + 19, 1, "bin-1"))


async def test_where_nothing_is_owed_no_state_is_made(path: Path) -> None:
    async with opened(path) as buffer:
        assert not await buffer.put_state()
        await buffer.put(batch(T0))
        await buffer.flush()
        await buffer.settle([receipt(chunk) for chunk in await buffer.peek(1 << 20, 10)])
        assert not await buffer.put_state()
        assert await buffer.peek(1 << 20, 10) == []


async def test_the_next_state_waits_for_the_last_ones_receipt_and_holds_only_what_moved_since(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0, 1, "bin-1"))
        await buffer.put(batch(T0, 1, "bin-2"))
        await buffer.flush()
        asked = list(await asyncio.gather(buffer.put_state(), buffer.put_state()))
        assert asked == [True, False]
        await buffer.put(batch(T0 + 1, 1, "bin-2"))
        assert not await buffer.put_state()
        (state,) = await buffer.peek(1 << 20, 10, lanes=(Lane.STATE,))
        await buffer.settle([receipt(state)])
        assert await buffer.put_state()
        (state,) = await buffer.peek(1 << 20, 10, lanes=(Lane.STATE,))
        assert unseal(state).batches == (batch(T0 + 1, 1, "bin-2"),)


async def test_state_is_as_durable_as_an_alarm_and_is_no_entry_of_its_own(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0, 5))
        await buffer.flush()
        assert await buffer.put_state()
        assert (buffer.stats.produced, buffer.stats.pending, buffer.stats.pending_chunks) == (5, 5, 2)
        assert buffer.stats.lanes == (0, 1, 1)
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert survivor.stats.lanes == (0, 1, 1)
        assert not await survivor.put_state()
        for chunk in await survivor.peek(1 << 20, 10):
            await survivor.settle([receipt(chunk)])
        assert (survivor.stats.produced, survivor.stats.pending, survivor.stats.pending_chunks) == (5, 0, 0)


async def test_each_lane_can_be_peeked_alone_and_has_its_own_bell(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        assert (buffer.stored.is_set(), buffer.urgent.is_set()) == (True, False)
        buffer.stored.clear()
        await buffer.settle([receipt(chunk) for chunk in await buffer.peek(1 << 20, 10)])
        await buffer.put_now(alerts=[alert(1)])
        assert (buffer.stored.is_set(), buffer.urgent.is_set()) == (False, True)
        await buffer.put(batch(T0 + 1))
        await buffer.flush()
        await buffer.put_state()
        assert [chunk.lane for chunk in await buffer.peek(1 << 20, 10, lanes=(0, 1))] == [0, 1]
        assert [chunk.lane for chunk in await buffer.peek(1 << 20, 10, lanes=(Lane.HISTORY,))] == [2]
        assert [chunk.lane for chunk in await buffer.peek(1 << 20, 2, lanes=(2, 1, 0))] == [0, 1]


async def test_what_the_disk_refuses_has_its_lanes_too(path: Path) -> None:
    async with opened(path) as buffer:
        await buffer.flush()
        with files_no_larger_than(4096):
            await buffer.put(batch(T0))
            await buffer.flush()
            await buffer.put_now(alerts=[alert(1)])
            assert await buffer.put_state()
            assert buffer.stats.state is BufferState.VOLATILE
            assert buffer.stats.lanes == (1, 1, 1)
            assert [chunk.lane for chunk in await buffer.peek(1 << 20, 10, lanes=(Lane.HISTORY,))] == [2]
            assert [chunk.lane for chunk in await buffer.peek(1 << 20, 10, lanes=(0, 1))] == [0, 1]


def test_a_point_is_told_once_with_its_newest_value_whatever_it_came_along_with() -> None:
    newest = Newest()
    newest.note(Batch("d", T0, ("a", "b", "c"), (1, 2, 3)))
    newest.note(Batch("d", T0 + 1, ("b",), (None,), (int(Quality.TIMEOUT),)))
    newest.note(Batch("d", T0 + 2, ("c", "b"), (30, 20)))
    newest.note(Batch("e", T0 + 2, ("a",), (5,)))
    assert newest.take() == (
        Batch("d", T0, ("a",), (1,)),
        Batch("d", T0 + 2, ("c", "b"), (30, 20)),
        Batch("e", T0 + 2, ("a",), (5,)),
    )
    assert not newest
    assert newest.take() == ()


def test_what_came_last_is_newest_even_when_the_clock_was_set_back() -> None:
    newest = Newest()
    newest.note(batch(T0, 2))
    newest.note(batch(T0 - 1_000_000, 1))
    newest.note(batch(T0 - 500_000, 2))
    assert newest.take() == (batch(T0 - 500_000, 2),)


def test_many_layouts_of_the_same_points_are_remembered_in_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest_module, "LAYOUTS", 50)
    newest = Newest()
    for i in range(4096):
        points = tuple(f"p{bit}" for bit in range(12) if i >> bit & 1)
        newest.note(Batch("d", T0 + i, points, (i,) * len(points)))
        assert len(newest._moved) <= 50
    told = [(point, value) for found in newest.take() for point, value in zip(found.points, found.values, strict=True)]
    assert sorted(told) == sorted((f"p{bit}", 4095) for bit in range(12))


async def test_state_is_dated_by_the_clock_of_its_chunk(path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(path, clock) as buffer:
        await buffer.put(batch(T0, 1, "bin-1"))
        clock.step_wall(3_600_000_000)
        await buffer.put(batch(T0 + 3_600_000_000, 1, "bin-2"))
        await buffer.flush()
        await buffer.put_state()
        (state,) = await buffer.peek(1 << 20, 10, lanes=(Lane.STATE,))
        assert [found.at for found in unseal(state).batches] == [T0 + 3_600_000_000] * 2
        assert unseal(state).clock.wall == T0 + 3_600_000_000
