"""An adapter without a radio: hears what the test says, goes deaf with a word or without, is cured as told."""

import asyncio
from collections.abc import Callable, Iterable

from drivers.api import DriverError, LineLost, NotSupported
from drivers.ble.advertisement import Advertisement


class FakeReceiver:
    """A ``Receiver``. ``calls`` is what was asked of it, in order (``start``, ``stop``, ``power_cycle``, ``reset``).

    ``deafen`` has it hear nothing, without a word, until one of ``cures`` is called; ``lose`` has it say why it hears
    nothing. ``failing`` is raised by the next starts, one each; ``off`` by every start until it is power-cycled.
    What is in ``hanging`` is never answered.
    """

    def __init__(self, name: str = "hci0", *, can_reset: bool = True) -> None:
        self.calls: list[str] = []
        self.failing: list[DriverError] = []
        self.hanging: set[str] = set()
        self.off = False
        self.listening = False
        self._name, self._can_reset = name, can_reset
        self._cures: frozenset[str] | None = None
        self._heard: Callable[[Advertisement], None] | None = None
        self._lost: asyncio.Future[str] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def deaf(self) -> bool:
        """Whether it would hear nothing of what is said."""
        return self._cures is not None

    def say(self, advertisement: Advertisement) -> None:
        """Let it hear this, if it listens and is not deaf."""
        if self._heard is not None and self.listening and not self.deaf:
            self._heard(advertisement)

    def deafen(self, *cures: str) -> None:
        """Let it hear nothing any more until one of ``cures`` (calls) comes; no cure: never again."""
        self._cures = frozenset(cures)

    def lose(self, word: str) -> None:
        """Let the stack say ``word``: it has stopped listening."""
        self.listening = False
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(word)

    def fail(self, errors: Iterable[DriverError]) -> None:
        """Let the next starts fail so."""
        self.failing.extend(errors)

    async def start(self, heard: Callable[[Advertisement], None]) -> None:
        await self._asked("start")
        if self.off:
            raise LineLost("the adapter is switched off")
        if self.failing:
            raise self.failing.pop(0)
        self._heal("start")
        self._heard, self.listening = heard, True
        self._lost = asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        self.calls.append("stop")
        self.listening = False

    async def lost(self) -> str:
        return "stopped" if self._lost is None else await asyncio.shield(self._lost)

    async def power_cycle(self) -> None:
        await self._asked("power_cycle")
        self.off = False
        self._heal("power_cycle")

    async def reset(self) -> None:
        await self._asked("reset")
        if not self._can_reset:
            raise NotSupported("not on USB")
        self._heal("reset")

    async def _asked(self, call: str) -> None:
        self.calls.append(call)
        if call in self.hanging:
            await asyncio.Event().wait()

    def _heal(self, call: str) -> None:
        if self._cures is not None and call in self._cures:
            self._cures = None
