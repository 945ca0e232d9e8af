"""Who is next: a few places, given to live uploads first and to the backlog when none of those waits."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """So many ``places`` at once. First come, first served among the live, then among the others."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._live: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @property
    def others_waiting(self) -> int:
        """How many of the backlog wait for a place."""
        return len(self._others)

    @property
    def live_waiting(self) -> int:
        """How many live uploads wait for a place."""
        return len(self._live)

    @asynccontextmanager
    async def turn(self, *, live: bool) -> AsyncIterator[None]:
        """Wait for a place and hold it for as long as the block lasts."""
        await self._take(self._live if live else self._others)
        try:
            yield
        finally:
            self._give()

    async def _take(self, line: deque[asyncio.Future[None]]) -> None:
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._give()
            elif mine in line:
                line.remove(mine)
            raise

    def _give(self) -> None:
        for line in (self._live, self._others):
            while line:
                following = line.popleft()
                if not following.done():
                    following.set_result(None)
                    return
        self._free += 1
