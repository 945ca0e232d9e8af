"""A wait ends for its deadline or its cut alone, and leaves its task as it found it."""

import asyncio

import pytest

from edge_agent.uplink.waiting import Cut, pause, within
from runtime.testing import FakeClock


async def _soon(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def _stubborn() -> str:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "kept to itself"
    raise AssertionError("nothing else ends it")


def _cancelling() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


async def test_what_is_done_in_time_is_returned() -> None:
    assert await within(FakeClock(), 1.0, _soon("done"), Cut()) == "done"


async def test_a_deadline_is_a_timeout_and_no_cancellation() -> None:
    clock = FakeClock()

    async def waits() -> int:
        with pytest.raises(TimeoutError):
            await within(clock, 1.0, asyncio.Event().wait())
        return _cancelling()

    task = asyncio.create_task(waits())
    await clock.advance(1.0)
    assert await task == 0


async def test_a_cut_ends_what_waits_and_what_comes_to_wait() -> None:
    clock, cut = FakeClock(), Cut()

    async def waits() -> int:
        with pytest.raises(ConnectionAbortedError):
            await within(clock, 60.0, asyncio.Event().wait(), cut)
        with pytest.raises(ConnectionAbortedError):
            await within(clock, 60.0, _soon("too late"), cut)
        await asyncio.sleep(0)
        return _cancelling()

    task = asyncio.create_task(waits())
    await clock.advance(0)
    cut.make()
    assert await task == 0


async def test_a_cancellation_of_its_caller_stays_one() -> None:
    clock = FakeClock()
    task = asyncio.create_task(within(clock, 1.0, asyncio.Event().wait()))
    await clock.advance(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_both_at_once_is_a_cancellation() -> None:
    clock, cut = FakeClock(), Cut()
    task = asyncio.create_task(within(clock, 1.0, asyncio.Event().wait(), cut))
    await clock.advance(0)
    cut.make()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_that_keeps_its_end_to_itself_leaves_nothing_behind() -> None:
    clock = FakeClock()

    async def waits() -> tuple[str, int]:
        return await within(clock, 1.0, _stubborn()), _cancelling()

    task = asyncio.create_task(waits())
    await clock.advance(1.0)
    assert await task == ("kept to itself", 0)


async def test_of_two_deadlines_at_one_moment_the_outer_one_is_heard() -> None:
    clock = FakeClock()
    task = asyncio.create_task(within(clock, 5.0, within(clock, 5.0, asyncio.Event().wait())))
    await clock.advance(5.0)
    with pytest.raises(TimeoutError):
        await task
    assert task.cancelling() == 0


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
