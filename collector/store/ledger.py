"""Which chunks were ever stored, for ever and in little space: sequence numbers as ranges that grow together."""

from collections.abc import Iterable

Ranges = list[tuple[int, int]]
"""Sorted, disjoint, never touching; both ends belong to a range."""


def contains(ranges: Ranges, seq: int) -> bool:
    """Tell whether ``seq`` lies in one of the ranges."""
    return any(first <= seq <= last for first, last in ranges)


def merged(ranges: Ranges, numbers: Iterable[int]) -> Ranges:
    """Return the ranges after ``numbers`` were added."""
    result: Ranges = []
    for first, last in sorted([*ranges, *((number, number) for number in numbers)]):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result
