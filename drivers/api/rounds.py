"""What visiting devices takes, as a capability: worked out beforehand from settings and profiles, without a device."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Turn:
    """A device that is visited every ``period_s``; each visit takes a lane for ``busy_s``, from the first try to
    connect until another may use its place.
    """

    device: str
    period_s: float
    busy_s: float


@dataclass(frozen=True, slots=True)
class Round:
    """The visits of a bus: ``lanes`` of them go on at once, ``spare_lanes`` (parts of one too) while devices that fail
    are tried again.

    ``turns`` are those visited by the clock, ``seen`` the devices that are visited when they show up, ``streams`` those
    that stay connected, for which there are ``stream_slots``.
    """

    lanes: int
    spare_lanes: float
    turns: tuple[Turn, ...]
    seen: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    stream_slots: int = 0

    @property
    def load(self) -> float:
        """Return the part of their time in which the lanes are taken; above 1 everybody waits longer than asked."""
        return sum(turn.busy_s / turn.period_s for turn in self.turns) / self.lanes

    @property
    def round_s(self) -> float:
        """Return how long it takes to visit everybody once."""
        return _shared(self.turns, self.lanes)

    @property
    def troubled_s(self) -> float:
        """Return the same while devices that fail take what they may."""
        return _shared(self.turns, self.spare_lanes)


@runtime_checkable
class Rounds(Protocol):
    """A driver whose devices are visited, each over a connection of its own."""

    def rounds(self) -> Round:
        """Return what visiting its devices takes. Nothing is opened or sent."""
        ...


def _shared(turns: tuple[Turn, ...], lanes: float) -> float:
    """Return when the last lane is done, whoever goes first: no lane rests while somebody waits."""
    busy = [turn.busy_s for turn in turns]
    longest_s = max(busy, default=0.0)
    return longest_s if len(busy) <= lanes else longest_s + (sum(busy) - longest_s) / lanes
