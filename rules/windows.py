"""What a number did in a window that moves along: bounded memory whatever the window, in parts of a 32nd of it.

Times are event time in µs. Each kind takes values in any order within its window, gives its figure for a moment, and
can be saved and recalled. ``part`` is how much of the window must be covered before there is a figure (0: any).
"""

from array import array
from bisect import bisect_right
from typing import Any, Final, Protocol, TypeAlias

from rules.watch import NEVER

PARTS: Final = 32


Saved: TypeAlias = tuple[Any, ...]


class Window(Protocol):
    """A figure over the last so many µs."""

    def add(self, at: int, value: float) -> None:
        """Take the value at ``at``."""
        ...

    def figure(self, at: int, part: float) -> float | None:
        """Return the figure of the window that ends at ``at``; ``None`` where less than ``part`` of it is covered."""
        ...

    def due(self, at: int) -> int:
        """Return when the figure may next change by itself, as old values leave; ``NEVER`` while it cannot."""
        ...

    def full_at(self, part: float) -> int:
        """Return when ``part`` of the window is covered; ``NEVER`` before the first value."""
        ...

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set by ``delta``."""
        ...

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        ...

    def recall(self, saved: Saved) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        ...


class _Slots:
    """Values by slot of time, oldest first: ``times`` are when slots began to be filled, ``kept`` one array each."""

    __slots__ = ("kept", "since", "step", "times", "width")

    def __init__(self, width: int, columns: int) -> None:
        self.width, self.step = width, max(1, width // PARTS)
        self.times = array("q")
        self.kept = tuple(array("d") for _ in range(columns))
        self.since = NEVER

    def covered(self, at: int, part: float) -> bool:
        return bool(self.times) and at >= self.full_at(part)

    def full_at(self, part: float) -> int:
        return self.since + round(part * self.width)

    def row(self, at: int) -> tuple[int, bool]:
        """Return the row that ``at`` belongs to and whether it must be made."""
        if at < self.since:
            self.since = at
        if self.times and self.times[-1] <= at < self.times[-1] + self.step:
            return len(self.times) - 1, False
        index = bisect_right(self.times, at) - 1
        return (index, False) if index >= 0 and at - self.times[index] < self.step else (index + 1, True)

    def insert(self, index: int, at: int, *values: float) -> None:
        self.times.insert(index, at)
        for column, value in zip(self.kept, values, strict=True):
            column.insert(index, value)
        if len(self.times) > 2 * PARTS:
            self.drop(1)

    def drop(self, count: int) -> None:
        if count > 0:
            del self.times[:count]
            for column in self.kept:
                del column[:count]

    def expire(self, at: int) -> bool:
        """Forget the slots that lie wholly before the window that ends at ``at``; tell whether there were any."""
        if self.times and self.times[0] <= at - self.width - self.step:
            self.drop(bisect_right(self.times, at - self.width - self.step))
            return True
        return False

    def next_out(self) -> int:
        return self.times[0] + self.width + self.step if self.times else NEVER

    def shift(self, delta: int) -> None:
        self.times = array("q", (each + delta for each in self.times))
        if self.since != NEVER:
            self.since += delta

    def save(self) -> Saved:
        return (self.since, list(self.times), [list(column) for column in self.kept])

    def recall(self, saved: Saved) -> None:
        since, times, kept = saved
        columns = tuple(array("d", column) for column in kept)
        stamps = array("q", times)
        if len(columns) != len(self.kept) or any(len(column) != len(stamps) for column in columns):
            raise ValueError("the columns of a window have other lengths")
        if not isinstance(since, int):
            raise TypeError("since when is no time")
        self.since, self.times, self.kept = since, stamps, columns


class _Window:
    __slots__ = ("_slots",)
    _columns = 1

    def __init__(self, width: int) -> None:
        self._slots = _Slots(width, self._columns)

    def due(self, at: int) -> int:
        return self._slots.next_out()

    def full_at(self, part: float) -> int:
        return self._slots.full_at(part)

    def shift(self, delta: int) -> None:
        self._slots.shift(delta)

    def save(self) -> Saved:
        return self._slots.save()

    def recall(self, saved: Saved) -> None:
        self._slots.recall(saved)


class Change(_Window):
    """The newest value less the one at the window's start; with ``hourly`` per hour of the time between the two."""

    __slots__ = ("_hourly", "_newest", "_newest_at")

    def __init__(self, width: int, *, hourly: bool = False) -> None:
        super().__init__(width)
        self._hourly, self._newest, self._newest_at = hourly, 0.0, -1

    def add(self, at: int, value: float) -> None:
        if at >= self._newest_at:
            self._newest, self._newest_at = value, at
        index, new = self._slots.row(at)
        if new:
            self._slots.insert(index, at, value)

    def figure(self, at: int, part: float) -> float | None:
        slots = self._slots
        if at < slots.since + part * slots.width or not slots.times:
            return None
        if len(slots.times) > 1 and slots.times[1] <= at - slots.width:
            slots.drop(bisect_right(slots.times, at - slots.width) - 1)
        change = self._newest - slots.kept[0][0]
        if not self._hourly:
            return change
        spent = self._newest_at - slots.times[0]
        return change * 3_600_000_000 / spent if spent > 0 else None

    def due(self, at: int) -> int:
        times = self._slots.times
        return times[1] + self._slots.width if len(times) > 1 else NEVER

    def shift(self, delta: int) -> None:
        super().shift(delta)
        if self._newest_at >= 0:
            self._newest_at += delta

    def save(self) -> Saved:
        return (*self._slots.save(), self._newest_at, self._newest)

    def recall(self, saved: Saved) -> None:
        *slots, newest_at, newest = saved
        if not isinstance(newest_at, int) or not isinstance(newest, int | float):
            raise TypeError("the newest value is none")
        self._slots.recall(tuple(slots))
        self._newest_at, self._newest = newest_at, float(newest)


class Least(_Window):
    """The smallest value; with ``sign`` -1 the greatest."""

    __slots__ = ("_sign",)

    def __init__(self, width: int, *, sign: int = 1) -> None:
        super().__init__(width)
        self._sign = sign

    def add(self, at: int, value: float) -> None:
        index, new = self._slots.row(at)
        if new:
            self._slots.insert(index, at, value * self._sign)
        else:
            column = self._slots.kept[0]
            column[index] = min(column[index], value * self._sign)

    def figure(self, at: int, part: float) -> float | None:
        self._slots.expire(at)
        return min(self._slots.kept[0]) * self._sign if self._slots.covered(at, part) else None


class Mean(_Window):
    """The mean of all values."""

    __slots__ = ("_count", "_sum")
    _columns = 2

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self._sum = self._count = 0.0

    def add(self, at: int, value: float) -> None:
        index, new = self._slots.row(at)
        if new:
            self._slots.insert(index, at, value, 1)
        else:
            sums, counts = self._slots.kept
            sums[index] += value
            counts[index] += 1
        self._sum += value
        self._count += 1

    def figure(self, at: int, part: float) -> float | None:
        if self._slots.expire(at):
            self._sum, self._count = (sum(column) for column in self._slots.kept)
        return self._sum / self._count if self._slots.covered(at, part) else None

    def recall(self, saved: Saved) -> None:
        super().recall(saved)
        self._sum, self._count = (sum(column) for column in self._slots.kept)
