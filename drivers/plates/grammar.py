"""Which character may stand where on a Chinese number plate (GA 36-2018), so that a reading is held to what exists.

Nothing here makes a character up: the grammar only says what may follow what has been read. The serial number has no
I and no O, at most two letters; the suffixes 挂 学 警 港 澳 领 使 are its last character, 民航 stands in front.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NEW_ENERGY = "DABCEFGHJK"
"""D A B C E: battery electric; F G H J K: other new-energy vehicles."""

MOST_LETTERS = 2
"""A serial number of five holds at most so many letters."""


class Form(StrEnum):
    """The ways in which a plate is written."""

    ordinary = "ordinary"
    trailer = "trailer"
    training = "training"
    police = "police"
    hong_kong = "hong_kong"
    macao = "macao"
    new_energy_small = "new_energy_small"
    new_energy_large = "new_energy_large"
    consulate = "consulate"
    embassy = "embassy"
    embassy_before_2018 = "embassy_before_2018"
    civil_aviation = "civil_aviation"
    armed_police = "armed_police"
    military = "military"


_SERIAL = LETTERS + DIGITS
_CITY = (PROVINCES, LETTERS + "O")
_SUFFIXED = {Form.trailer: "挂", Form.training: "学", Form.police: "警"}

PATTERNS: dict[Form, tuple[str, ...]] = {
    Form.ordinary: (*_CITY, *[_SERIAL] * 5),
    **{form: (*_CITY, *[_SERIAL] * 4, suffix) for form, suffix in _SUFFIXED.items()},
    Form.hong_kong: ("粤", "Z", *[_SERIAL] * 4, "港"),
    Form.macao: ("粤", "Z", *[_SERIAL] * 4, "澳"),
    Form.new_energy_small: (*_CITY, NEW_ENERGY, _SERIAL, *[DIGITS] * 4),
    Form.new_energy_large: (*_CITY, *[DIGITS] * 5, NEW_ENERGY),
    Form.consulate: (*_CITY, *[DIGITS] * 4, "领"),
    Form.embassy: (*[DIGITS] * 6, "使"),
    Form.embassy_before_2018: ("使", *[DIGITS] * 6),
    Form.civil_aviation: ("民", "航", _SERIAL, *[DIGITS] * 4),
    Form.armed_police: ("W", "J", PROVINCES, *[DIGITS] * 4, DIGITS + "TDSHBXJ"),
    Form.military: ("VKHBSLJNGCE", "ABCDJKLMNOPRTVY", *[DIGITS] * 5),
}
"""For each form the characters that may stand at each place."""

ALPHABET = "".join(sorted(set("".join(place for places in PATTERNS.values() for place in places))))
"""Every character that stands on any plate."""

_COUNTED = frozenset({Form.ordinary, *_SUFFIXED, Form.hong_kong, Form.macao})
"""The forms whose letters after the city's are counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a plate has been read: which ``forms`` it may still be, ``depth`` characters in, ``letters`` counted."""

    forms: tuple[Form, ...] = tuple(PATTERNS)
    depth: int = 0
    letters: int = 0

    def ends_as(self) -> Form | None:
        """Return the form that is whole here, ``None`` if more has to come."""
        return next((form for form in self.forms if len(PATTERNS[form]) == self.depth), None)


START = Place()


@lru_cache(maxsize=4096)
def following(place: Place) -> dict[str, Place]:
    """Return what may come next, and where that leads."""
    onward: dict[str, list[Form]] = {}
    for form in place.forms:
        places = PATTERNS[form]
        if place.depth < len(places):
            full = form in _COUNTED and place.letters >= MOST_LETTERS and place.depth >= 2
            for character in places[place.depth]:
                if not (full and character in LETTERS):
                    onward.setdefault(character, []).append(form)
    depth = place.depth + 1
    return {
        character: Place(tuple(forms), depth, place.letters + (place.depth >= 2 and character in LETTERS))
        for character, forms in onward.items()
    }


def form_of(text: str) -> Form | None:
    """Return how ``text`` is written, ``None`` if no plate is written so."""
    place = START
    for character in text:
        onward = following(place).get(character)
        if onward is None:
            return None
        place = onward
    return place.ends_as()


def written(text: str) -> str:
    """Return ``text`` as plates are compared: upper case, without the dot, hyphens and spaces between."""
    return "".join(character for character in text.upper() if character not in SEPARATORS)


SEPARATORS = " ·•・.-—:"
"""What stands or is read between the characters and means nothing."""

ALIKE = ("0DQ", "8B", "2Z", "5S", "6G", "1LT", "7T", "UV", "VY", "HN", "MN", "CG", "EF", "PR", "京沪", "津浙")
"""Characters that cameras and people take for one another."""


def near_miss(one: str, other: str) -> bool:
    """Tell whether two plates differ in one character that is easily taken for the other: a guard is asked then."""
    if len(one) != len(other):
        return False
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(apart) == 1 and any(apart[0][0] in group and apart[0][1] in group for group in ALIKE)
