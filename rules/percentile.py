"""The value that most of a window's values do not exceed, by counts of sizes: a kilobyte whatever the window."""

import math
from array import array
from typing import Final

from rules.watch import NEVER
from rules.windows import Saved

_BINS: Final = 192
_SMALLEST: Final = 1e-4
_LOG_FACTOR: Final = math.log(10.0) * 10 / (_BINS - 1)
_MOST: Final = 65_535
_GENERATIONS: Final = 4


class Percentile:
    """The value that 95 % of all do not exceed, to 6 %: counts by size, in four generations that leave one by one.

    Sizes from 0.0001 to a million are told apart; what is smaller, and below zero, counts as nothing.
    """

    __slots__ = ("_generations", "_since", "_step", "_width")

    def __init__(self, width: int) -> None:
        self._width, self._step = width, max(1, width // _GENERATIONS)
        self._generations: dict[int, array[int]] = {}
        self._since = NEVER

    def add(self, at: int, value: float) -> None:
        self._since = min(self._since, at)
        counts = self._generations.setdefault(at // self._step, array("H", bytes(2 * _BINS)))
        size = _bin(value)
        if counts[size] == _MOST:
            counts[:] = array("H", (count // 2 for count in counts))
        counts[size] += 1

    def figure(self, at: int, part: float) -> float | None:
        for old in [key for key in self._generations if (key + 1) * self._step <= at - self._width]:
            del self._generations[old]
        if not self._generations or at < self.full_at(part):
            return None
        total = [sum(counts) for counts in zip(*self._generations.values(), strict=True)]
        rest = 0.05 * sum(total)
        for size in range(_BINS - 1, 0, -1):
            rest -= total[size]
            if rest < 0:
                return _SMALLEST * math.exp(_LOG_FACTOR * (size - 0.5))
        return 0.0

    def full_at(self, part: float) -> int:
        return self._since + round(part * self._width)

    def due(self, at: int) -> int:
        return (min(self._generations) + 1) * self._step + self._width if self._generations else NEVER

    def shift(self, delta: int) -> None:
        moved = round(delta / self._step)
        self._generations = {key + moved: counts for key, counts in self._generations.items()}
        if self._since != NEVER:
            self._since += delta

    def save(self) -> Saved:
        return (self._since, [(key, list(counts)) for key, counts in self._generations.items()])

    def recall(self, saved: Saved) -> None:
        since, generations = saved
        if not isinstance(since, int):
            raise TypeError("since when is no time")
        recalled = {int(key): array("H", counts) for key, counts in generations}
        if any(len(counts) != _BINS for counts in recalled.values()):
            raise ValueError("the counts of a percentile have another length")
        self._generations, self._since = recalled, since


def _bin(value: float) -> int:
    return 0 if value <= _SMALLEST else min(_BINS - 1, 1 + int(math.log(value / _SMALLEST) / _LOG_FACTOR))
