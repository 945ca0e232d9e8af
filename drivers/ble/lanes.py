"""What was heard and not taken yet: calls for help before everything else, and bounded, whatever the air does."""

import asyncio
from collections import OrderedDict, deque
from typing import Final

from drivers.api.tells import Heard, Overrun
from wire.event import Event

MOST: Final = 2048
"""So many things may wait in each lane; beyond, a device's oldest is dropped and counted."""

AT_ONCE: Final = 64


class Lanes:
    """Two queues. An event goes into the first, and takes with it what its own device told before: of one device
    everything stays in order.
    """

    def __init__(self) -> None:
        self._urgent: deque[Heard] = deque()
        self._later: OrderedDict[str, list[Heard]] = OrderedDict()
        self._waiting = 0
        self._dropped: dict[str, tuple[int, int]] = {}
        self._came = asyncio.Event()

    def put(self, item: Heard, now: int) -> None:
        """Take one thing; ``now`` (µs) is since when things are dropped, should it have to be."""
        if isinstance(item, Event):
            before = self._later.pop(item.device, [])
            self._waiting -= len(before)
            self._urgent.extend(before)
            if len(self._urgent) < MOST:
                self._urgent.append(item)
            else:
                self._drop(item.device, now)
        elif self._waiting < MOST:
            self._later.setdefault(item.device, []).append(item)
            self._waiting += 1
        else:
            self._drop(item.device, now)
        self._came.set()

    async def take(self) -> list[Heard]:
        """Wait for something and return some of what waits, the urgent first; what was dropped is told along."""
        while not (self._urgent or self._later or self._dropped):
            self._came.clear()
            await self._came.wait()
        dropped, self._dropped = self._dropped, {}
        taken: list[Heard] = [Overrun(device, count, since) for device, (count, since) in dropped.items()]
        if self._urgent:
            taken += [self._urgent.popleft() for _ in range(min(AT_ONCE, len(self._urgent)))]
            return taken
        while self._later and len(taken) < AT_ONCE:
            _, items = self._later.popitem(last=False)
            self._waiting -= len(items)
            taken += items
        return taken

    def _drop(self, device: str, now: int) -> None:
        count, since = self._dropped.get(device, (0, now))
        self._dropped[device] = count + 1, since
