"""What every driver must pass whose devices tell by themselves: order, duplicates, gaps, back-pressure, cancellation.

A driver joins by a subclass of ``TellingContract`` with a ``harness`` fixture: the driver and a counterpart that tells
what the test says.
"""

import asyncio
import gc
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.api import AnswerLost, Driver, Executes, Hear, Heard, Kept, LineLost, Misconfigured, NotSupported, Tells
from tests.contract.driver_suite import CANCEL_POINTS, cancel_at, open_files
from wire.event import Event
from wire.reading import Batch, Value

RECONNECTS = 60
MANY = 600
"""More than any driver may have in hand at once."""


class Telling(ABC):
    """A driver with one ``device``, whose ``point`` and ``event`` can be told, and a ``command`` that it can do."""

    driver: Driver
    device: str
    point: str
    event: str
    command: str
    args: Mapping[str, Value]

    @abstractmethod
    async def start(self) -> None:
        """Let the counterpart be reachable."""

    @abstractmethod
    async def stop(self) -> None:
        """Break the line: connections are cut, new ones are impossible until ``start``."""

    @abstractmethod
    async def tell(self, value: int) -> None:
        """Have the device tell its point."""

    @abstractmethod
    async def happen(self, number: int) -> None:
        """Have the event happen that the device calls ``number``."""

    @abstractmethod
    async def keep(self, value: int) -> None:
        """Have the point be told so that it is kept for whoever comes later, where the protocol can."""

    @abstractmethod
    async def garble(self) -> None:
        """Have the device tell things that make no sense."""

    @abstractmethod
    def deafen(self, deaf: bool) -> None:
        """Let the device take commands and do nothing, or obey again."""

    @abstractmethod
    def done(self) -> int:
        """Return how often the device was told the command."""

    @property
    def tells(self) -> Tells:
        assert isinstance(self.driver, Tells)
        return self.driver

    @property
    def executes(self) -> Executes:
        assert isinstance(self.driver, Executes)
        return self.driver


class Listener:
    """Hears a driver; ``go_on`` lets it be as slow as a test wants. What it heard is safe at once."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._came = asyncio.Event()

    async def hear(self, told: Sequence[Heard]) -> Awaitable[object]:
        await self.go_on.wait()
        self.heard += told
        self._came.set()
        safe: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        safe.set_result(None)
        return safe

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds of what was heard."""
        async with asyncio.timeout(20):
            while not holds():
                self._came.clear()
                await self._came.wait()

    def values(self, point: str) -> list[Value]:
        """Return the values of a point as they were told."""
        batches = [one for one in self.heard if isinstance(one, Batch) and point in one.points]
        return [batch.values[batch.points.index(point)] for batch in batches]

    def events(self) -> list[Event]:
        """Return the events."""
        return [one for one in self.heard if isinstance(one, Event)]


@asynccontextmanager
async def listening(driver: Tells, hear: Hear) -> AsyncIterator["asyncio.Task[None]"]:
    """Listen for as long as the block lasts."""
    task = asyncio.create_task(driver.listen(hear), name="listen")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class TellingContract:
    """The whole suite."""

    async def test_it_hears_what_a_device_tells_in_order(self, harness: Telling) -> None:
        await harness.driver.open()
        listener = Listener()
        async with listening(harness.tells, listener.hear):
            for number in range(1, 30):
                await harness.tell(number)
                await harness.happen(number)
            await listener.until(lambda: len(listener.events()) == 29)
        assert listener.values(harness.point) == list(range(1, 30))
        assert [event.name for event in listener.events()] == [harness.event] * 29
        assert [event.id for event in listener.events()] == [str(number) for number in range(1, 30)]
        assert all(one.device == harness.device for one in listener.heard)

    async def test_a_repetition_has_the_same_id(self, harness: Telling) -> None:
        await harness.driver.open()
        listener = Listener()
        async with listening(harness.tells, listener.hear):
            await harness.happen(7)
            await harness.happen(7)
            await harness.happen(8)
            await listener.until(lambda: any(event.id == "8" for event in listener.events()))
        assert {event.id for event in listener.events()} == {"7", "8"}

    async def test_what_was_kept_is_state_and_no_sign_of_life(self, harness: Telling) -> None:
        await harness.keep(42)
        await harness.driver.open()
        listener = Listener()
        async with listening(harness.tells, listener.hear):
            await listener.until(lambda: bool(listener.heard))
        kept = listener.heard[0]
        assert isinstance(kept, Kept)
        assert kept.batch.values[kept.batch.points.index(harness.point)] == 42
        assert listener.events() == []

    async def test_garbage_costs_itself_and_nothing_else(self, harness: Telling) -> None:
        await harness.driver.open()
        listener = Listener()
        async with listening(harness.tells, listener.hear):
            await harness.tell(1)
            await harness.garble()
            await harness.happen(2)
            await listener.until(lambda: bool(listener.events()))
        assert listener.values(harness.point)[0] == 1
        assert [event.id for event in listener.events()] == ["2"]

    async def test_who_is_slow_makes_the_sender_wait_and_loses_nothing(self, harness: Telling) -> None:
        await harness.driver.open()
        listener = Listener()
        listener.go_on.clear()
        async with listening(harness.tells, listener.hear):
            for number in range(1, MANY + 1):
                await harness.happen(number)
            assert listener.heard == []
            listener.go_on.set()
            await listener.until(lambda: len(listener.events()) >= MANY)
        assert [event.id for event in listener.events()] == [str(number) for number in range(1, MANY + 1)]

    async def test_what_hearing_raises_leaves_as_it_is(self, harness: Telling) -> None:
        async def fails(told: Sequence[Heard]) -> Awaitable[object]:
            raise ZeroDivisionError

        await harness.driver.open()
        await harness.tell(1)
        with pytest.raises(ZeroDivisionError):
            await harness.tells.listen(fails)

    async def test_a_cancelled_listener_leaves_as_cancelled(self, harness: Telling) -> None:
        await harness.driver.open()
        for step in range(CANCEL_POINTS):
            await cancel_at(step, lambda: harness.tells.listen(Listener().hear))
        listener = Listener()
        async with listening(harness.tells, listener.hear):
            await harness.tell(5)
            await listener.until(lambda: 5 in listener.values(harness.point))

    async def test_a_cancelled_open_leaves_as_cancelled_and_leaves_nothing(self, harness: Telling) -> None:
        await harness.driver.open()
        await harness.driver.close()
        before = await _settled_files()
        for step in range(CANCEL_POINTS):
            await cancel_at(step, harness.driver.open)
            await harness.driver.close()
        assert await _settled_files(before) <= before

    async def test_lost_back_and_lost_again(self, harness: Telling) -> None:
        await harness.driver.open()
        for number in range(2):
            listener = Listener()
            async with listening(harness.tells, listener.hear) as task:
                await harness.tell(number)
                await listener.until(lambda found=listener: bool(found.values(harness.point)))  # type: ignore[misc]
                await harness.stop()
                async with asyncio.timeout(20):
                    await asyncio.wait([task])
                assert isinstance(task.exception(), LineLost)
            with pytest.raises(LineLost):
                await harness.driver.open()
            with pytest.raises(LineLost):
                await harness.tells.listen(listener.hear)
            await harness.start()
            await harness.driver.open()

    async def test_what_happens_during_a_short_absence_is_heard_afterwards(self, harness: Telling) -> None:
        await harness.driver.open()
        await harness.driver.close()
        await harness.happen(1)
        await harness.driver.open()
        listener = Listener()
        async with listening(harness.tells, listener.hear):
            await listener.until(lambda: bool(listener.events()))
        assert [event.id for event in listener.events()] == ["1"]

    async def test_close_is_quick_wakes_who_listens_and_may_be_repeated(self, harness: Telling) -> None:
        await harness.driver.close()
        await harness.driver.open()
        task = asyncio.create_task(harness.tells.listen(Listener().hear))
        await asyncio.sleep(0.01)
        async with asyncio.timeout(2):
            await harness.driver.close()
            await asyncio.wait([task])
        assert isinstance(task.exception(), LineLost)
        await harness.driver.close()

    async def test_nothing_leaks_over_many_reconnects(self, harness: Telling) -> None:
        await harness.driver.open()
        await harness.driver.close()
        files, tasks = await _settled_files(), len(asyncio.all_tasks())
        for number in range(RECONNECTS):
            await harness.driver.open()
            if number % 10 == 0:
                await cancel_at(number, lambda: harness.tells.listen(Listener().hear))
            if number % 2:
                await harness.driver.close()
        await harness.driver.close()
        assert await _settled_files(files) <= files
        assert len(asyncio.all_tasks()) <= tasks

    async def test_a_command_is_done_once_and_read_back(self, harness: Telling) -> None:
        await harness.driver.open()
        assert await harness.executes.execute(harness.device, harness.command, harness.args)
        assert harness.done() == 1

    async def test_a_command_whose_answer_is_lost_says_so_and_is_not_repeated(self, harness: Telling) -> None:
        await harness.driver.open()
        harness.deafen(True)
        with pytest.raises(AnswerLost):
            await harness.executes.execute(harness.device, harness.command, harness.args)
        assert harness.done() == 1

    async def test_a_command_that_was_not_sent_says_so(self, harness: Telling) -> None:
        with pytest.raises(LineLost):
            await harness.executes.execute(harness.device, harness.command, harness.args)
        await harness.driver.open()
        with pytest.raises(NotSupported):
            await harness.executes.execute(harness.device, "no_such_command", {})
        with pytest.raises(Misconfigured):
            await harness.executes.execute(harness.device, harness.command, {"no_such_argument": 1})
        assert harness.done() == 0


async def _settled_files(wanted: int = 0) -> int:
    """Count the open files once what is being closed is closed."""
    for _ in range(20):
        gc.collect()
        await asyncio.sleep(0.02)
        if wanted and open_files() <= wanted:
            break
    return open_files()
