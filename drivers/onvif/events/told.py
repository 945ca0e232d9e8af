"""What a camera told and what it means: a message in its maker's words, and one meaning in ours."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from drivers.onvif.events.moments import Moment
from wire.reading import Value

LONGEST: Final = 200
"""Characters of a text that leaves this room."""


class Message(NamedTuple):
    """One thing told, not yet understood. ``topic`` has no prefixes; ``data`` holds texts as they came, what lies
    within something by the names of both (``LicensePlateInfo.PlateNumber``); ``source`` names the input, door, rule's
    video source or channel; ``operation`` is ``initial``, ``repeated``, ``deleted`` or empty: it happens now. ``when``
    is the camera's own time as written, ISO 8601 or Unix seconds; ``zoned`` says whether its zone is to be believed.
    """

    dialect: str
    topic: str
    data: Mapping[str, str]
    source: str = ""
    operation: str = ""
    when: str = ""
    zoned: bool = True


class Occurrence(NamedTuple):
    """An event of the catalogue: its ``name``, the camera's own ``number`` of it (the same in every repetition, empty
    where it gives none), its fields.
    """

    name: str
    number: str
    fields: Mapping[str, Value]


class Meaning(NamedTuple):
    """What one message says: points that now stand so, and what happened, if anything did.

    ``source`` as in the message; ``received`` is the caller's time (µs); ``picture`` is what the camera calls its
    picture: an address on some host, the name of another part, or ``inline``. It is hostile input and only a name here.
    """

    source: str
    values: Mapping[str, Value]
    occurrence: Occurrence | None
    moment: Moment
    received: int
    picture: str = ""


def short(text: str) -> str:
    """Return a text without its blank ends; empty where it is too long to be kept or holds what is no text."""
    text = text.strip()
    return text if len(text) <= LONGEST and text.isprintable() else ""
