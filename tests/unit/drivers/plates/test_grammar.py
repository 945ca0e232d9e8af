"""What GA 36-2018 allows on a plate, and that whatever follows the grammar ends as one of its forms."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.plates.grammar import (
    ALPHABET,
    LETTERS,
    MOST_LETTERS,
    NEW_ENERGY,
    PATTERNS,
    PROVINCES,
    START,
    Form,
    following,
    form_of,
    near_miss,
    written,
)

WRITTEN = {
    "浙F8K2Y7": Form.ordinary,
    "浙F12345": Form.ordinary,
    "京O00123": Form.ordinary,
    "浙F6183挂": Form.trailer,
    "皖Q0686学": Form.training,
    "京A2387警": Form.police,
    "粤Z7H31港": Form.hong_kong,
    "粤Z1234澳": Form.macao,
    "浙FD12853": Form.new_energy_small,
    "浙FAB2853": Form.new_energy_small,
    "苏E82315F": Form.new_energy_large,
    "苏E82315K": Form.new_energy_large,
    "沪A0023领": Form.consulate,
    "224578使": Form.embassy,
    "使198476": Form.embassy_before_2018,
    "民航B0123": Form.civil_aviation,
    "WJ浙1234X": Form.armed_police,
    "VA30093": Form.military,
}


@pytest.mark.parametrize(("text", "form"), WRITTEN.items())
def test_every_form_is_known(text: str, form: Form) -> None:
    assert form_of(text) is form
    assert set(WRITTEN.values()) == set(Form)


@pytest.mark.parametrize(
    "text",
    ["", "浙F1234", "浙F123456", "浙FI2345", "浙F1O345", "F12345浙", "浙1F2345", "浙Z1234港", "浙FABC45", "SUZUKI",
     "TOYOTA1", "浙FX12853", "苏E82315X", "浙F1挂234", "浙FI123456", "浙IA1234"],
)  # fmt: skip
def test_what_is_no_plate_has_no_form(text: str) -> None:
    assert form_of(text) is None


@pytest.mark.parametrize("letter", NEW_ENERGY)
def test_every_new_energy_letter_is_taken(letter: str) -> None:
    assert form_of(f"浙F{letter}12345") is Form.new_energy_small
    assert form_of(f"浙F12345{letter}") is Form.new_energy_large


@given(st.data())
def test_whatever_follows_the_grammar_ends_as_one_of_its_forms(data: st.DataObject) -> None:
    place, text = START, ""
    while place.ends_as() is None:
        onward = following(place)
        assert onward, f"{text!r} leads nowhere"
        character = data.draw(st.sampled_from(sorted(onward)))
        place, text = onward[character], text + character
    form = form_of(text)
    assert form is place.ends_as()
    assert form is not None
    assert len(text) == len(PATTERNS[form])
    assert all(character in places for character, places in zip(text, PATTERNS[form], strict=True))


@given(st.text(ALPHABET, min_size=7, max_size=8))
def test_a_known_text_is_one_that_its_pattern_describes(text: str) -> None:
    form = form_of(text)
    plain = re.fullmatch(rf"[{PROVINCES}][A-HJ-Z][A-HJ-NP-Z0-9]{{5}}", text)
    if plain and sum(character in LETTERS for character in text[2:]) <= MOST_LETTERS:
        assert form is Form.ordinary
    elif plain:
        assert form is None
    elif form is not None:
        assert form is not Form.ordinary


@given(st.sampled_from(sorted(WRITTEN)), st.sampled_from(["·", " ", "-", "."]))
def test_what_stands_between_the_characters_means_nothing(text: str, separator: str) -> None:
    assert written(f"{text[:2]}{separator}{text[2:]}".lower()) == text


def test_a_near_miss_is_one_character_that_is_easily_mistaken() -> None:
    assert near_miss("浙F12D45", "浙F12045")
    assert near_miss("浙FB2345", "浙F82345")
    assert not near_miss("浙F12345", "浙F12345")
    assert not near_miss("浙F12345", "浙F12745")
    assert not near_miss("浙FB2D45", "浙F82045")
    assert not near_miss("浙F12345", "浙FD12345")
