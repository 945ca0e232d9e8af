"""Sequence numbers as ranges that grow together: a million of them that nearly follow each other in a few words."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from heapq import nlargest
from itertools import pairwise
from typing import TypeAlias

Pairs: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges in order, first and last number of each."""


class Ranges:
    """A set of numbers; every cost grows with the number of holes and never with the number of numbers."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(pairs):
            if self._lasts and first <= self._lasts[-1] + 1:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]

    def __bool__(self) -> bool:
        return bool(self._firsts)

    @property
    def first(self) -> int:
        """The lowest number, 0 where there is none."""
        return self._firsts[0] if self._firsts else 0

    def pairs(self) -> Pairs:
        """Return the ranges in order."""
        return tuple(zip(self._firsts, self._lasts, strict=True))

    def size(self) -> int:
        """Count the numbers."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def add(self, number: int) -> None:
        """Put ``number`` in; one that is in already changes nothing."""
        place = bisect_right(self._firsts, number)
        if place and number <= self._lasts[place - 1] + 1:
            place -= 1
            self._lasts[place] = max(self._lasts[place], number)
        elif place < len(self._firsts) and self._firsts[place] == number + 1:
            self._firsts[place] = number
        else:
            self._firsts.insert(place, number)
            self._lasts.insert(place, number)
        if place + 1 < len(self._firsts) and self._firsts[place + 1] == self._lasts[place] + 1:
            del self._firsts[place + 1]
            del self._lasts[place]

    def discard(self, number: int) -> None:
        """Take ``number`` out, if it is in."""
        place = bisect_left(self._lasts, number)
        if place == len(self._lasts) or number < self._firsts[place]:
            return
        first, last = self._firsts[place], self._lasts[place]
        left = [(first, number - 1)] if first < number else []
        left += [(number + 1, last)] if number < last else []
        self._firsts[place : place + 1] = [pair[0] for pair in left]
        self._lasts[place : place + 1] = [pair[1] for pair in left]

    def bounded(self, limit: int) -> Pairs:
        """Return at most ``limit`` ranges that hold every number, and the narrowest holes besides where need be."""
        pairs = self.pairs()
        if len(pairs) <= limit:
            return pairs
        holes = nlargest(limit - 1, ((after[0] - before[1], after[0]) for before, after in pairwise(pairs)))
        kept = {start for _, start in holes}
        merged = [pairs[0]]
        for first, last in pairs[1:]:
            if first in kept:
                merged.append((first, last))
            else:
                merged[-1] = (merged[-1][0], last)
        return tuple(merged)


def without(pairs: Pairs, gone: Pairs) -> Iterator[tuple[int, int]]:
    """Give what is left of ``pairs`` without the numbers of ``gone``; both are in order."""
    place = 0
    for first, last in pairs:
        while place < len(gone) and gone[place][1] < first:
            place += 1
        at = place
        while at < len(gone) and gone[at][0] <= last:
            if first < gone[at][0]:
                yield first, gone[at][0] - 1
            first = gone[at][1] + 1
            at += 1
        if first <= last:
            yield first, last
