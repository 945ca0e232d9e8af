"""How the buffer is, told without lying: its state and its counts, as plain values."""

from dataclasses import dataclass
from enum import StrEnum


class BufferState(StrEnum):
    """``durable``: what was handed over is on disk. ``volatile``: the disk refuses it, so it waits in memory, is sent
    from there, and is written as soon as the disk takes it. ``refused``: memory was full too and the oldest was
    dropped (a gap tells).
    """

    DURABLE = "durable"
    VOLATILE = "volatile"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts are of entries (``Content.entries``), since the journal was born, unless said otherwise.

    ``pending`` entries in ``pending_chunks`` chunks await their receipt, the oldest taken at ``pending_oldest_at`` (µs,
    0 for none). ``quarantined`` were rejected by the collector and are kept aside; ``dropped`` were evicted at the size
    limit or lost in memory (each is in a gap record too). ``held`` chunks wait in memory for the disk. ``used_bytes``
    is what the file holds, free pages not counted. ``commits`` counts transactions since the start.
    """

    state: BufferState
    journal: str
    produced: int = 0
    pending: int = 0
    pending_chunks: int = 0
    pending_oldest_at: int = 0
    quarantined: int = 0
    dropped: int = 0
    held: int = 0
    used_bytes: int = 0
    commits: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedCommand:
    """A command that was accepted and has no outcome yet; ``at`` is when (µs, the gateway's clock)."""

    id: str
    device: str
    at: int
