"""How good the wall clock is, asked of the kernel: the mark that every chunk carries."""

import ctypes
from functools import cache
from pathlib import Path

from runtime.clock import Clock
from wire.chunk import ClockMark, ClockState

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_ROOM = 512  # larger than struct timex on every Linux


@cache
def boot_id() -> str:
    """Return the kernel's id of this boot, or ``unknown`` where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


class ClockMarks:
    """Takes marks; remembers whether the clock was ever disciplined since this process began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._was_synced = False
        self._libc = ctypes.CDLL(None)

    def take(self) -> ClockMark:
        """Return both clocks at this instant and how good the wall clock is."""
        return ClockMark(boot_id(), self._state(), self._clock.now(), int(self._clock.monotonic() * 1_000_000))

    def _state(self) -> ClockState:
        # modes = 0 only reads; the return value is the kernel's own verdict.
        verdict = self._libc.adjtimex(ctypes.create_string_buffer(_TIMEX_ROOM))
        if 0 <= verdict < _TIME_ERROR:
            self._was_synced = True
            return ClockState.SYNCED
        return ClockState.HOLDOVER if self._was_synced else ClockState.UNSYNCED
