"""Number plates as they are compared, and the lists of them that a collector keeps for a community."""

from enum import StrEnum
from typing import Final
from unicodedata import normalize

from msgspec import Struct

UNREAD: Final = "?"
"""Stands for a character of a plate that nobody could read."""

MOST_ENTRIES: Final = 100_000
"""So many entries a community's lists may have, all together."""

LONGEST: Final = 12
"""So many characters a plate has at most, and more than any has."""

_BLANKS: Final = frozenset("?*_□■#")


class ListKind(StrEnum):
    """What a list is for: who lives here, who is let in for a time, who is to be noticed and never let in."""

    white = "white"
    visitor = "visitor"
    black = "black"


class PlateEntry(Struct, frozen=True, omit_defaults=True, array_like=True):
    """A plate that is listed ``since`` until ``until`` (µs since the epoch, ``None``: without end; ``until`` is no
    longer within). ``plate`` is written as ``plate_text`` writes it.
    """

    plate: str
    kind: ListKind
    since: int | None = None
    until: int | None = None


class PlateLists(Struct, frozen=True, omit_defaults=True):
    """All that a collector lists for the community of ``gateway``; ``version`` grows with every change of it."""

    gateway: str
    version: int
    entries: tuple[PlateEntry, ...] = ()


def plate_text(text: str) -> str:
    """Return a plate as plates are compared: upper case and half width, without dots, hyphens and spaces; what was not
    read is ``UNREAD``. Empty where nothing of it is a plate's.
    """
    told = normalize("NFKC", text).upper()
    return "".join(UNREAD if each in _BLANKS else each for each in told if each in _BLANKS or each.isalnum())


def is_plate(text: str) -> bool:
    """Tell whether ``text``, as ``plate_text`` wrote it, may be the whole of a plate: five to nine characters, all of
    them read, four of them Latin letters or digits.
    """
    return 5 <= len(text) <= 9 and UNREAD not in text and sum(each.isascii() for each in text) >= 4
