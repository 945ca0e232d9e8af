"""Which device of one bus is due next and for which points; pure, in seconds of any clock that only grows."""

import heapq
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Literal, TypeAlias

from edge_agent.plan import DevicePlan

_SLACK = 0.1
"""A group due within this part of its period is read along with what is due now: one request instead of two."""

_SLACK_S = 0.05

_SIGN_OF_LIFE_S = 5.0

Why: TypeAlias = Literal["no_answer", "offline", "bus_busy"]
"""Why slots passed without a reading."""

Missing: TypeAlias = Callable[[str, tuple[str, ...], Why, float, float, int], None]
"""Told of a device's points whose slots passed: why, the first slot, the period (s), and how many."""


@dataclass(slots=True)
class Group:
    """Points of one device that are due together. Its slots are ``due`` and every ``period_s`` after, come what may;
    ``due`` is the first that is still open. ``failed``: somebody asked in it, in vain.
    """

    period_s: float
    keys: tuple[str, ...]
    due: float
    slack_s: float
    failed: bool = False


@dataclass(slots=True, eq=False)
class Turn:
    """One device's turn on the bus, next at ``at``; it is given back with ``done`` or ``postpone``.

    ``absent`` are the points that were due and did not come the last time it was ``compare``d, ``extra`` the others
    that did.
    """

    device: str
    groups: list[Group]
    at: float
    absent: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    _unions: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _compared: tuple[int, tuple[str, ...]] = (-1, ())

    def keys(self, now: float) -> tuple[str, ...] | None:
        """Return the points to ask for at ``now``; ``None`` means all that the device has."""
        if len(self.groups) == 1:
            return None
        mask = self._mask(now)
        return None if mask + 1 == 1 << len(self.groups) else self._union(mask)

    def compare(self, mask: int, read: tuple[str, ...]) -> None:
        """Work out, where the groups in ``mask`` were due and the points ``read`` came, what is absent and extra."""
        if self._compared[0] == mask and self._compared[1] is read:
            return
        due = self._union(mask)
        self.absent = tuple(key for key in due if key not in read)
        self.extra = tuple(key for key in read if key not in due)
        self._compared = mask, read

    def _mask(self, now: float) -> int:
        mask = 0
        for number, group in enumerate(self.groups):
            if group.due <= now + group.slack_s:
                mask |= 1 << number
        return mask

    def _union(self, mask: int) -> tuple[str, ...]:
        known = self._unions.get(mask)
        if known is None:
            chosen = [key for number, group in enumerate(self.groups) if mask >> number & 1 for key in group.keys]
            known = self._unions[mask] = tuple(chosen)
        return known


class PollSchedule:
    """The turns of the devices on one bus, most urgent first, and an overloaded bus still serves everyone in turn.

    Points of one device with the same period are read together; a device without points is asked for a sign of life.
    Nothing moves the slots of a point: they begin with ``begin`` and follow each other by its period. A slot is open
    until the next one is due; one that passes without a reading is told to ``missing``, and to ``why`` it is asked
    whether the device or the bus was to blame. ``missed`` counts those that a busy bus passed over.
    """

    def __init__(
        self,
        plans: Sequence[DevicePlan],
        now: float,
        missing: Missing = lambda *_: None,
        why: Callable[[str], Why] = lambda _: "bus_busy",
    ) -> None:
        self.missed = 0
        self._turns = [Turn(plan.id, _groups(plan, now), now) for plan in plans]
        self._heap: list[tuple[float, int, Turn]] = []
        self._count = 0
        self._missing, self._why = missing, why
        self.restart(now)

    def __bool__(self) -> bool:
        return bool(self._heap)

    def groups(self) -> Iterator[tuple[str, Group]]:
        """Yield every group that has points, with its device."""
        return ((turn.device, group) for turn in self._turns for group in turn.groups if group.keys)

    def every_group(self) -> Iterator[tuple[str, Group]]:
        """Yield every group with its device, the signs of life of those without points as well."""
        return ((turn.device, group) for turn in self._turns for group in turn.groups)

    def begin(self, now: float) -> None:
        """Let the slots begin at ``now``."""
        for turn in self._turns:
            for group in turn.groups:
                group.due = now
        self.restart(now)

    def restart(self, now: float) -> None:
        """Have every device asked at ``now``, due or not."""
        self._heap.clear()
        for turn in self._turns:
            self._push(turn, now)

    def hasten(self, devices: Collection[str], now: float) -> None:
        """Have ``devices`` asked at ``now`` that would have been later."""
        late = [turn for *_, turn in self._heap if turn.device in devices and turn.at > now]
        self._heap = [entry for entry in self._heap if entry[2] not in late]
        heapq.heapify(self._heap)
        for turn in late:
            self._push(turn, now)

    def shortest_s(self) -> float:
        """Return the shortest period on the line, 0 if there is none."""
        return min((group.period_s for _, group in self.groups()), default=0.0)

    def next_due(self) -> float:
        """Return when the next turn is; ``IndexError`` if there is none."""
        return self._heap[0][0]

    def take(self, now: float = -inf) -> Turn:
        """Take the next turn out; ``IndexError`` if there is none.

        Where several are due at ``now``, that is the one whose half period ends first: a door does not wait until all
        meters were read, and a meter not until the doors leave the line some time.
        """
        heap = self._heap
        first = heapq.heappop(heap)
        if not heap or heap[0][0] > now:
            return first[2]
        due = [first]
        while heap and heap[0][0] <= now:
            due.append(heapq.heappop(heap))
        chosen = min(due, key=_half_over)
        for entry in due:
            if entry is not chosen:
                heapq.heappush(heap, entry)
        return chosen[2]

    def done(self, turn: Turn, asked: float, now: float) -> int:
        """Give back a turn whose points due at ``asked`` were read; their next slots lie after ``now``. Return the bits
        of the groups that were due.
        """
        at, bit, mask = inf, 1, 0
        for group in turn.groups:
            if asked - group.due >= group.period_s:
                self._pass(turn, group, asked)
            due = group.due
            if due <= asked + group.slack_s:
                mask |= bit
                group.failed = False
                due = group.due = due + group.period_s
                if due <= now:
                    due += max(1, ceil((now - due) / group.period_s)) * group.period_s
            at = min(at, due)
            bit <<= 1
        self._push(turn, at)
        return mask

    def failed(self, turn: Turn, asked: float) -> None:
        """Note that what was due at ``asked`` was asked for in vain."""
        self.pass_over(turn, asked)
        for group in turn.groups:
            group.failed |= group.due <= asked + group.slack_s

    def postpone(self, turn: Turn, until: float) -> None:
        """Give back a turn that is asked again at ``until``."""
        self._push(turn, until)

    def pass_over(self, turn: Turn, now: float) -> None:
        """Let the slots of a turn in hand pass that are over by ``now``."""
        for group in turn.groups:
            if now - group.due >= group.period_s:
                self._pass(turn, group, now)

    def settle(self, now: float, *, in_hand: bool = False) -> None:
        """Let every slot pass that is over by ``now``, but for the turns in hand (``in_hand``: theirs as well)."""
        for turn in self._turns if in_hand else [turn for *_, turn in self._heap]:
            self.pass_over(turn, now)

    def _pass(self, turn: Turn, group: Group, now: float) -> None:
        over = int((now - group.due) / group.period_s)
        if group.failed:
            group.failed = False
            self._tell(turn, group, 1, "no_answer")
            over -= 1
        if over:
            self._tell(turn, group, over, self._why(turn.device))

    def _tell(self, turn: Turn, group: Group, count: int, why: Why) -> None:
        if why == "bus_busy":
            self.missed += count
        if group.keys:
            self._missing(turn.device, group.keys, why, group.due, group.period_s, count)
        group.due += count * group.period_s

    def _push(self, turn: Turn, at: float) -> None:
        self._count += 1
        turn.at = at
        heapq.heappush(self._heap, (at, self._count, turn))


def _half_over(entry: tuple[float, int, Turn]) -> float:
    """Return when half of the shortest period of a turn is over."""
    at, _, turn = entry
    return at + turn.groups[0].period_s / 2


def _groups(plan: DevicePlan, now: float) -> list[Group]:
    by_period: dict[float, list[str]] = {} if plan.points else {_SIGN_OF_LIFE_S: []}
    for point in plan.points:
        by_period.setdefault(point.period_s, []).append(point.key)
    return [
        Group(period_s, tuple(keys), now, min(_SLACK_S, _SLACK * period_s))
        for period_s, keys in sorted(by_period.items())
    ]
