"""Waiting within a deadline: who ended it is told apart, whatever else ends at the same moment."""

import asyncio

import pytest

from edge_agent.uplink.waiting import Cut, pause, within
from runtime.testing import FakeClock


async def _long() -> None:
    await asyncio.Event().wait()


async def _seven() -> int:
    return 7


async def test_what_comes_in_time_is_returned_and_leaves_nothing_behind() -> None:
    clock, cut = FakeClock(), Cut()
    assert await within(clock, 5.0, _seven(), cut) == 7
    cut.make()
    await clock.advance(10.0)  # neither reaches a task that has gone on


async def test_the_deadline_and_the_cut_are_told_apart() -> None:
    clock, cut = FakeClock(), Cut()
    late = asyncio.create_task(within(clock, 5.0, _long(), cut))
    await clock.advance(5.0)
    with pytest.raises(TimeoutError):
        await late
    waiting = [asyncio.create_task(within(clock, 5.0, _long(), cut)) for _ in range(2)]
    await asyncio.sleep(0)
    cut.make()
    for one in [*waiting, asyncio.create_task(within(clock, 5.0, _long(), cut))]:
        with pytest.raises(ConnectionAbortedError):
            await one


async def test_of_two_deadlines_at_one_moment_the_outer_one_is_heard() -> None:
    clock = FakeClock()
    task = asyncio.create_task(within(clock, 5.0, within(clock, 5.0, _long())))
    await clock.advance(5.0)
    with pytest.raises(TimeoutError):
        await task
    assert task.cancelling() == 0


@pytest.mark.parametrize("at_the_deadline", [False, True])
async def test_a_cancellation_leaves_as_a_cancellation(at_the_deadline: bool) -> None:
    clock, cut = FakeClock(), Cut()
    task = asyncio.create_task(within(clock, 5.0, _long(), cut))
    await asyncio.sleep(0)
    task.cancel()
    if at_the_deadline:
        cut.make()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_pause_ends_by_time_or_by_news() -> None:
    clock, news = FakeClock(), asyncio.Event()
    by_time = asyncio.create_task(pause(clock, 5.0, news))
    await clock.advance(4.0)
    assert not by_time.done()
    await clock.advance(1.0)
    await by_time
    by_news = asyncio.create_task(pause(clock, 5.0, news))
    await asyncio.sleep(0)
    news.set()
    await by_news
