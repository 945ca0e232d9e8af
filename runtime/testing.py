"""Time in a test's hands: a clock that moves only when told, so that an hour of outage takes milliseconds."""

import asyncio
import heapq
from itertools import count


class FakeClock:
    """A ``Clock`` whose wall and monotonic time move by ``advance`` only; ``step_wall`` steps the wall clock alone."""

    def __init__(self, wall_us: int = 1_700_000_000_000_000, mono: float = 0.0) -> None:
        self._mono = mono
        self._offset_us = wall_us - round(mono * 1_000_000)  # one number, so that no rounding adds up between the two
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> int:
        return self._offset_us + round(self._mono * 1_000_000)

    def monotonic(self) -> float:
        return self._mono

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._mono + seconds, next(self._order), future))
        await future

    def step_wall(self, microseconds: int) -> None:
        """Move the wall clock alone, as an NTP step does."""
        self._offset_us += microseconds

    async def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass: wake each sleeper at its own time, in order, letting tasks run in between."""
        end = self._mono + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():  # nobody waits any more, so no time passes for it
                continue
            self._mono = due
            future.set_result(None)
            await self._settle()
        self._mono = end
        await self._settle()

    @staticmethod
    async def _settle(turns: int = 20, most: int = 10_000) -> None:
        """Let everybody do what is to be done now: ``turns`` for what comes in from outside, more while tasks run."""
        ready = getattr(asyncio.get_running_loop(), "_ready", ())
        for turn in range(most):
            await asyncio.sleep(0)
            if turn >= turns and not ready:
                return
