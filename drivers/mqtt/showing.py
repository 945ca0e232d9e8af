"""A command's effect, waited for in what the device tells after it was published."""

import asyncio

from config.command_map import CommandMap
from drivers.api.errors import AnswerLost
from runtime.clock import Clock
from wire.reading import Batch, Value


class Showing:
    """What ``device`` told since a command was published, and whether that is what ``how`` expects."""

    def __init__(self, device: str, how: CommandMap) -> None:
        self.device, self._how = device, how
        self._seen: dict[str, Value] = {}
        self._shown = asyncio.Event()
        self._ended = False

    def see(self, batch: Batch | None) -> None:
        """Take in what the device told."""
        if batch is None:
            return
        qualities = batch.quality or (0,) * len(batch.points)
        for key, value, quality in zip(batch.points, batch.values, qualities, strict=True):
            if key in self._how.readback and not quality:
                self._seen[key] = value
        if self._is_shown():
            self._shown.set()

    def end(self) -> None:
        """Learn that nothing more can be heard."""
        self._ended = True
        self._shown.set()

    async def within(self, clock: Clock, seconds: float) -> dict[str, Value]:
        """Return what was read back, once it is what was expected; ``AnswerLost`` when that is not so in time."""
        waiting = [
            asyncio.create_task(self._shown.wait(), name="shown"),
            asyncio.create_task(clock.sleep(seconds), name="in time"),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        if not self._is_shown():
            why = "the broker is gone" if self._ended else f"the device shows {self._seen or 'nothing'}"
            raise AnswerLost(f"published, but {why}")
        return dict(self._seen)

    def _is_shown(self) -> bool:
        for key, wanted in self._how.expect.items():
            if self._seen.get(key) not in (wanted if isinstance(wanted, tuple) else (wanted,)):
                return False
        return bool(self._seen)
