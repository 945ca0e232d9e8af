"""Time is lent: programs receive a ``Clock``, so that tests can own an hour of outage in milliseconds."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """``now`` dates things, ``monotonic`` measures between them, ``sleep`` waits."""

    def now(self) -> int:
        """Return the wall clock in microseconds since the Unix epoch, UTC; it may step."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow; the zero is arbitrary."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of monotonic time (at once, after a turn of the loop, for 0 or less)."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
