"""A picture that a person asked to look at: how it is asked for, and the gateway's answer, which nobody stores."""

import re
from typing import Final

from msgspec import Struct

LOOK: Final = "picture_look"
"""The command to the gateway itself that asks for one: ``reference``, and ``whole`` (else masked)."""

FIELD: Final = "snapshot_ref"
"""The field of an event, and of a command's readback, with the reference of a picture."""

PICTURE_LIMIT: Final = 4 * 1024 * 1024
"""Most bytes of one picture, kept or sent."""

GONE: Final = "picture_gone"
"""It was never here, is no longer kept, or has not come yet."""

NOT_KEPT: Final = "pictures_not_kept"
"""This gateway keeps no pictures, as its file says."""

CANNOT_MASK: Final = "cannot_mask"
"""It may only be shown masked, and this gateway cannot mask it."""

TOO_LARGE: Final = "too_large"
"""It does not go through the way to the collector."""

BUSY: Final = "busy"
"""More are being asked for than this gateway sends at once."""

_REFERENCE = re.compile(r"([a-z0-9][a-z0-9_-]{0,62})-[A-Za-z0-9]{1,64}")


class PictureAnswer(Struct, frozen=True, omit_defaults=True):
    """The answer to ``command``: the picture as JPEG in ``data``, taken ``at`` (µs), or none and a ``word`` that says
    why. ``masked``: neither plate nor face can be read in it.
    """

    command: str
    data: bytes
    word: str = ""
    at: int = 0
    masked: bool = False


def device_of(reference: str) -> str:
    """Return the device that a reference names, empty where it is no reference: ``<device>-<letters and digits>``."""
    match = _REFERENCE.fullmatch(reference)
    return match[1] if match else ""
