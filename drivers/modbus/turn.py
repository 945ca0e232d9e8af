"""Whose turn it is on a line: one request at a time, and a command's request before any waiting poll's."""

import asyncio
from collections import deque
from contextlib import suppress


class Turn:
    """A lock with two queues; within a queue first come, first served. A cancelled waiter loses nothing for others."""

    def __init__(self) -> None:
        self._taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._normal: deque[asyncio.Future[None]] = deque()

    async def take(self, *, urgent: bool = False) -> None:
        """Return when it is our turn; ``give`` must follow."""
        if not self._taken:
            self._taken = True
            return
        queue = self._urgent if urgent else self._normal
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            with suppress(ValueError):
                queue.remove(mine)
            if not mine.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Hand the turn to the next one waiting."""
        for queue in (self._urgent, self._normal):
            while queue:
                waiting = queue.popleft()
                if not waiting.done():
                    waiting.set_result(None)
                    return
        self._taken = False
