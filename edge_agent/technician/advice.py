"""What to change on a line that is too busy: ask less often, speak faster, or part it; worked out, not guessed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from edge_agent.line_load import CostOf, LineLoad, line_load
from edge_agent.plan import DevicePlan

BUSY: Final = 0.8
"""Above this a line has no room left for commands, for devices that do not answer, and for growing."""

_AIM: Final = 0.7
_BAUDS: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_PERIODS_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
_LONGEST_S: Final = 60.0
_LONGEST_FOR_EVENTS_S: Final = 1.0
"""A door or a button that is looked at less often than this is no door or button any more."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One way out. ``loads`` is what the line, or each part of it, is then asked for.

    ``every``: the new poll periods (s) by device; ``baud``: the new speed; ``split``: who goes on which line.
    """

    kind: Literal["every", "baud", "split"]
    loads: tuple[float, ...]
    every: dict[str, float] = field(default_factory=dict)
    baud: int = 0
    parts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line as advice needs it: ``cost_at`` gives the costs at another speed (``None`` on a network, which has none to
    choose); ``baud`` is the present one. Devices of one unit are one box.
    """

    bus: str
    plans: Sequence[DevicePlan]
    cost_of: CostOf
    cost_at: Callable[[int], CostOf] | None = None
    baud: int = 0


def wants_advice(load: LineLoad) -> bool:
    """Tell whether a line is too busy."""
    return load.load > BUSY or not load.fits


def advise(line: Line, load: LineLoad) -> tuple[Advice, ...]:
    """Return the ways out for a line, each sufficient by itself; none for a line that is well."""
    if not wants_advice(load):
        return ()
    return tuple(advice for found in (_ask_less, _speak_faster, _part) for advice in found(line, load))


def _well(load: LineLoad) -> bool:
    return load.load <= _AIM and load.fits


def _ask_less(line: Line, load: LineLoad) -> Iterator[Advice]:
    """Let nobody be asked more often than is enough: first those whose values trickle, doors and buttons last."""
    for events_s in (0.0, *(period_s for period_s in _PERIODS_S if period_s <= _LONGEST_FOR_EVENTS_S)):
        for others_s in (0.0, *(period_s for period_s in _PERIODS_S if period_s <= _LONGEST_S)):
            slower = [_slower(plan, events_s if _tells_events(plan) else others_s) for plan in line.plans]
            if slower == list(line.plans):
                continue
            then = line_load(line.bus, slower, line.cost_of)
            if _well(then):
                changed = (new for old, new in zip(line.plans, slower, strict=True) if new != old)
                yield Advice("every", (then.load,), {plan.id: plan.points[0].period_s for plan in changed})
                return


def _slower(plan: DevicePlan, at_least_s: float) -> DevicePlan:
    """Return the plan with ``every`` at ``at_least_s``, the plan itself where nothing in it is due more often."""
    if all(point.period_s >= at_least_s for point in plan.points):
        return plan
    return replace(plan, points=tuple(replace(point, period_s=at_least_s) for point in plan.points))


def _speak_faster(line: Line, _: LineLoad) -> Iterator[Advice]:
    if line.cost_at is None:
        return
    for baud in _BAUDS:
        if baud > line.baud:
            then = line_load(line.bus, line.plans, line.cost_at(baud))
            if _well(then):
                yield Advice("baud", (then.load,), baud=baud)
                return


def _part(line: Line, load: LineLoad) -> Iterator[Advice]:
    """Part the boxes over two lines, then three, the heaviest first onto the line that is least busy."""
    boxes: dict[int | str, list[DevicePlan]] = {}
    for plan in line.plans:
        boxes.setdefault(plan.unit or plan.id, []).append(plan)
    heavy_first = sorted(boxes.values(), key=lambda box: -_share(box, load))
    for count in range(2, len(boxes) + 1):
        parts: list[list[DevicePlan]] = [[] for _ in range(count)]
        for box in heavy_first:
            min(parts, key=lambda part: _share(part, load)).extend(box)
        then = [line_load(line.bus, part, line.cost_of) for part in parts]
        if all(_well(one) for one in then):
            names = tuple(tuple(plan.id for plan in part) for part in parts)
            yield Advice("split", tuple(one.load for one in then), parts=names)
            return


def _share(plans: Sequence[DevicePlan], load: LineLoad) -> float:
    return sum(load.shares[plan.id] for plan in plans)


def _tells_events(plan: DevicePlan) -> bool:
    return any(point.on_change for point in plan.points)
