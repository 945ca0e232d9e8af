"""The door behind a door station: a strike with the modes of ONVIF DoorControl, and a leaf that people open."""

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from runtime.clock import Clock
from simulators.onvif.timers import Timers

Mode = Literal["Locked", "Unlocked", "Accessed", "Blocked", "LockedDown"]
How = Literal["unlocked", "forced"]
TOKEN = "Door_1"  # noqa: S105 - the name of a door


@dataclass(slots=True)
class Opening:
    """The leaf was opened at ``at`` (µs)."""

    at: int
    how: How
    closed_at: int | None = None


class Door:
    """``heard`` is told ``DoorMode``, ``DoorPhysicalState`` and ``DoorAlarm`` when they change (DoorControl 5.2).

    ``access_s``: how long one access lasts; ``too_long_s``: how long the leaf may stand open.
    """

    def __init__(
        self, clock: Clock, timers: Timers, heard: Callable[[str, str], None], *, access_s: float, too_long_s: float
    ) -> None:
        self.states = {"DoorMode": "Locked", "DoorPhysicalState": "Closed", "DoorAlarm": "Normal"}
        self.openings: list[Opening] = []
        self.accesses = 0
        self._clock, self._timers, self._heard = clock, timers, heard
        self._access_s, self._too_long_s = access_s, too_long_s
        self._resting: Mode = "Locked"
        self._ends: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def mode(self) -> str:
        """Return its mode."""
        return self.states["DoorMode"]

    @property
    def is_open(self) -> bool:
        """Tell whether the leaf is open."""
        return self.states["DoorPhysicalState"] == "Open"

    @property
    def released(self) -> bool:
        """Tell whether it can be pulled open now."""
        return self.mode in ("Unlocked", "Accessed")

    def access(self, seconds: float | None = None) -> bool:
        """Let one person in; returns whether it did: a blocked or locked-down door does not."""
        if self.mode in ("Blocked", "LockedDown"):
            return False
        self.accesses += 1
        self._cancel_access()
        if self._resting == "Locked":
            self._say("DoorMode", "Accessed")
            self._ends = self._timers.after(seconds or self._access_s, self._lock_again)
        return True

    def rest(self, mode: Mode) -> bool:
        """Stay in ``mode`` from now on; returns whether it does: a lock-down is only left by ``release``."""
        if self.mode == "LockedDown":
            return False
        self._cancel_access()
        self._resting = mode
        self._say("DoorMode", mode)
        return True

    def release(self) -> bool:
        """End a lock-down; returns whether there was one."""
        if self.mode != "LockedDown":
            return False
        self._resting = "Locked"
        self._say("DoorMode", "Locked")
        return True

    def open(self, how: How = "unlocked") -> bool:
        """Pull it, or break it open; returns whether it is open now."""
        if self.is_open:
            return True
        if how == "unlocked" and not self.released:
            return False
        self.openings.append(Opening(self._clock.now(), how))
        self._say("DoorPhysicalState", "Open")
        if how == "forced":
            self._say("DoorAlarm", "DoorForcedOpen")
        self._watch = self._timers.after(self._too_long_s, lambda: self._say("DoorAlarm", "DoorOpenTooLong"))
        return True

    def close(self) -> None:
        """Let it fall shut."""
        if not self.is_open:
            return
        self.openings[-1].closed_at = self._clock.now()
        if self._watch is not None:
            self._watch.cancel()
        self._say("DoorPhysicalState", "Closed")
        self._say("DoorAlarm", "Normal")

    def truth(self) -> dict[str, Any]:
        """Return what became of it."""
        openings = [dataclasses.asdict(one) for one in self.openings]
        return {"openings": openings, "accesses": self.accesses, "open": self.is_open, "mode": self.mode}

    def _lock_again(self) -> None:
        self._ends = None
        self._say("DoorMode", self._resting)

    def _cancel_access(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None

    def _say(self, what: str, now: str) -> None:
        if self.states[what] != now:
            self.states[what] = now
            self._heard(what, now)
