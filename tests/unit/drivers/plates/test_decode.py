"""Decoding within the grammar: what a recogniser is sure of comes out, what is no plate does not, shares are true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plates.decode import COLUMNS, Folding, Steps, texts
from drivers.plates.grammar import form_of


def strip(text: str, sure: float = 0.98, instead: dict[int, tuple[str, float]] | None = None) -> Steps:
    """Return the steps of a recogniser that reads ``text``; ``instead`` shares a character's part with another."""
    rows = []
    for index, character in enumerate(text):
        row = np.full(len(COLUMNS) + 1, (1 - sure) / len(COLUMNS), np.float32)
        row[COLUMNS[character]] = sure
        if instead and index in instead:
            other, share = instead[index]
            row[COLUMNS[other]], row[COLUMNS[character]] = sure * share, sure * (1 - share)
        quiet = np.full(len(COLUMNS) + 1, 1e-6, np.float32)
        quiet[0] = 1
        rows += [row, quiet]
    return np.array(rows, np.float32)


PLATES = st.sampled_from(["浙F8K2Y7", "浙FD12853", "浙F6183挂", "粤Z7H31港", "使198476", "京A11111", "沪A0023领"])


@given(PLATES, st.floats(0.5, 0.999))
def test_a_plate_that_is_seen_is_read_with_its_probability(plate: str, sure: float) -> None:
    text, chance = texts(strip(plate, sure))[0]
    assert text == plate
    assert chance == pytest.approx(sure ** len(plate), rel=0.2)


@given(PLATES, PLATES, st.integers(0, 6))
def test_all_that_comes_out_is_a_plate_and_no_more_than_one_in_sum(one: str, other: str, index: int) -> None:
    found = texts(strip(one, 0.9, {index: (other[index], 0.4)}))
    assert all(form_of(text) for text, _ in found)
    assert sum(chance for _, chance in found) <= 1.0 + 1e-6
    assert [chance for _, chance in found] == sorted((chance for _, chance in found), reverse=True)


def test_a_letter_that_cannot_stand_there_gives_way_to_what_can() -> None:
    fold = Folding(["", "·", "浙", "F", "O", "0", "1", "2", "3", "4", "o", "I"])
    rows = np.full((7, 12), 0.001, np.float32)
    for step, column in enumerate([2, 3, 4, 6, 7, 8, 11]):
        rows[step, column] = 0.98
    assert texts(fold(rows))[0][0] == "浙F01231"


def test_the_dot_between_counts_as_nothing() -> None:
    fold = Folding(["", "·", "浙", "F", "1"])
    steps = np.eye(5, dtype=np.float32)[[2, 3, 1, 4, 0, 4, 0, 4, 0, 4, 0, 4]]
    ((text, chance),) = texts(fold(steps))
    assert text == "浙F11111"
    assert chance == pytest.approx(1.0)


def test_a_brand_is_no_plate() -> None:
    assert texts(strip("SUZUK", 0.99)) == []
    assert all(chance < 1e-6 for _, chance in texts(strip("TLYLTA8", 0.999)))


def test_the_probability_is_the_sum_over_all_alignments() -> None:
    """Eight steps for seven characters: one is "nothing new" or a character held; the beam drops little."""
    wanted = "使198476"
    seven = [COLUMNS[character] for character in wanted]
    rows = np.full((8, len(COLUMNS) + 1), 0.0, np.float32)
    rows[:, [0, *seven]] = np.random.default_rng(3).dirichlet([2.0] * 8, size=8) * 0.4
    quiet = [[*seven[:at], 0, *seven[at:]] for at in range(8)]
    held = [[*seven[: at + 1], *seven[at:]] for at in range(7)]
    rows[np.arange(8), quiet[3]] += 0.6
    total = sum(float(np.prod(rows[np.arange(8), path])) for path in quiet + held)
    assert dict(texts(rows))[wanted] == pytest.approx(total, rel=0.02)
