"""How busy a line will be: its schedule played through on paper, with what each poll costs; pure, nothing is asked."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import lcm
from typing import Final, TypeAlias

from drivers.api import Cost, Costs, TechnicianMustAct
from edge_agent.plan import DevicePlan
from edge_agent.schedule import PollSchedule

CostOf: TypeAlias = Callable[[str, tuple[str, ...] | None], Sequence[Cost]]
"""What polling a device's points takes (all of them for ``None``); see ``drivers.api.Costs``."""

_MOST_TURNS: Final = 20_000
_MOST_S: Final = 3600.0
_ROUNDS: Final = 200
_LATE: Final = 1.1
"""A slot that passes now and then, when everything is due at once, is no line that cannot keep up."""


@dataclass(frozen=True, slots=True)
class GroupLoad:
    """The points of one device that are due together, every ``period_s``.

    ``requests``, ``sent`` and ``answered`` (bytes) and ``busy_s`` are of one poll of these points alone. ``real_s`` is
    how far apart their readings really come. ``worst_s`` is how long a change at the device can stay unknown: it
    happens just after a reading, and when the next one is due, the turn in hand and those of all neighbours come first.
    """

    device: str
    period_s: float
    points: int
    requests: int
    sent: int
    answered: int
    busy_s: float
    real_s: float
    worst_s: float

    @property
    def late(self) -> bool:
        """Whether the line cannot keep this period, nor one a tenth longer."""
        return self.real_s > _LATE * self.period_s


@dataclass(frozen=True, slots=True)
class LineLoad:
    """One line. ``load`` is what is asked of it: seconds busy for each second (above 1: more than it can do), and
    ``requests_per_s`` the requests that takes; ``shares`` is each device's part of ``load``. ``queue_s`` is the time
    of all devices' turns one after another.
    """

    bus: str
    load: float
    requests_per_s: float
    queue_s: float
    shares: dict[str, float]
    groups: tuple[GroupLoad, ...]

    @property
    def fits(self) -> bool:
        """Whether every period is kept."""
        return not any(group.late for group in self.groups)


def line_load(bus: str, plans: Sequence[DevicePlan], cost_of: CostOf) -> LineLoad:
    """Return how busy ``bus`` is with ``plans``; raises what ``cost_of`` raises."""
    paper = _Paper(plans, cost_of)
    demands = {plan.id: paper.demand(plan) for plan in plans}
    queue_s = sum(paper.busy_s(plan.id, None) for plan in plans)
    real = paper.play()
    groups = []
    every = list(PollSchedule(plans, 0.0).every_group())
    groups_of = Counter(device for device, _ in every)
    # A device that is in hand for some of its points may be due for others before anybody else has had a turn.
    in_hand_s = max((paper.busy_s(device, None) for device, count in groups_of.items() if count > 1), default=0.0)
    for device, group in every:
        costs = cost_of(device, group.keys or None)
        early_s = group.slack_s if groups_of[device] > 1 else 0.0  # read along, a little before it was due
        passed_s = paper.busy_s(device, None) if queue_s >= group.period_s else 0.0  # by its own turn, a slot may be
        groups.append(
            GroupLoad(
                device,
                group.period_s,
                len(group.keys),
                len(costs),
                sum(cost.sent for cost in costs),
                sum(cost.answered for cost in costs),
                sum(cost.busy_s for cost in costs),
                real[device, group.period_s],
                group.period_s + in_hand_s + queue_s + early_s + passed_s,
            )
        )
    shares = {device: busy for device, (busy, _) in demands.items()}
    return LineLoad(bus, sum(shares.values()), sum(n for _, n in demands.values()), queue_s, shares, tuple(groups))


def asked_load(plans: Sequence[DevicePlan], driver: object) -> float:
    """Return what ``load`` will be, 0 where ``driver`` cannot say; a device that it cannot serve asks for nothing."""
    if not isinstance(driver, Costs):
        return 0.0
    load, paper = 0.0, _Paper(plans, driver.costs)
    for plan in plans:
        with suppress(TechnicianMustAct):
            load += paper.demand(plan)[0]
    return load


class _Paper:
    """The line's real schedule, at work on a clock that nobody waits for."""

    def __init__(self, plans: Sequence[DevicePlan], cost_of: CostOf) -> None:
        self._plans = plans
        self._cost_of = cost_of
        self._known: dict[tuple[str, tuple[str, ...] | None], tuple[float, int]] = {}

    def busy_s(self, device: str, keys: tuple[str, ...] | None) -> float:
        """Return how long one poll keeps the line busy."""
        return self._cost(device, keys)[0]

    def demand(self, plan: DevicePlan) -> tuple[float, float]:
        """Return the seconds of line and the requests that a device asks for in each second."""
        schedule, until_s = PollSchedule([plan], 0.0), _span_s([plan])
        busy, requests, turns, at = 0.0, 0, 0, 0.0
        while schedule.next_due() < until_s - 1e-6 and turns < _MOST_TURNS:
            at, turn = schedule.next_due(), schedule.take()
            took_s, asked = self._cost(plan.id, turn.keys(at))
            busy, requests, turns = busy + took_s, requests + asked, turns + 1
            schedule.done(turn, at, at)
        until_s = min(until_s, schedule.next_due())
        return busy / until_s, requests / until_s

    def play(self) -> dict[tuple[str, float], float]:
        """Return the period that really comes of each group, by device and period asked for: how far the slots that
        brought a reading lie apart.
        """
        round_s = sum(self.busy_s(plan.id, None) for plan in self._plans)
        until_s = max(2 * _span_s(self._plans), _ROUNDS * round_s)
        schedule, now = PollSchedule(self._plans, 0.0), 0.0
        served: dict[tuple[str, float], list[float]] = {
            (device, group.period_s): [] for device, group in schedule.every_group()
        }
        for _ in range(_MOST_TURNS if schedule else 0):
            now = max(now, schedule.next_due())
            if now >= until_s:
                break
            asked, turn = now, schedule.take(now)
            now += self.busy_s(turn.device, turn.keys(asked))
            mask = schedule.done(turn, asked, now)
            for bit, group in enumerate(turn.groups):
                if mask >> bit & 1:
                    served[turn.device, group.period_s].append(group.due)
        return {key: _apart(times, key[1]) for key, times in served.items()}

    def _cost(self, device: str, keys: tuple[str, ...] | None) -> tuple[float, int]:
        known = self._known.get((device, keys))
        if known is None:
            costs = self._cost_of(device, keys)
            known = self._known[device, keys] = sum(cost.busy_s for cost in costs), len(costs)
        return known


def _span_s(plans: Iterable[DevicePlan]) -> float:
    """Return a time after which the pattern of what is due together comes again, an hour at most."""
    periods = [round(group.period_s * 1000) for _, group in PollSchedule(list(plans), 0.0).every_group()]
    return min(_MOST_S, lcm(*(max(1, period) for period in periods)) / 1000)


def _apart(slots: Sequence[float], period_s: float) -> float:
    """Return how far ``slots`` lie apart on average, the period where there are too few to tell."""
    return (slots[-1] - slots[0]) / (len(slots) - 1) if len(slots) > 1 else period_s
