"""Radios taken for a technician's question: what they hear, one after the other, for a while, and given back."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

from drivers.api.errors import DriverError, LineLost
from drivers.ble.advertisement import Advertisement
from drivers.ble.air import Receiver
from runtime.clock import Clock

_WAITING: Final = 2000
"""So many things wait to be taken; a terminal that is slower than the air misses some."""

T = TypeVar("T")


class Tap(Generic[T]):
    """What several tell, in order. ``tell`` may be called by anybody at any time."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[T | None] = asyncio.Queue(_WAITING)
        self._lost = ""
        self._failure: BaseException | None = None

    def tell(self, item: T) -> None:
        """Let ``item`` be given; it is lost where too much waits."""
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(item)

    async def run(
        self,
        receivers: Sequence[Receiver],
        heard: Callable[[Advertisement], None],
        clock: Clock,
        seconds: float | None,
        beside: Sequence[Coroutine[Any, Any, None]] = (),
    ) -> AsyncGenerator[T, None]:
        """Have ``receivers`` listen into ``heard`` and ``beside`` run, and give what is told, for ``seconds``
        (``None``: until closed); then everything is stopped.

        The error of the first receiver where none can listen; ``LineLost`` once none of them hears any more; whatever
        ``beside`` raises.
        """
        tasks = [asyncio.create_task(one, name="beside the tap") for one in beside]
        for task in tasks:
            task.add_done_callback(self._ended)
        try:
            listening = await _started(receivers, heard)
            tasks.append(asyncio.create_task(self._watch(listening), name="lost"))
            if seconds is not None:
                tasks.append(asyncio.create_task(self._end_after(clock, seconds), name="time is over"))
            while (item := await self._queue.get()) is not None and self._failure is None:
                yield item
            if self._failure is not None:
                raise self._failure
            if self._lost:
                raise LineLost(self._lost)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for receiver in receivers:
                await receiver.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = failure
            with suppress(asyncio.QueueFull):  # then the next item will show it
                self._queue.put_nowait(None)

    async def _watch(self, listening: Sequence[Receiver]) -> None:
        words = await asyncio.gather(*(receiver.lost() for receiver in listening))
        self._lost = ", ".join(f"{one.name}: {word}" for one, word in zip(listening, words, strict=True))
        await self._queue.put(None)

    async def _end_after(self, clock: Clock, seconds: float) -> None:
        await clock.sleep(seconds)
        await self._queue.put(None)


async def _started(receivers: Sequence[Receiver], heard: Callable[[Advertisement], None]) -> list[Receiver]:
    started: list[Receiver] = []
    errors: list[DriverError] = []
    for receiver in receivers:
        try:
            await receiver.start(heard)
        except DriverError as error:
            errors.append(error)
        else:
            started.append(receiver)
    if not started:
        raise errors[0] if errors else LineLost("no adapter")
    return started
