"""Which listed plate another one may be; and that looking for it does not grow with the list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.plate_lists.likeness import ALIKE, PROVINCES, near, suggestions
from wire.plates import is_plate, plate_text

LISTED = {"浙F10345", "浙F8B888", "浙FD12345", "苏E2S1T7", "沪A00000"}


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("浙F·12345", "浙F12345"),
        ("浙f 12345", "浙F12345"),
        ("浙Ｆ１２３４５", "浙F12345"),
        (" 浙-F•123 45 ", "浙F12345"),
        ("浙F1*3?5", "浙F1?3?5"),
        ("  ·- ", ""),
    ],
)
def test_a_plate_is_written_in_one_way(told: str, written: str) -> None:
    assert plate_text(told) == written


@pytest.mark.parametrize(
    ("text", "so"),
    [
        ("浙F12345", True),
        ("浙FD12345", True),
        ("WJ浙12345", True),
        ("浙F1?345", False),
        ("张三", False),
        ("浙F", False),
    ],
)
def test_what_may_be_a_plate(text: str, *, so: bool) -> None:
    assert is_plate(text) is so


@pytest.mark.parametrize(
    ("read", "listed"),
    [
        ("浙F1D345", "浙F10345"),
        ("浙F1Q345", "浙F10345"),
        ("浙F88888", "浙F8B888"),
        ("苏EZ51T7", "苏E2S1T7"),
        ("京F10345", "浙F10345"),
        ("京F1O345", "浙F10345"),
        ("?F10345", "浙F10345"),
        ("F10345", "浙F10345"),
        ("FD12345", "浙FD12345"),
        ("浙F1?345", "浙F10345"),
        ("?F1?345", "浙F10345"),
        ("沪ADO000", "沪A00000"),
    ],
)
def test_a_plate_that_looks_like_a_listed_one_is_near_it(read: str, listed: str) -> None:
    assert near(read, LISTED.__contains__) == listed


@pytest.mark.parametrize(
    "read",
    [
        "浙F12345",  # another plate: 0 is no 2
        "浙F103456",
        "浙F1034",
        "浙FA12345",
        "沪ADDD00",  # three characters
        "?F???45",
        "?",
        "",
        "浙" * 12,
    ],
)
def test_a_plate_that_differs_in_more_is_not(read: str) -> None:
    assert near(read, LISTED.__contains__) == ""


def test_of_two_that_are_as_near_none_is_chosen_and_a_nearer_one_wins() -> None:
    assert near("浙F1D345", {"浙F10345", "浙F1Q345"}.__contains__) == ""
    assert near("浙F1D345", {"浙F10345", "浙FID34S"}.__contains__) == "浙F10345"


def test_a_green_plate_that_was_cut_short_is_a_suggestion_only() -> None:
    assert near("浙FD1234", LISTED.__contains__) == ""
    assert suggestions("浙FD1234", LISTED.__contains__) == ("浙FD12345",)
    assert suggestions("浙F10045", LISTED.__contains__) == ("浙F10345",)
    assert suggestions("苏F10445", LISTED.__contains__) == ()


def test_the_work_does_not_grow_with_the_list_and_is_bounded() -> None:
    asked = 0

    def known(_: str) -> bool:
        nonlocal asked
        asked += 1
        return False

    for plate in ("浙F12345", "浙80808D0", "?1011I7T", "?0?000D", "00000000", "浙ABCDEF"):
        asked = 0
        near(plate, known)
        suggestions(plate, known)
        assert asked < 5000, plate


@given(st.text(alphabet=PROVINCES + "ABD0OQ82Z5S1I7T?·" * 3, max_size=14))
def test_whatever_was_read_the_near_one_is_listed_and_another(text: str) -> None:
    plate = plate_text(text)
    found = near(plate, LISTED.__contains__)
    assert not found or (found in LISTED and found != plate)


def test_no_character_looks_like_two_groups() -> None:
    assert len("".join(ALIKE)) == len(set("".join(ALIKE)))
