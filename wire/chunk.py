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


class ClockFix(Struct, frozen=True):
    """What the right time turned out to be in one boot: true time = ``offset`` + monotonic, both µs, to within
    ``width``; measured when the monotonic clock stood at ``mono``, from ``source`` (``ntp`` or ``collector``).

    What was taken earlier in the same boot under an ``unsynced`` mark is corrected by it.
    """

    boot: str
    offset: int
    width: int
    mono: int
    source: str


class Missed(Struct, array_like=True, frozen=True):
    """The completeness account's other side: ``count`` slots in the hour that begins at ``hour`` (µs) of which each of
    ``points`` has no row of its own in the history, for ``reason``. Under an ``unsynced`` mark ``hour`` is the time of
    the first of the slots, and is rounded to its hour when it has been corrected.

    ``unchanged``: it was read, and not stored because nothing had changed. ``no_value``: the device answered without
    it. ``no_answer``, ``offline``, ``bus_busy``, ``not_running``: it was due and never read. ``extra`` is the other way
    round: it was read besides what was due. A row of quality ``OFFLINE`` marks where an outage began and was never
    due. So due = rows not ``OFFLINE`` + missed - extra.
    """

    device: str
    hour: int
    points: tuple[str, ...]
    reason: str
    count: int


class Summary(Struct, array_like=True, frozen=True):
    """What is left of numbers that were thinned under pressure: of each of ``points`` the ``n`` good readings from
    ``start`` (µs) for ``width_s`` seconds, as their lowest, mean, highest and last value.

    Raises ``ValueError`` when the lengths disagree.
    """

    device: str
    start: int
    width_s: int
    points: tuple[str, ...]
    n: tuple[int, ...]
    low: tuple[float, ...]
    mean: tuple[float, ...]
    high: tuple[float, ...]
    last: tuple[float, ...]

    def __post_init__(self) -> None:
        columns = (self.n, self.low, self.mean, self.high, self.last)
        if any(len(column) != len(self.points) for column in columns):
            raise ValueError("the columns of a summary must have the same length")


class Loss(Struct, array_like=True, frozen=True):
    """How many readings of one point in the hour that begins at ``hour`` (µs) a gap stands for."""

    device: str
    point: str
    hour: int
    count: int


class Gap(Struct, frozen=True, omit_defaults=True):
    """An honest hole: ``count`` entries of ``what`` between ``start`` and ``end`` (µs) were lost for ``reason``.

    ``what`` is the point class: ``analogue`` (numbers), ``state`` (truth values and words), or ``entries`` where it is
    not known. ``seqs`` are the sequence numbers (first, last) of ``lane`` of ``journal`` that will never come;
    ``losses`` say whose readings they were, empty where nobody can know. With the reason ``thinned`` summaries stand
    for them.
    """

    what: str
    count: int
    reason: str
    start: int
    end: int
    journal: str = ""
    lane: int = -1
    seqs: tuple[tuple[int, int], ...] = ()
    losses: tuple[Loss, ...] = ()


class Content(Struct, frozen=True, omit_defaults=True):
    """What a chunk holds. Unknown fields are ignored by older readers, so later versions may add some."""

    clock: ClockMark
    batches: tuple[Batch, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[AlertChange, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    gaps: tuple[Gap, ...] = ()
    inventory: Inventory | None = None
    missed: tuple[Missed, ...] = ()
    summaries: tuple[Summary, ...] = ()
    fixes: tuple[ClockFix, ...] = ()

    def entries(self) -> int:
        """Count what is in it: every single reading, event, alert change, outcome, gap, inventory, account line,
        summary and clock fix.
        """
        readings = sum([len(batch.points) for batch in self.batches])
        others = len(self.events) + len(self.alerts) + len(self.outcomes) + len(self.gaps)
        accounts = len(self.missed) + len(self.summaries) + len(self.fixes)
        return readings + others + accounts + (self.inventory is not None)


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
