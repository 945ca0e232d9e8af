"""The unit of storage, transport and dedupe: what is committed once at the edge is sent and stored as it is."""

from enum import IntEnum, StrEnum
from zlib import crc32

from msgspec import Struct

from wire.alert import AlertChange
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome
from wire.reading import Batch


class Lane(IntEnum):
    """Which queue a chunk drains from, most urgent first."""

    ALARM = 0
    STATE = 1
    HISTORY = 2


class Codec(IntEnum):
    """How a chunk's body is encoded: 1 is zstd-compressed msgpack of ``Content``."""

    MSGPACK_ZSTD = 1


class ClockState(StrEnum):
    """How good the gateway's wall clock was: disciplined, coasting after it was, or never set since boot."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNSYNCED = "unsynced"


class ClockMark(Struct, frozen=True):
    """The gateway's clocks when a chunk was opened: ``wall`` and ``mono`` at one instant, µs; ``boot`` names it."""

    boot: str
    state: ClockState
    wall: int
    mono: int


class Gap(Struct, frozen=True):
    """An honest hole: ``count`` entries of ``what`` between ``start`` and ``end`` (µs) were lost for ``reason``."""

    what: str
    count: int
    reason: str
    start: int
    end: int


class Content(Struct, frozen=True, omit_defaults=True):
    """What a chunk holds. Unknown fields are ignored by older readers, so later versions may add some."""

    clock: ClockMark
    batches: tuple[Batch, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[AlertChange, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    gaps: tuple[Gap, ...] = ()
    inventory: Inventory | None = None

    def entries(self) -> int:
        """Count what is in it: every single reading, event, alert change, outcome, gap and inventory."""
        readings = sum(len(batch.points) for batch in self.batches)
        others = len(self.events) + len(self.alerts) + len(self.outcomes) + len(self.gaps)
        return readings + others + (self.inventory is not None)


class Chunk(Struct, array_like=True, frozen=True):
    """One durable row at the edge, one frame on the wire; dedupe key ``(gateway, journal, lane, seq)``.

    ``journal`` is an id born with the buffer file (32 hex digits); ``seq`` counts from 1 in each lane without holes;
    ``n`` is ``Content.entries()``; ``t_min`` and ``t_max`` span the entries' times (µs); ``crc`` is CRC-32 of ``body``.
    """

    journal: str
    lane: int
    seq: int
    n: int
    t_min: int
    t_max: int
    codec: int
    crc: int
    body: bytes

    def intact(self) -> bool:
        """Tell whether the body still has the checksum it was stored with."""
        return crc32(self.body) == self.crc
