"""The ledger of chunks: ranges that behave like a set of numbers and stay few."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from collector.store.ledger import contains, merged, without

numbers = st.lists(st.integers(1, 60))


@given(numbers, numbers)
def test_ranges_are_a_set_of_numbers(first: list[int], second: list[int]) -> None:
    ranges = merged(merged([], first), second)
    everything = set(first) | set(second)
    assert {number for low, high in ranges for number in range(low, high + 1)} == everything
    assert all(contains(ranges, number) == (number in everything) for number in range(62))


@given(numbers)
def test_ranges_are_sorted_and_never_touch(some: list[int]) -> None:
    ranges = merged([], some)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))


def test_an_unbroken_run_is_one_range() -> None:
    assert merged([(1, 9), (11, 20)], [10]) == [(1, 20)]


@given(numbers, st.integers(0, 61))
def test_a_number_can_be_taken_out_again(some: list[int], gone: int) -> None:
    left = without(merged([], some), gone)
    assert left == merged([], set(some) - {gone})
