"""How the buffer is, told without lying: its state and its counts, as plain values."""

from dataclasses import dataclass, field
from enum import StrEnum

from edge_agent.buffer.card import CardLife


class BufferState(StrEnum):
    """``durable``: what was handed over is on disk. ``volatile``: the disk refuses it, so it waits in memory, is sent
    from there, and is written as soon as the disk takes it. ``refused``: memory was full too and the oldest was
    dropped (a gap tells).
    """

    DURABLE = "durable"
    VOLATILE = "volatile"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Damage:
    """What a damaged buffer came to: ``why`` it was given up, how many of the entries it owed are ``saved`` and how
    many ``lost``. Until ``done`` the file is being read, and ``lost`` are those not found yet. Not ``exact``: nothing
    told what it owed, and at least so many are lost.
    """

    why: str
    saved: int
    lost: int
    exact: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts are of entries (``Content.entries``), since the journal was born, unless said otherwise; the state lane
    holds copies of what is in the history, which are no entries.

    ``pending`` entries in ``pending_chunks`` chunks await their receipt, the oldest taken at ``pending_oldest_at`` (µs,
    0 for none); of those chunks and the held ones, ``lanes`` says how many are in each lane. ``quarantined`` were
    rejected by the collector and are kept aside; ``dropped`` were evicted at the size limit or lost in memory (each is
    in a gap record too); ``thinned`` have summaries in their place; ``salvaged`` were got out of a damaged file.
    ``held`` chunks wait in memory for the disk. ``used_bytes`` is what the file holds, free pages not counted, with
    ``kept_bytes`` of what is delivered;
    ``free_bytes`` what the disk has left. ``full``: old history is being dropped. ``card`` tells of the card's life.
    ``commits`` counts transactions since the start. ``damage`` is what became of the last damaged or deleted file since
    the start; what is still to be got out of it is pending.
    """

    state: BufferState
    journal: str
    produced: int = 0
    pending: int = 0
    pending_chunks: int = 0
    pending_oldest_at: int = 0
    quarantined: int = 0
    dropped: int = 0
    thinned: int = 0
    salvaged: int = 0
    lanes: tuple[int, ...] = (0, 0, 0)
    held: int = 0
    used_bytes: int = 0
    kept_bytes: int = 0
    free_bytes: int = 0
    full: bool = False
    card: CardLife = field(default_factory=CardLife)
    commits: int = 0
    problem: str = ""
    damage: Damage | None = None


@dataclass(frozen=True, slots=True)
class AcceptedCommand:
    """A command that was accepted and has no outcome yet; ``at`` is when (µs, the gateway's clock)."""

    id: str
    device: str
    at: int
