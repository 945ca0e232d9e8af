"""Pictures as files, a folder for each day: written whole or not at all, and the oldest first to go."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wire.picture import device_of

FOLDER: Final = "pictures"
"""The folder in the agent's state folder."""

_WHOLE, _MASKED, _DRAFT = ".jpg", ".masked.jpg", ".part"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Kept:
    """One picture: where it lies, what it is called, when it was taken (µs), its bytes, and whether it is masked."""

    path: Path
    reference: str
    at: int
    size: int
    masked: bool

    @property
    def device(self) -> str:
        """The device that gave it."""
        return device_of(self.reference)


class PictureFolder:
    """For one thread of one process. ``count`` and ``size`` (bytes) are those of all pictures in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = self.size = 0
        self._oldest: list[Kept] = []

    def open(self) -> None:
        """Take stock; what a crash left half written, or empty, is removed. ``OSError`` where it cannot be read."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.count = self.size = 0
        self._oldest = []
        for day in self._days():
            for entry in os.scandir(day):
                size = entry.stat().st_size
                if size == 0 or entry.name.endswith(_DRAFT):
                    os.unlink(entry.path)
                else:
                    self.count, self.size = self.count + 1, self.size + size
            _remove_if_empty(day)

    def put(self, reference: str, at: int, data: bytes, *, masked: bool) -> None:
        """Keep a picture; after a crash it is whole or not there. ``OSError`` where it cannot be written."""
        day = self.path / _day(at)
        day.mkdir(mode=0o700, exist_ok=True)
        path = day / f"{reference}{_MASKED if masked else _WHOLE}"
        before = self.find(reference)
        draft = path.with_name(f"{path.name}{_DRAFT}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.utime(draft, ns=(at * 1000, at * 1000))
            if before is not None:
                self._remove(before)
            draft.replace(path)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        self.count, self.size = self.count + 1, self.size + len(data)

    def find(self, reference: str) -> Kept | None:
        """Return the picture that is called so, ``None`` where there is none."""
        if not device_of(reference):
            return None
        for day in reversed(self._days()):
            for suffix in (_WHOLE, _MASKED):
                with suppress(FileNotFoundError):
                    return _kept(day / f"{reference}{suffix}")
        return None

    def every(self) -> Iterator[Kept]:
        """Yield all pictures, the newest first."""
        for day in reversed(self._days()):
            yield from reversed(_of_day(day))

    def remove_before(self, at: int) -> int:
        """Remove what was taken before ``at`` (µs); return how many those were."""
        removed = 0
        while (oldest := self._first()) is not None and oldest.at < at:
            self._remove(oldest)
            removed += 1
        return removed

    def make_room(self, size: int, *, most: int, leave_free: int) -> bool:
        """Remove the oldest until ``size`` more bytes stay within ``most`` and leave ``leave_free`` of the disk free;
        tell whether they do.
        """
        while self.size + size > most or self.free() < leave_free + size:
            oldest = self._first()
            if oldest is None:
                return False
            self._remove(oldest)
        return True

    def free(self) -> int:
        """Return how many bytes the disk has left for this program."""
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def _first(self) -> Kept | None:
        for day in self._days():
            if not self._oldest or self._oldest[-1].path.parent != day or not self._oldest[-1].path.exists():
                self._oldest = _of_day(day)[::-1]
            if self._oldest:
                return self._oldest[-1]
            _remove_if_empty(day)
        return None

    def _remove(self, kept: Kept) -> None:
        kept.path.unlink(missing_ok=True)
        self.count, self.size = self.count - 1, self.size - kept.size
        if self._oldest and self._oldest[-1].path == kept.path:
            self._oldest.pop()
        _remove_if_empty(kept.path.parent)

    def _days(self) -> list[Path]:
        with suppress(FileNotFoundError):
            return sorted(self.path / name for name in os.listdir(self.path) if _DAY.fullmatch(name))
        return []


def _of_day(day: Path) -> list[Kept]:
    """Return the pictures of a day, the oldest first."""
    found = []
    for entry in os.scandir(day):
        with suppress(FileNotFoundError):
            if entry.name.endswith(_WHOLE):
                found.append(_kept(Path(entry.path)))
    return sorted(found, key=lambda one: (one.at, one.reference))


def _kept(path: Path) -> Kept:
    stat, masked = path.stat(), path.name.endswith(_MASKED)
    reference = path.name.removesuffix(_MASKED if masked else _WHOLE)
    return Kept(path, reference, stat.st_mtime_ns // 1000, stat.st_size, masked)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d")


def _remove_if_empty(day: Path) -> None:
    with suppress(OSError):
        day.rmdir()
