"""Room that nobody else can take: a file of nothing beside the buffer, let go bit by bit when the disk is full."""

import os
from pathlib import Path

STEP_BYTES = 1_000_000
"""So much is let go at once: another program that fills the disk finds as little of it as possible."""


class Ballast:
    """Holds ``size`` bytes of the disk beside the buffer at ``path``. It costs no writing: blocks are only reserved.

    Alarms that the disk refuses ask ``release``; ``refill`` takes the room back when there is plenty again.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path.with_name(f"{path.name}.reserve"), size

    @property
    def held(self) -> int:
        """How many bytes it holds now."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    @property
    def missing(self) -> int:
        """How many bytes it should hold and does not."""
        return max(0, self._size - self.held)

    def release(self) -> bool:
        """Give one step back to the disk; ``False`` when nothing is left to give."""
        held = self.held
        if not held:
            return False
        try:
            os.truncate(self._path, max(0, held - STEP_BYTES))
        except OSError:
            return False
        return True

    def refill(self, free: int | None, keep_free: int) -> None:
        """Take what is missing if the disk, with ``free`` bytes, then still leaves ``keep_free``; never raises."""
        missing = self.missing
        if not missing or free is None or free - missing < keep_free:
            return
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError:
            os.truncate(handle, 0)
        finally:
            os.close(handle)
