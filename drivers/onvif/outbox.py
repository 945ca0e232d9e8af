"""What cameras told and nobody took yet: bounded for each camera, so that a flood of one costs the others nothing."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from drivers.api.pictures import Picture
from drivers.api.tells import Heard, Overrun

ROOM: Final = 256
"""So many things of one camera may wait; whoever brings more waits for room."""

PICTURES: Final = 4
"""So many pictures of one camera may wait; beyond, the oldest is let go."""

AT_ONCE: Final = 64


class Outbox:
    """One queue for each camera, emptied in turn; a camera's pictures come after what it told before them."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Heard]] = {}
        self._turn: deque[str] = deque()
        self._overrun: dict[str, tuple[int, int]] = {}
        self._came = asyncio.Event()
        self._left = asyncio.Event()

    async def put(self, device: str, items: Iterable[Heard]) -> None:
        """Take what a camera told, all of it; wait for room first."""
        queue = self._queues.setdefault(device, deque())
        while len(queue) >= ROOM:
            self._left.clear()
            await self._left.wait()
        self._append(device, queue, items)

    def put_now(self, device: str, item: Heard) -> None:
        """Take one thing that cannot wait; a picture more than there is room for takes the place of the oldest."""
        queue = self._queues.setdefault(device, deque())
        if isinstance(item, Picture):
            pictures = [waiting for waiting in queue if isinstance(waiting, Picture)]
            if len(pictures) >= PICTURES:
                queue.remove(pictures[0])
        self._append(device, queue, (item,))

    def lost(self, device: str, count: int, now: int) -> None:
        """Note that so many messages of a camera were dropped unheard; ``now`` in µs."""
        before, since = self._overrun.get(device, (0, now))
        self._overrun[device] = before + count, since
        self._came.set()

    async def take(self) -> list[Heard]:
        """Wait for something and return some of what waits, of each camera in its order."""
        while not (self._turn or self._overrun):
            self._came.clear()
            await self._came.wait()
        overrun, self._overrun = self._overrun, {}
        taken: list[Heard] = [Overrun(device, count, since) for device, (count, since) in overrun.items()]
        for _ in range(len(self._turn)):
            device = self._turn.popleft()
            queue = self._queues[device]
            taken += [queue.popleft() for _ in range(min(AT_ONCE, len(queue)))]
            if queue:
                self._turn.append(device)
            if len(taken) >= AT_ONCE:
                break
        self._left.set()
        return taken

    def _append(self, device: str, queue: deque[Heard], items: Iterable[Heard]) -> None:
        was_empty = not queue
        queue.extend(items)
        if was_empty and queue:
            self._turn.append(device)
        self._came.set()
