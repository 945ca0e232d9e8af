"""The load of every line of a configuration, with the ways out of what does not fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.bus_settings import BusSettings
from config.settings import DeviceSettings, GatewaySettings
from drivers.api import Cost, TechnicianMustAct
from edge_agent.line_load import CostOf, LineLoad, line_load
from edge_agent.plan import DevicePlan, plan_site
from edge_agent.technician.advice import Advice, Line, advise
from edge_agent.technician.lines import costs_of, devices_on, round_on
from edge_agent.technician.round_load import RoundLoad, round_load

LATE_ANSWER_S = 0.05
"""How long a line rests after a request that went unanswered, at least."""


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One line: its load (``None`` where nothing can be said, then ``problems`` says why) and the advice.

    ``answer_s`` is the time that devices are assumed to take; ``silent_s`` what one that does not answer costs.
    ``told``: its devices tell by themselves, nobody is asked; some may be visited all the same (``round``).
    """

    bus: BusSettings
    load: LineLoad | None
    advice: tuple[Advice, ...] = ()
    problems: tuple[str, ...] = ()
    answer_s: float = 0.0
    told: bool = False
    round: RoundLoad | None = None

    @property
    def fits(self) -> bool:
        """Whether every device is served as often as the file asks."""
        return not self.problems and all(each is None or each.fits for each in (self.load, self.round))

    @property
    def silent_s(self) -> float:
        """Return how long everybody waits for a device that does not answer."""
        return self.bus.timeout_s + LATE_ANSWER_S


def site_load(settings: GatewaySettings, answer_s: float | None = None) -> list[SiteLine]:
    """Return every line of ``settings``; ``answer_s`` replaces what drivers assume about their devices."""
    plans = plan_site(settings).devices
    return [_line(bus, devices_on(settings, bus.id), plans, answer_s) for bus in settings.buses]


def _line(
    bus: BusSettings, devices: Sequence[DeviceSettings], plans: dict[str, DevicePlan], answer_s: float | None
) -> SiteLine:
    try:
        costs = costs_of(bus, devices)
        visits = round_on(bus, devices) if costs is None else None
    except TechnicianMustAct as error:
        return SiteLine(bus, None, problems=(str(error),))
    if costs is None:
        told = any(plans[device.id].silence_s for device in devices)
        return SiteLine(bus, None, told=told, round=None if visits is None else round_load(bus, visits))
    cost_of = _with_answer(costs, answer_s)
    served, problems = [], []
    for device in devices:
        try:
            cost_of(device.id, None)
        except TechnicianMustAct as error:
            problems.append(str(error))
        else:
            served.append(device)
    asked = [plans[device.id] for device in served]
    load = line_load(bus.id, asked, cost_of)
    baud = getattr(bus, "baud", 0)
    faster = (lambda speed: _at(bus, served, speed, answer_s)) if baud else None
    advice = advise(Line(bus.id, asked, cost_of, faster, baud), load)
    assumed = max((cost.answer_s for device in served for cost in cost_of(device.id, None)), default=0.0)
    return SiteLine(bus, load, advice, tuple(problems), assumed)


def _at(bus: BusSettings, devices: Sequence[DeviceSettings], baud: int, answer_s: float | None) -> CostOf:
    changed: Any = {"baud": baud}  # asked for only where the kind of bus has one
    costs = costs_of(replace(bus, **changed), devices)
    assert costs is not None  # noqa: S101 - the same driver could tell at another speed
    return _with_answer(costs, answer_s)


def _with_answer(costs: CostOf, answer_s: float | None) -> CostOf:
    if answer_s is None:
        return costs

    def adjusted(device: str, points: tuple[str, ...] | None) -> Sequence[Cost]:
        return [replace(cost, answer_s=answer_s) for cost in costs(device, points)]

    return adjusted
