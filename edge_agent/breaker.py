"""The circuit breaker of a line: who does not answer is asked more rarely, not at its neighbours' expense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_agent.plan import DevicePlan
from runtime.backoff import Backoff

FAILURES_TO_OFFLINE: Final = 3
CEILING_S: Final = 30.0

_RETRY_S: Final = 2.0
_SHARE: Final = 0.04
_SAVED_S: Final = 1.0


@dataclass(slots=True, eq=False)
class Unit:
    """One address on a line and the ``devices`` behind it, which are silent together (the doors on one relay board).

    ``failures`` counts in a row; before ``retry_at`` nobody asks it again. ``behind``: it waits for its neighbours'
    slots to be served.
    """

    devices: tuple[str, ...]
    failures: int = 0
    retry_at: float = 0.0
    behind: bool = False
    backoff: Backoff = field(default_factory=lambda: Backoff(_RETRY_S, CEILING_S))

    @property
    def lost(self) -> bool:
        """Whether it failed often enough to be offline."""
        return self.failures >= FAILURES_TO_OFFLINE

    def failed(self, now: float, period_s: float) -> None:
        """Count a failure; the first ones are followed up soon, though not sooner than ``period_s`` or 2 s."""
        self.failures += 1
        self.retry_at = now + (self.backoff.next() if self.lost else min(_RETRY_S, period_s))

    def answered(self) -> None:
        """Forget what was."""
        self.failures, self.retry_at = 0, 0.0
        self.backoff.reset()


class Ration:
    """What silent units together may take of their line's time: a twenty-fifth, of which 1 s may be saved up.

    A try lasts until the timeout, and a neighbour whose slot passes meanwhile has lost a reading.
    """

    def __init__(self, now: float) -> None:
        self._left_s, self._at = _SAVED_S, now

    def spend(self, seconds: float, now: float) -> None:
        """Take ``seconds`` that were waited in vain, until ``now``."""
        self._left_s, self._at = self._left(now) - seconds, now

    def ready_at(self, now: float) -> float:
        """Return when the next try may be made: ``now``, or when what was overdrawn has come in again."""
        left = self._left(now)
        return now if left >= 0 else now - left / _SHARE

    def _left(self, now: float) -> float:
        return min(_SAVED_S, self._left_s + (now - self._at) * _SHARE)


def units_of(plans: Sequence[DevicePlan]) -> Mapping[str, Unit]:
    """Return the unit of each device; devices without an address of their own on the bus are units by themselves."""
    together: dict[int | str, list[str]] = {}
    for plan in plans:
        together.setdefault(plan.unit or plan.id, []).append(plan.id)
    units = [Unit(tuple(devices)) for devices in together.values()]
    return {device: unit for unit in units for device in unit.devices}
