"""Reads a payload from its first byte to its last; what is too short, and what is left over, is corrupt."""

from datetime import datetime

from drivers.api.errors import CorruptAnswer
from drivers.ble.formats.ieee11073 import float32, sfloat


class Reader:
    """A place in ``data``; every method takes what stands there and moves on, ``CorruptAnswer`` past the end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        end = self._at + size
        if end > len(self._data):
            raise CorruptAnswer(f"{len(self._data)} bytes, and {end} are needed")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def uint(self, size: int) -> int:
        """Return an unsigned number, lowest byte first."""
        return int.from_bytes(self.take(size), "little")

    def flags(self, known: int) -> int:
        """Return a byte of flags; one with a bit outside ``known`` set announces what nobody here can read."""
        flags = self.uint(1)
        if flags & ~known:
            raise CorruptAnswer(f"reserved flags in {flags:#04x}")
        return flags

    def sfloat(self) -> float | None:
        """Return an SFLOAT, ``None`` where it is no value."""
        return sfloat(self.uint(2))

    def float32(self) -> float | None:
        """Return a FLOAT, ``None`` where it is no value."""
        return float32(self.uint(4))

    def moment(self) -> str | None:
        """Return a date and time of seven bytes as ISO text without a zone, ``None`` where the date is not known."""
        year = self.uint(2)
        month, day, hour, minute, second = self.take(5)
        if not (year and month and day):
            return None
        try:
            return datetime(year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001 - the device says no zone
        except ValueError as error:
            raise CorruptAnswer(f"no such moment: {error}") from error

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """``CorruptAnswer`` where something is left over."""
        if self._at != len(self._data):
            raise CorruptAnswer(f"{len(self._data) - self._at} bytes too many")
