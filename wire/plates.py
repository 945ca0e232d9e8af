"""Number plates as they are compared, and the lists of them that a collector keeps for a community."""

from enum import StrEnum
from typing import Final
from unicodedata import normalize

from msgspec import Struct

UNREAD: Final = "?"
"""Stands for a character of a plate that nobody could read."""

MOST_ENTRIES: Final = 100_000
"""So many entries a community's lists may have, all together."""

PART: Final = 5000
"""So many entries a collector puts into one part."""

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


class ListsAsked(Struct, frozen=True, omit_defaults=True):
    """A gateway asks for its lists from the entry number ``start`` on."""

    start: int = 0


class ListsPart(Struct, frozen=True, omit_defaults=True):
    """The entries from number ``start`` on of the ``total`` that the lists of ``gateway`` have in this ``version``."""

    gateway: str
    version: int
    total: int
    start: int = 0
    entries: tuple[PlateEntry, ...] = ()


class SignedPart(Struct, frozen=True):
    """The envelope of a ``ListsPart``: what opens a gate comes from the collector and from nobody on the way."""

    payload: bytes
    signature: bytes


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
