"""What a row of the table of topics is: which word decides, what each word means, and what is taken along."""

from collections.abc import Mapping
from typing import NamedTuple

from wire.reading import Value


class Said(NamedTuple):
    """What one word means: the catalogue's ``event`` or none, points that now stand so, fields of the event. ``plain``:
    of what the row takes along only its number and picture belong to this event.
    """

    event: str = ""
    values: Mapping[str, Value] = {}
    fields: Mapping[str, Value] = {}
    plain: bool = False


class Row(NamedTuple):
    """One topic. ``keys``: the first of them that is among the data holds the deciding word; without any the row
    has one meaning, under the empty word. ``says`` is by words in small letters, 1 and 0 being true and false.

    ``takes`` are pairs of the maker's key and our field, of one field the first that can be understood; ``picture`` and
    ``number`` are no fields but what they are called. ``full``: certainty in the maker's measure. ``dated``: numbers
    begin anew and need the time beside them. ``lasts``: while it goes on it is told again and again.
    """

    says: Mapping[str, Said]
    keys: tuple[str, ...] = ()
    takes: tuple[tuple[str, str], ...] = ()
    full: float = 1.0
    dated: bool = True
    lasts: bool = True


def flag(event: str, point: str, *keys: str, takes: tuple[tuple[str, str], ...] = (), **fields: Value) -> Row:
    """Return a row for a thing that is so or not; that it ended is no event. ``point`` may be empty."""
    on, off = ({point: True}, {point: False}) if point else ({}, {})
    return Row({"true": Said(event, on, fields), "false": Said("", off)}, keys or ("State",), takes)


def pulse(event: str, *takes: tuple[str, str], **fields: Value) -> Row:
    """Return a row for a thing that happens and has no state."""
    return Row({"": Said(event, {}, fields)}, (), takes)
