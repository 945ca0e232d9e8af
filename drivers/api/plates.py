"""Reading number plates from a picture, as a capability: what was read, how surely, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

OPENING = 0.9
"""At or above this confidence a read may move a barrier; below it a person is asked."""

BELIEVED = 0.5
"""Below this a read is not told at all: half of what stands there would be wrong."""

Point: TypeAlias = tuple[float, float]


class PlateKind(StrEnum):
    """What a plate is by its colour and layout (GA 36-2018)."""

    blue = "blue"
    yellow = "yellow"
    yellow_double = "yellow_double"
    green_small = "green_small"
    green_large = "green_large"
    green = "green"
    white = "white"
    white_double = "white_double"
    black = "black"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate of one picture.

    ``text`` has neither dot nor space (``浙F12345``). ``confidence`` is 0 to 1; what it may be used for
    is at ``OPENING`` and ``BELIEVED``. ``corners`` are top left, top right, bottom right and bottom left of
    the plate, in pixels of the picture; ``rows`` is 1 or 2. ``others`` are what it may be instead, likeliest first,
    each with its confidence.
    """

    text: str
    confidence: float
    kind: PlateKind
    corners: tuple[Point, Point, Point, Point]
    rows: int = 1
    others: tuple[tuple[str, float], ...] = ()

    @property
    def centre(self) -> Point:
        """Return the middle of the plate, in pixels."""
        return sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4

    @property
    def width(self) -> float:
        """Return how wide the plate is, in pixels: the mean of its upper and lower edge."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return float((abs(complex(bx - ax, by - ay)) + abs(complex(cx - dx, cy - dy))) / 2)


class Direction(StrEnum):
    """Where a vehicle went, as its plate grew or shrank in the picture."""

    approaching = "approaching"
    leaving = "leaving"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle that passed.

    ``read`` is what was voted, with the corners of its best frame, which ``picture`` refers to; ``began`` and
    ``ended`` are the times (µs) of the first and last frame, ``frames`` how many had the plate.
    """

    read: PlateRead
    direction: Direction
    began: int
    ended: int
    frames: int
    picture: str


class FollowsPassages(Protocol):
    """What makes one answer of the many frames that a vehicle is seen on; one for each camera."""

    def see(self, at: int, reads: Sequence[PlateRead], picture: str = "") -> list[Passage]:
        """Take what was read of the frame at ``at`` (µs), called ``picture``; return the passages to tell now."""
        ...

    def until(self, now: int) -> list[Passage]:
        """Return the passages that are over at ``now`` (µs); to be called also while no frame comes."""
        ...


class NoPicture(ValueError):
    """These bytes are no picture that can be opened, or one that is too large to be."""


class ModelsMissing(LookupError):
    """The networks that read plates are not installed, or are not the ones that were measured."""


@runtime_checkable
class ReadsPlates(Protocol):
    """Something that reads plates: local, without a network, one picture at a time on the caller's thread."""

    def read(self, picture: bytes) -> list[PlateRead]:
        """Return the plates of an encoded picture (JPEG, PNG, …), the best to act on first; empty when there is none.

        ``NoPicture`` for what cannot be opened. Takes about a tenth of a second of CPU: not for an event loop.
        """
        ...

    def read_image(self, image: Any) -> list[PlateRead]:
        """Do the same for a picture that is decoded: a numpy array of bytes, height x width x BGR."""
        ...

    def annotated(self, picture: bytes, reads: Sequence[PlateRead]) -> bytes:
        """Return the picture as JPEG with ``reads`` drawn into it; ``NoPicture`` as in ``read``."""
        ...

    def passages(self, *, at_once: bool = False) -> FollowsPassages:
        """Return what votes over the frames of one camera; it keeps nothing of the pictures.

        ``at_once``: a passage is told as soon as it is fit to open a barrier, not when it is over, and the same plate
        not again within a minute of being seen. One that was told in doubt is told once more when it is sure.
        """
        ...
