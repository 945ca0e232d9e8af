"""What every driver must pass, whatever it speaks: cancellation, outages, honest errors, and nothing left behind.

A driver joins by a subclass of ``DriverContract`` (``PollContract`` where it takes no commands) with a ``harness``
fixture: the driver and a counterpart that can be stopped, started and frozen.
"""

import asyncio
import gc
import os
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping

import pytest

from drivers.api import AnswerLost, DeviceMustRecover, Driver, Executes, LineLost, Misconfigured, NotSupported, Polls
from drivers.api import Timeout as DeviceTimeout
from wire.reading import Value

RECONNECTS = 1_000
CANCEL_POINTS = 60


class Harness(ABC):
    """A driver with one ``device``, a ``command`` it can do, and power over what stands at the other end."""

    driver: Driver
    device: str
    command: str
    args: Mapping[str, Value]

    @abstractmethod
    async def start(self) -> None:
        """Let the counterpart be reachable and answer."""

    @abstractmethod
    async def stop(self) -> None:
        """Break the line: connections are cut, new ones are impossible until ``start``."""

    @abstractmethod
    def freeze(self, frozen: bool) -> None:
        """Let the counterpart take everything and answer nothing, or answer again."""

    @abstractmethod
    def done(self) -> int:
        """Return how often the counterpart did the command."""

    @property
    def polls(self) -> Polls:
        assert isinstance(self.driver, Polls)
        return self.driver

    @property
    def executes(self) -> Executes:
        assert isinstance(self.driver, Executes)
        return self.driver

    async def lost(self) -> None:
        """Poll until the driver says that the line is lost, which may take it one unanswered request."""
        for _ in range(3):
            with pytest.raises(DeviceMustRecover) as caught:
                await self.polls.poll(self.device)
            if isinstance(caught.value, LineLost):
                return
        raise AssertionError("the driver never noticed")


async def pass_time(step: int) -> None:
    """Let some turns of the loop go by, more with each step, and then fractions of a millisecond."""
    for _ in range(min(step, 30)):
        await asyncio.sleep(0)
    if step > 30:
        await asyncio.sleep((step - 30) * 0.0003)


async def cancel_at(step: int, work: Callable[[], Awaitable[object]]) -> None:
    """Cancel ``work`` after ``step``; it must end cancelled unless it was over before."""
    task = asyncio.ensure_future(work())
    await pass_time(step)
    if task.cancel():
        await asyncio.wait([task])
        assert task.cancelled(), f"step {step}: {task!r}"
    else:
        await task


def open_files() -> int:
    """Count this process's file descriptors."""
    return len(os.listdir("/proc/self/fd"))


class PollContract:
    """The suite of a driver that is only asked."""

    async def test_it_polls_what_the_device_shows(self, harness: Harness) -> None:
        await harness.driver.open()
        batch = await harness.polls.poll(harness.device)
        assert batch.device == harness.device
        assert batch.at > 0
        assert batch.quality == ()
        some = await harness.polls.poll(harness.device, [batch.points[0]])
        assert some.points == batch.points[:1]

    @pytest.mark.parametrize("frozen", [False, True])
    async def test_a_cancelled_poll_leaves_as_cancelled(self, harness: Harness, frozen: bool) -> None:
        await harness.driver.open()
        harness.freeze(frozen)
        for step in range(CANCEL_POINTS):
            await cancel_at(step, lambda: harness.polls.poll(harness.device))
        harness.freeze(False)
        assert (await harness.polls.poll(harness.device)).quality == ()

    async def test_a_cancelled_open_leaves_as_cancelled_and_leaves_nothing(self, harness: Harness) -> None:
        await harness.driver.open()
        await harness.driver.close()
        await asyncio.sleep(0.02)
        before = open_files()
        for step in range(CANCEL_POINTS):
            await cancel_at(step, harness.driver.open)
            await harness.driver.close()
        await asyncio.sleep(0.02)
        assert open_files() <= before
        await harness.driver.open()
        assert (await harness.polls.poll(harness.device)).quality == ()

    async def test_lost_back_and_lost_again(self, harness: Harness) -> None:
        await harness.driver.open()
        for _ in range(2):
            assert (await harness.polls.poll(harness.device)).quality == ()
            await harness.stop()
            await harness.lost()
            with pytest.raises(LineLost):
                await harness.driver.open()
            with pytest.raises(LineLost):
                await harness.polls.poll(harness.device)
            await harness.start()
            await harness.driver.open()
        assert (await harness.polls.poll(harness.device)).quality == ()

    async def test_silence_is_a_timeout_and_no_more_than_that(self, harness: Harness) -> None:
        await harness.driver.open()
        harness.freeze(True)
        with pytest.raises(DeviceTimeout):
            await harness.polls.poll(harness.device)
        harness.freeze(False)
        assert (await harness.polls.poll(harness.device)).quality == ()

    async def test_close_is_quick_wakes_who_waits_and_may_be_repeated(self, harness: Harness) -> None:
        await harness.driver.close()
        await harness.driver.open()
        harness.freeze(True)
        waiting = [asyncio.create_task(harness.polls.poll(harness.device), name=f"poll {n}") for n in range(3)]
        await asyncio.sleep(0.01)
        async with asyncio.timeout(2):
            await harness.driver.close()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome).__mro__[1] is LineLost or type(outcome) is LineLost for outcome in outcomes] == [True] * 3
        await harness.driver.close()

    async def test_nothing_leaks_over_many_reconnects(self, harness: Harness) -> None:
        await harness.driver.open()
        await harness.driver.close()
        await asyncio.sleep(0.02)
        gc.collect()
        files, tasks = open_files(), len(asyncio.all_tasks())
        for number in range(RECONNECTS):
            await harness.driver.open()
            if number % 10 == 0:
                await harness.polls.poll(harness.device)
            if number % 100 == 0:
                await harness.stop()
                await harness.lost()
                await harness.start()
            if number % 2:
                await harness.driver.close()
        await harness.driver.close()
        await asyncio.sleep(0.02)
        gc.collect()
        assert open_files() <= files
        assert len(asyncio.all_tasks()) <= tasks


class DriverContract(PollContract):
    """The whole suite."""

    async def test_a_cancelled_command_leaves_as_cancelled(self, harness: Harness) -> None:
        await harness.driver.open()
        for step in range(CANCEL_POINTS):
            await cancel_at(step, lambda: harness.executes.execute(harness.device, harness.command, harness.args))
        assert (await harness.polls.poll(harness.device)).quality == ()

    async def test_a_command_is_done_once_and_read_back(self, harness: Harness) -> None:
        await harness.driver.open()
        readback = await harness.executes.execute(harness.device, harness.command, harness.args)
        assert readback
        assert harness.done() == 1

    async def test_a_command_whose_answer_is_lost_says_so(self, harness: Harness) -> None:
        await harness.driver.open()
        harness.freeze(True)
        with pytest.raises(AnswerLost):
            await harness.executes.execute(harness.device, harness.command, harness.args)

    async def test_a_command_that_was_not_sent_says_so(self, harness: Harness) -> None:
        with pytest.raises(LineLost):
            await harness.executes.execute(harness.device, harness.command, harness.args)
        await harness.driver.open()
        with pytest.raises(NotSupported):
            await harness.executes.execute(harness.device, "no_such_command", {})
        with pytest.raises(Misconfigured):
            await harness.executes.execute(harness.device, harness.command, {"no_such_argument": 1})
        assert harness.done() == 0
