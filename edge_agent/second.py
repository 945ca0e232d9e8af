"""Two agents on one buffer: the one that may not have it leaves word beside it, and the other tells the duty desk."""

import os
from contextlib import suppress
from pathlib import Path

from runtime.clock import Clock

HEARD_S = 60.0
"""So long after its last word a second agent is said to be there; systemd has it try again every few seconds."""


def leave_word(buffer: Path) -> None:
    """Leave word beside the buffer at ``buffer`` that somebody else wanted it; nothing where that cannot be written."""
    with suppress(OSError):
        _place(buffer).write_text(f"{os.getpid()}\n", encoding="ascii")


class SecondAgent:
    """Hears the word beside the buffer at ``buffer``, which is ours; what was left before we came is not for us."""

    def __init__(self, buffer: Path, clock: Clock) -> None:
        self._place, self._clock = _place(buffer), clock
        self._until = clock.monotonic()
        self._take()

    def there(self) -> bool:
        """Tell whether another agent wanted the buffer within the last ``HEARD_S``."""
        now = self._clock.monotonic()
        if self._take():
            self._until = now + HEARD_S
        return now < self._until

    def _take(self) -> bool:
        try:
            self._place.unlink()
        except OSError:
            return False
        return True


def _place(buffer: Path) -> Path:
    return buffer.with_name(f"{buffer.name}.wanted")
