"""What a device does by itself a little later: a relay falls back, a door locks again. All ends with the device."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from runtime.clock import Clock


class Timers:
    """Deeds that wait on a lent clock. A deed that fails does so in its task and is reported by the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def after(self, seconds: float, deed: Callable[[], None]) -> asyncio.Task[None]:
        """Do ``deed`` in ``seconds``; the task that comes back can be cancelled."""
        return self.run(self._wait(seconds, deed))

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let ``work`` run beside everything else."""
        task = asyncio.create_task(work, name="a pretend camera's own doing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Let nothing more happen."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait(self, seconds: float, deed: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        deed()
