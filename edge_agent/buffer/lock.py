"""One agent to a buffer: two locks, on a file beside it and on the buffer itself, so that either may be deleted."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from edge_agent.buffer.errors import BufferInUse


class Lock:
    """Held from ``take`` to ``release``, by this object; the kernel gives it back when the process dies.

    SQLite's own locks (of another kind) are lost when a process closes any descriptor of the file, so the descriptor of
    the buffer is closed only after its connection: call ``release`` last.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f"{path.name}.lock")
        self._files: dict[Path, int] = {}

    def take(self) -> None:
        """Lock what there is; ``BufferInUse`` when another has it. Where no file can be made the buffer's own does."""
        with suppress(OSError):  # no room, or no permission: then nobody else can make it either
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._take(self._beside, os.O_CREAT | os.O_RDWR)
        self.take_file()

    def take_file(self) -> None:
        """Lock the buffer's own file as it is now, if there is one; ``BufferInUse`` when another has it."""
        with suppress(OSError):  # there is none yet
            self._take(self._path, os.O_RDONLY | os.O_NONBLOCK)

    def again(self) -> None:
        """Lock again what was deleted or moved since; ``BufferInUse`` when another was quicker."""
        if any(_identity(path) != _file_identity(file) for path, file in self._files.items()) or not self._files:
            self.take()

    def release(self) -> None:
        """Give everything back."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _take(self, path: Path, flags: int) -> None:
        old = self._files.get(path)
        if old is not None and _identity(path) == _file_identity(old):
            return
        file = os.open(path, flags | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise BufferInUse(f"{self._path} is in use by another process") from error
        except OSError:
            os.close(file)
            raise
        self._files[path] = file
        if old is not None:
            os.close(old)


def identity(path: Path) -> tuple[int, int] | None:
    """Return which file stands at ``path``, ``None`` where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        return identity(path)
    except OSError:
        return None


def _file_identity(file: int) -> tuple[int, int]:
    found = os.fstat(file)
    return found.st_dev, found.st_ino
