"""How much of a gateway's past is here: the time before which nothing that it noted is still on its way; purely."""

from dataclasses import dataclass

from wire.status import Status


@dataclass(frozen=True, slots=True)
class Pause:
    """Time (µs) in which a gateway was off: nobody measured, so nothing was absent, and no period ran."""

    start: int
    end: int


def complete_until(status: Status, now: int, late_us: int) -> int:
    """Return the time up to which everything that a gateway noted has come here, by what it says of its backlog.

    ``late_us`` is for what its devices told it and it had not made durable yet. ``now`` is the collector's time: a
    gateway whose clock is ahead is not believed beyond it.
    """
    behind = status.pending_oldest_at if status.pending and status.pending_oldest_at else status.at
    return min(behind, status.at, now) - late_us


def started_at(status: Status) -> int:
    """Return when the agent that speaks was started (µs)."""
    return status.at - round(status.uptime_s * 1_000_000)
