"""The day's baseline: what a number usually is at this hour of the day, by the last 14 days or so."""

from array import array
from typing import Final

from rules.windows import Saved

_WEIGHT: Final = 1 / 7
"""Of the newest day: an exponential mean of which 88 % lies in the last 14 days."""

LEAST_DAYS: Final = 3


class Usual:
    """A mean for each hour of the day, of days that are over; the hour that runs is gathered until it ends."""

    __slots__ = ("_count", "_days", "_hour", "_mean", "_sum")

    def __init__(self) -> None:
        self._mean, self._days = array("f", bytes(96)), array("H", bytes(48))
        self._hour, self._sum, self._count = -1, 0.0, 0

    def add(self, hour: tuple[int, int], value: float) -> None:
        """Take a value of the ``hour`` (day, hour of the day)."""
        stamp = hour[0] * 24 + hour[1]
        if stamp > self._hour:
            self._close()
            self._hour = stamp
        if stamp == self._hour:
            self._sum += value
            self._count += 1

    def figure(self, hour: int) -> float | None:
        """Return the mean of ``hour`` of the day, ``None`` before three days of it are known."""
        return self._mean[hour] if self._days[hour] >= LEAST_DAYS else None

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (self._hour, self._sum, self._count, list(self._mean), list(self._days))

    def recall(self, saved: Saved) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        hour, total, count, mean, days = saved
        means, known = array("f", mean), array("H", days)
        if len(means) != 24 or len(known) != 24 or not isinstance(hour, int) or not isinstance(count, int):
            raise ValueError("no baseline of a day")
        self._hour, self._sum, self._count = hour, float(total), count
        self._mean, self._days = means, known

    def _close(self) -> None:
        if self._count:
            hour, value = self._hour % 24, self._sum / self._count
            known = self._days[hour]
            weight = max(_WEIGHT, 1 / (known + 1))
            self._mean[hour] += weight * (value - self._mean[hour])
            self._days[hour] = min(known + 1, 1000)
        self._sum, self._count = 0.0, 0
