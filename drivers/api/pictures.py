"""Pictures that belong to what devices tell: told by a driver, kept on the box, and never part of a reading."""

from dataclasses import dataclass
from typing import Protocol


class MaskingMissing(LookupError):
    """What masks pictures is not installed."""


class MasksPictures(Protocol):
    """Something that makes pictures unreadable: local, one picture at a time on the caller's thread."""

    def masked(self, picture: bytes) -> bytes:
        """Return a JPEG of the same scene in which neither a number plate nor a face can be read, whatever the picture
        shows and however large; ``NoPicture`` for what cannot be opened. Takes tens of milliseconds of CPU.
        """
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG that a device's event refers to by ``reference`` (its field ``snapshot_ref``), or that was asked for
    with a command, whose readback has it under the same name.

    ``reference`` is ``<device>-<letters and digits>``, unique for ever and safe as a file's name; ``at`` is when it was
    taken (µs). It may come later than the event that refers to it, and never where it could not be had.
    """

    device: str
    reference: str
    at: int
    data: bytes
