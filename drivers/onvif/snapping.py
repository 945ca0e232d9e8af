"""Fetches the pictures that a camera's events refer to, one after the other, behind the events."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from drivers.api.errors import DriverError
from drivers.onvif.calls import Calls
from runtime.clock import Clock
from runtime.logs import get_logger

WAITING: Final = 4
"""So many pictures of one camera may be owed; beyond, the oldest is not fetched: it would show something else."""

LATE_S: Final = 5.0
"""A picture that could not be fetched within this time would not show the event."""

_log = get_logger("onvif")


class Snapping:
    """``want`` pictures; ``run`` fetches them and hands them to ``taken`` with their reference. A camera that sends
    pictures by itself is given ``patience_s`` for it.
    """

    def __init__(
        self, device: str, calls: Calls, clock: Clock, taken: Callable[[str, bytes], None], patience_s: float = 0.0
    ) -> None:
        self._device, self._calls, self._clock, self._taken = device, calls, clock, taken
        self._patience_s = patience_s
        self._owed: deque[tuple[str, float]] = deque(maxlen=WAITING)
        self._asked = asyncio.Event()
        self._failing = False

    def want(self, reference: str) -> None:
        """Have a picture fetched under ``reference``."""
        self._owed.append((reference, self._clock.monotonic()))
        self._asked.set()

    def has(self, reference: str) -> None:
        """Note that the camera sent that picture by itself."""
        kept = [owed for owed in self._owed if owed[0] != reference]
        self._owed.clear()
        self._owed.extend(kept)

    async def run(self) -> None:
        """Fetch until cancelled. A picture that cannot be had is said once in the log, until one can again."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if self._patience_s:
                await self._clock.sleep(self._patience_s)
            while self._owed:
                reference, since = self._owed.popleft()
                if self._clock.monotonic() - since <= LATE_S:
                    await self._fetch(reference)

    async def _fetch(self, reference: str) -> None:
        try:
            data = await self._calls.picture()
        except DriverError as error:
            if not self._failing:
                _log.warning("no_picture", device=self._device, why=f"{error.word}: {error}")
            self._failing = True
        else:
            self._failing = False
            self._taken(reference, data)
