"""Something that happened at a device at one moment: a card shown, a plate read, a button pressed."""

from typing import Final

from msgspec import Struct

from wire.reading import Value

SEQ: Final = "seq"
"""The field with the device's own number of the occurrence: the same press has it at every gateway that hears it."""


class Event(Struct, frozen=True, omit_defaults=True):
    """One occurrence. ``id`` is unique for ever (it is the collector's dedupe key beside the chunk's);
    ``name`` is a name of the device class's catalogue; ``at`` is microseconds since the epoch, UTC.
    """

    id: str
    device: str
    name: str
    at: int
    fields: dict[str, Value] = {}
