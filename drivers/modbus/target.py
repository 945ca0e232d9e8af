"""One device as the driver holds it: its settings, the plans compiled for it, and what it taught of its addresses."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from config.bus_settings import ModbusBus, ModbusTcpBus
from config.settings import DeviceSettings
from drivers.api.errors import DeviceRefused, Misconfigured
from drivers.modbus.layout import ANSWERED, LOST, Layout
from drivers.modbus.pdu import Request, read
from drivers.modbus.plan import Plan, make_plan

_PLANS_KEPT: Final = 64

Prepared = tuple[Plan, list[Request]]


class Target:
    """``last`` is the last state of each state point. Making one connects to nothing."""

    def __init__(self, bus: ModbusBus, device: DeviceSettings, tell: Callable[[str, str], None]) -> None:
        """``Misconfigured`` when the device cannot be served on ``bus``; ``tell`` hears its id and what was learnt."""
        profile = device.profile
        if profile.driver != "modbus" or bus.type not in profile.transport.reached_over():
            raise Misconfigured(f"{device.id}: {profile.id} cannot be on a {bus.type} bus")
        if not isinstance(bus, ModbusTcpBus) and device.unit == 0:
            raise Misconfigured(f"{device.id}: unit 0 is the broadcast of a serial line, nobody answers it")
        self.settings = device
        self.options = device.options
        self.pause_s = profile.transport.min_gap_ms / 1000
        self.parks = profile.transport.close_after_poll
        self.last: dict[str, str] = {}
        self._layout = Layout(profile.transport, lambda phrase: tell(device.id, phrase))
        self._plans: dict[tuple[str, ...] | None, Prepared] = {}
        self.prepared(None)

    def prepared(self, points: Collection[str] | None) -> Prepared:
        """Return the plan for ``points`` and its requests, compiled when they are first asked for."""
        key = points if points is None or isinstance(points, tuple) else tuple(sorted(points))
        ready = self._plans.get(key)
        if ready is None:
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            plan = make_plan(self.settings.profile, self.options, key, self._layout)
            asks = [read(self.settings.unit, run.function, run.address, run.count) for run in plan.runs]
            ready = self._plans[key] = plan, asks
        return ready

    def learn(self, plan: Plan, answers: Sequence[bytes | int], refused: Mapping[int, DeviceRefused]) -> bool:
        """Take in what came of ``plan``'s requests: data or a quality for each, and who was ``refused`` by its number.

        Return whether the same points should be asked for again at once, in other requests.
        """
        if not refused and not self._layout.on_trial:
            return False
        outcomes = []
        for number, (run, answer) in enumerate(zip(plan.runs, answers, strict=True)):
            failed = LOST if isinstance(answer, int) else ANSWERED
            outcomes.append((run.spans, refused[number].code if number in refused else failed))
        again = self._layout.learn(outcomes)
        self._plans.clear()
        return again
