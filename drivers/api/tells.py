"""Devices that speak without being asked, as a capability: what they tell, how it is taken, when it is safe."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from drivers.api.pictures import Picture
from wire.event import Event
from wire.reading import Batch


@dataclass(frozen=True, slots=True)
class Presence:
    """What stands in front of a device (a radio gateway, a broker's last will) says that it is there, or is not and
    ``why``: a stable word, a colon, one line.
    """

    device: str
    there: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a device was some time before anybody listened, kept for whoever comes later: state, and no sign of life."""

    batch: Batch

    @property
    def device(self) -> str:
        """Return the device."""
        return self.batch.device


@dataclass(frozen=True, slots=True)
class Overrun:
    """``count`` messages of a device were dropped unheard, since ``since`` (µs): they came faster than taken."""

    device: str
    count: int
    since: int


Heard: TypeAlias = Batch | Event | Kept | Presence | Overrun | Picture
"""One thing that a device told.

An event's ``id`` is what the device itself calls the occurrence (a running number, a time), the same in every
repetition, or empty where it calls it nothing. A batch holds the points that were told, not all that the device has.
"""

Hear: TypeAlias = Callable[[Sequence[Heard]], Awaitable[Awaitable[object]]]
"""Takes what was told, in order. It returns when that was judged, and gives something to wait for: then none of it can
be lost any more, and whoever keeps it for us may forget it.
"""


@runtime_checkable
class Tells(Protocol):
    """A driver whose devices tell by themselves; they are not asked, whatever else it offers."""

    async def listen(self, hear: Hear) -> None:
        """Give ``hear`` whatever devices tell until cancelled; the bus must be open.

        Order: of one device everything in the order in which it told it. Duplicates: what was told once may be
        heard again (its sender repeats what it got no receipt for), an event then with the same ``id`` where it has
        one. Gaps: what was told while nobody listened may be lost; what had to be dropped afterwards is an
        ``Overrun``. Back-pressure: while ``hear`` does not return nothing more is given to it, what waits is bounded,
        and a sender that can wait is made to. A message that makes no sense costs itself and nothing else. ``LineLost``
        when the bus is gone; whatever ``hear`` raises leaves as it is.
        """
        ...
