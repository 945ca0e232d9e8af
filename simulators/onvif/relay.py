"""A relay output: it stays as it is set, or falls back by itself after its delay; and a digital input."""

import asyncio
from collections.abc import Callable
from typing import Literal

from simulators.onvif.timers import Timers

Mode = Literal["Monostable", "Bistable"]


class Relay:
    """``heard`` is told each change. ``pulses``: how often it became active."""

    def __init__(
        self, token: str, timers: Timers, heard: Callable[[bool], None], *, mode: Mode, delay_s: float
    ) -> None:
        self.token, self.mode, self.delay_s = token, mode, delay_s
        self.active = False
        self.pulses = 0
        self._timers, self._heard = timers, heard
        self._falls: asyncio.Task[None] | None = None

    def set(self, active: bool) -> None:
        """Switch it; a monostable one falls back after ``delay_s``, and set again begins that time anew."""
        if self._falls is not None:
            self._falls.cancel()
            self._falls = None
        if active and not self.active:
            self.pulses += 1
        changed, self.active = active != self.active, active
        if changed:
            self._heard(active)
        if active and self.mode == "Monostable":
            self._falls = self._timers.after(self.delay_s, self._fall)

    def _fall(self) -> None:
        self._falls = None
        self.set(False)
