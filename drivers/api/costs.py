"""What asking costs a line, as a capability: worked out beforehand from settings and profiles, without a device."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Cost:
    """One request and its answer: ``sent`` and ``answered`` bytes as they go over the wire, checksums included.

    ``wire_s`` is how long those bytes take at the line's speed (0 on a network), ``silence_s`` how long the line rests
    between requests, ``answer_s`` how long the device is assumed to think; on a network that is the round trip.
    """

    sent: int
    answered: int
    wire_s: float
    silence_s: float
    answer_s: float

    @property
    def busy_s(self) -> float:
        """How long the line can do nothing else."""
        return self.wire_s + self.silence_s + self.answer_s


@runtime_checkable
class Costs(Protocol):
    """A driver that can say what a poll takes."""

    def costs(self, device: str, points: Collection[str] | None = None) -> tuple[Cost, ...]:
        """Return the cost of each request that ``Polls.poll`` with the same arguments makes, in order.

        ``Misconfigured`` or ``NotSupported`` where the poll could not be made. Nothing is opened or sent.
        """
        ...


def bits_per_character(form: str) -> int:
    """Return the bits that one byte takes on a serial line of ``form`` (``8N1``: 10, ``8E1``: 11)."""
    data, parity, stops = tuple(form)
    return 1 + int(data) + (parity != "N") + int(stops)
