"""Which device of one bus is due next and for which points; pure, in seconds of any clock that only grows."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from edge_agent.plan import DevicePlan

_SLACK = 0.1
"""A group due within this part of its period is read along with what is due now: one request instead of two."""

_SLACK_S = 0.05

_SIGN_OF_LIFE_S = 5.0


@dataclass(slots=True)
class _Group:
    period_s: float
    keys: tuple[str, ...]
    due: float
    slack_s: float


@dataclass(slots=True)
class Turn:
    """One device's turn on the bus. Give it back with ``PollSchedule.done`` or ``PollSchedule.postpone``."""

    device: str
    groups: list[_Group]
    unions: dict[int, tuple[str, ...] | None] = field(default_factory=dict)

    def due(self) -> float:
        """Return when its first group is due."""
        return min(group.due for group in self.groups)

    def keys(self, now: float) -> tuple[str, ...] | None:
        """Return the points due at ``now``; ``None`` means all that the device has."""
        if len(self.groups) == 1:
            return None
        mask = 0
        for number, group in enumerate(self.groups):
            if group.due <= now + group.slack_s:
                mask |= 1 << number
        if mask not in self.unions:
            chosen = [key for number, group in enumerate(self.groups) if mask >> number & 1 for key in group.keys]
            self.unions[mask] = None if mask + 1 == 1 << len(self.groups) else tuple(chosen)
        return self.unions[mask]


class PollSchedule:
    """The turns of the devices on one bus, earliest first, so that an overloaded bus still serves everyone in turn.

    Points of one device with the same period are read together; a device without points is asked for a sign of life.
    A slot that has passed while the bus was busy is
    skipped and counted in ``missed``; slots never pile up.
    """

    def __init__(self, plans: Sequence[DevicePlan], now: float) -> None:
        self.missed = 0
        self._turns = [Turn(plan.id, _groups(plan, now)) for plan in plans]
        self._heap: list[tuple[float, int, Turn]] = []
        self._count = 0
        self.restart(now)

    def __bool__(self) -> bool:
        return bool(self._heap)

    def restart(self, now: float) -> None:
        """Make every device due at ``now`` for all its points."""
        self._heap.clear()
        for turn in self._turns:
            self.postpone(turn, now)

    def next_due(self) -> float:
        """Return when the next turn is; ``IndexError`` if there is none."""
        return self._heap[0][0]

    def take(self) -> Turn:
        """Take the next turn out; ``IndexError`` if there is none."""
        return heapq.heappop(self._heap)[2]

    def done(self, turn: Turn, asked: float, now: float) -> None:
        """Give back a turn whose points due at ``asked`` were read; their next slots lie after ``now``."""
        for group in turn.groups:
            if group.due > asked + group.slack_s:
                continue
            group.due += group.period_s
            if group.due <= now:
                skipped = max(1, ceil((now - group.due) / group.period_s))
                self.missed += skipped
                group.due += skipped * group.period_s
        self._push(turn)

    def postpone(self, turn: Turn, until: float) -> None:
        """Give back a turn that is next due at ``until``, then for all its points."""
        for group in turn.groups:
            group.due = until
        self._push(turn)

    def _push(self, turn: Turn) -> None:
        self._count += 1
        heapq.heappush(self._heap, (turn.due(), self._count, turn))


def _groups(plan: DevicePlan, now: float) -> list[_Group]:
    by_period: dict[float, list[str]] = {} if plan.points else {_SIGN_OF_LIFE_S: []}
    for point in plan.points:
        by_period.setdefault(point.period_s, []).append(point.key)
    return [
        _Group(period_s, tuple(keys), now, min(_SLACK_S, _SLACK * period_s))
        for period_s, keys in sorted(by_period.items())
    ]
