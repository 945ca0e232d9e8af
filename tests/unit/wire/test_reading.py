"""A batch's columns agree, a quality is one byte, and the four levels rank as the standards rank them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.alert import Level
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.reading import Batch, Quality, describe_quality, exception_quality, is_usable


@pytest.mark.parametrize(
    ("values", "quality"), [((1,), ()), ((1, 2, 3), ()), ((1, 2), (0,)), ((1, 2), (0, 0, 0))], ids=repr
)
def test_columns_of_unequal_length_are_no_batch(values: tuple[int, ...], quality: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="same length"):
        Batch("d", 1, ("p", "q"), values, quality)
    with pytest.raises(CodecError):
        decode(encode(["d", 1, ["p", "q"], list(values), list(quality)]), Batch)


def test_an_ungraded_batch_is_all_good() -> None:
    assert decode(encode(["d", 1, ["p"], [1]]), Batch) == Batch("d", 1, ("p",), (1,))


@given(st.integers(0, 255))
def test_every_quality_byte_has_a_word(quality: int) -> None:
    assert describe_quality(quality)
    assert is_usable(quality) == (quality in (Quality.GOOD, Quality.UNCERTAIN))


@pytest.mark.parametrize(
    ("quality", "word"),
    [
        (Quality.GOOD, "good"),
        (Quality.STALE, "stale"),
        (9, "bad(9)"),
        (Quality.BAD, "bad"),
        (Quality.TIMEOUT, "bad(timeout)"),
        (Quality.STUCK, "stale(stuck)"),
        (Quality.NO_VALUE, "no_value"),
        (40, "bad(40)"),
        (exception_quality(2), "bad(exception-2)"),
    ],
)
def test_a_quality_s_word_is_what_logs_and_console_print(quality: int, word: str) -> None:
    assert describe_quality(quality) == word


@pytest.mark.parametrize("code", [0, 128, -1])
def test_an_exception_code_is_seven_bits_and_not_zero(code: int) -> None:
    with pytest.raises(ValueError, match=r"1\.\.127"):
        exception_quality(code)


def test_levels_rank_red_first() -> None:
    assert [level.rank for level in (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)] == [1, 2, 3, 4]
