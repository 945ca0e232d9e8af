"""What came and was not heard yet: bounded in messages and bytes, and honest about what did not fit."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from drivers.api.tells import Overrun
from runtime.broker import Mail

AT_ONCE: Final = 256
"""So many messages are unacknowledged at most; the broker keeps the others until these are safe."""

MOST: Final = 4 * AT_ONCE
"""Messages that may wait; beyond, one that the broker does not keep is dropped."""

MOST_BYTES: Final = 4 * 1024 * 1024


class Inbox:
    """Messages with the moment at which each came, in order. What the broker keeps until it is acknowledged always
    fits: there are no more than ``AT_ONCE`` of it.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Mail, int]] = deque()
        self._bytes = 0
        self._dropped: dict[str, tuple[int, int]] = {}
        self._came = asyncio.Event()
        self._ended = False

    def put(self, mail: Mail, now: int, devices: Iterable[str]) -> None:
        """Take a message that came at ``now`` (µs) from ``devices``, or drop it and remember that."""
        full = len(self._waiting) >= MOST or self._bytes + len(mail.body) > MOST_BYTES
        if full and not mail.number:
            for device in devices:
                count, since = self._dropped.get(device, (0, now))
                self._dropped[device] = count + 1, since
        else:
            self._waiting.append((mail, now))
            self._bytes += len(mail.body)
        self._came.set()

    def end(self) -> None:
        """Tell whoever waits that nothing more comes."""
        self._ended = True
        self._came.set()

    async def take(self) -> tuple[list[tuple[Mail, int]], list[Overrun]] | None:
        """Wait for messages and return up to ``AT_ONCE`` of them, and what was dropped; ``None`` after the end."""
        while not self._waiting and not self._dropped:
            if self._ended:
                return None
            self._came.clear()
            await self._came.wait()
        taken = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        self._bytes -= sum(len(mail.body) for mail, _ in taken)
        dropped, self._dropped = self._dropped, {}
        return taken, [Overrun(device, count, since) for device, (count, since) in dropped.items()]
