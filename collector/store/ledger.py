"""Which chunks were ever stored, for ever and in little space: sequence numbers as ranges that grow together."""

from collections.abc import Iterable

Ranges = list[tuple[int, int]]
"""Sorted, disjoint, never touching; both ends belong to a range."""


def contains(ranges: Ranges, seq: int) -> bool:
    """Tell whether ``seq`` lies in one of the ranges."""
    return any(first <= seq <= last for first, last in ranges)


def merged(ranges: Ranges, numbers: Iterable[int]) -> Ranges:
    """Return the ranges after ``numbers`` were added."""
    return joined([*ranges, *((number, number) for number in numbers)])


def without(ranges: Ranges, seq: int) -> Ranges:
    """Return the ranges as if ``seq`` had never been added."""
    result: Ranges = []
    for first, last in ranges:
        if first <= seq <= last:
            result += [part for part in ((first, seq - 1), (seq + 1, last)) if part[0] <= part[1]]
        else:
            result.append((first, last))
    return result


def joined(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Return any pairs of first and last as ranges."""
    result: Ranges = []
    for first, last in sorted(pairs):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def outside(ranges: Ranges, others: Ranges) -> Ranges:
    """Return what of ``ranges`` is in none of the ``others``."""
    result: Ranges = []
    place = 0
    for first, last in ranges:
        while place < len(others) and others[place][1] < first:
            place += 1
        at = place
        while at < len(others) and others[at][0] <= last:
            if first < others[at][0]:
                result.append((first, others[at][0] - 1))
            first = others[at][1] + 1
            at += 1
        if first <= last:
            result.append((first, last))
    return result


def size(ranges: Ranges) -> int:
    """Count the numbers."""
    return sum(last - first + 1 for first, last in ranges)
