"""A meter protocol as the line that carries it sees it: its frames, its meters, its words, and how it finds a meter.

A protocol is an entry point of the group ``linli.meters``, named as ``driver`` in the profiles of its meters.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import ClassVar, Literal, NamedTuple, Protocol, cast, runtime_checkable

from config.address import Scalar
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured
from drivers.meters.decode import Units
from drivers.meters.frames import FrameReader

GROUP = "linli.meters"


class Asks(Protocol):
    """What a meter needs of its line; see ``drivers.meters.line.Line``."""

    async def ask(self, frame: bytes, is_answer: Callable[[bytes], bool], reader: FrameReader) -> bytes:
        """Send ``frame`` and return the frame, as ``reader`` finds it, that answers it."""
        ...


class Meter(Protocol):
    """One meter in its protocol's words. ``read`` is called with the line's turn in hand.

    ``around`` are the bytes of a frame beside identifier and data, in a question and in its answer.
    """

    around: ClassVar[tuple[int, int]]

    async def read(self, line: Asks, item: str, size: int) -> bytes:
        """Return the data of ``item``, expected to be ``size`` bytes long; raises what ``Line.ask`` does, or
        ``DeviceRefused`` with the protocol's number.
        """
        ...


@runtime_checkable
class Writes(Protocol):
    """A meter that can be told something, once it is ``known`` how its maker writes identifiers."""

    @property
    def known(self) -> bool:
        """Whether that is known; a reading finds out."""
        ...

    async def write(self, line: Asks, item: str, value: int) -> None:
        """Write one byte to ``item`` and wait for the answer; raises as ``Meter.read`` does."""
        ...


class Said(NamedTuple):
    """What one frame says. ``number`` is the meter's, as its plate has it; ``deed`` what is asked for or answered,
    ``control`` its code; ``item`` as the standard prints it, empty where there is none; ``data`` in the clear, as the
    wire orders it. ``refused`` is the code with which something was refused, -1 where nothing was.
    """

    number: str
    answers: bool
    deed: Literal["read", "write", "number", "other"]
    control: int
    item: str = ""
    data: bytes = b""
    refused: int = -1


class Found(NamedTuple):
    """A meter that answered a call: its address as the wire has it, and what its answer tells of it besides."""

    address: bytes
    options: Mapping[str, Scalar] = {}


class Call(NamedTuple):
    """A question to whoever fits an address, and what an answer to it tells (``None``: a frame that is none)."""

    frame: bytes
    found: Callable[[bytes], Found | None]


class Dialect(Protocol):
    """One meter protocol. ``address_bytes`` is how long its addresses are, ``units`` what its unit codes mean."""

    name: str
    address_bytes: int
    units: Units

    def reader(self) -> FrameReader:
        """Return what finds its frames in a stream of bytes."""
        ...

    def meter(self, device: DeviceSettings) -> Meter:
        """Return the meter that ``device`` is; ``Misconfigured`` where its options make none."""
        ...

    def said(self, whole: bytes) -> Said:
        """Return what a whole frame says."""
        ...

    def renumbered(self, whole: bytes, number: Callable[[bytes], bytes]) -> bytes:
        """Return a whole frame with ``number`` of its address in its place, and its sum right again."""
        ...

    def calls(self, address: bytes) -> tuple[Call, ...]:
        """Return the ways to ask all meters that ``address`` (pairs ``AA`` are any) reaches; none of them writes.

        The last asks for the number itself, which the standards promise for the only meter of a line alone.
        """
        ...

    def options(self, profile: Profile, found: Found) -> Iterator[dict[str, Scalar]]:
        """Yield the options with which ``found`` may be a device of ``profile``, none where it cannot be one."""
        ...


def dialects(bus_type: str) -> dict[str, Dialect]:
    """Return the protocols on a bus of ``bus_type`` by name: all of them on a ``meter-`` line, else the one that it
    is named after; ``Misconfigured`` where there is none.
    """
    family = bus_type.partition("-")[0]
    wanted = [point for point in entry_points(group=GROUP) if family in ("meter", point.name)]
    if not wanted:
        raise Misconfigured(f"no meter protocol is on a {bus_type} bus")
    return {point.name: cast(Dialect, point.load()()) for point in sorted(wanted, key=lambda point: point.name)}
