"""Three doors on two buses, rules that have something done about them, and a gateway that does it."""

from config.settings import ActionSettings, RuleSettings
from edge_agent.actions import Actions
from edge_agent.plan import DevicePlan, PointPlan
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.fakes.driver import FakeDriver
from wire.alert import AlertChange, AlertState, Level
from wire.outcome import OutcomeState
from wire.reading import Batch

PULSE = ActionSettings(command="pulse_unlock", args={"seconds": 5})
ALL = ActionSettings(command="release_all_doors", devices=("door-1", "door-2", "door-3"))
PLAN = DevicePlan("door-1", "a", (PointPlan("fire_input", "bool", "", (), 0.2, on_change=True),))


def rule(*actions: ActionSettings, latch: bool = True) -> RuleSettings:
    """Return a red rule about the fire input of the first two doors."""
    return RuleSettings(
        id="fire",
        kind="access_door",
        when="fire_input == true",
        level="red",
        latch=latch,
        devices=("door-1", "door-2"),
        say={},
        actions=actions,
    )


def change(state: AlertState = AlertState.RAISED, alert: str = "a1", device: str = "door-1") -> AlertChange:
    """Return a change of one of its alerts."""
    return AlertChange(alert, "fire", device, state, Level.RED, 7, 7)


class Bench:
    """Three doors on two buses: door-1 and door-2 on the first driver, door-3 on the second."""

    def __init__(self, *actions: ActionSettings, latch: bool = True) -> None:
        self.clock, self.buffer = FakeClock(), FakeBuffer()
        self.drivers: list[object] = [FakeDriver(self.clock, {}), FakeDriver(self.clock, {})]
        self.offline: set[str] = set()
        self.noticed: set[str] = set()
        self.reported: list[Batch] = []
        self.begin(*actions, latch=latch)

    def begin(self, *actions: ActionSettings, latch: bool = True) -> None:
        """Make the actions of a gateway that has just started, on what the buffer remembers."""
        self.actions = Actions(
            memory=self.buffer, targets=self, report=self._report, clock=self.clock, noticed=self.noticed.__contains__
        )
        self.heed = self.actions.under([rule(*actions, latch=latch)], {("door-1", "sound")})

    def driver(self, number: int = 0) -> FakeDriver:
        found = self.drivers[number]
        assert isinstance(found, FakeDriver)
        return found

    def telling(self, device: str, command: str) -> None:
        """Nobody listens."""

    def driver_of(self, device: str) -> object | None:
        return {"door-1": self.drivers[0], "door-2": self.drivers[0], "door-3": self.drivers[1]}.get(device)

    def is_online(self, device: str) -> bool:
        return device not in self.offline

    async def _report(self, batch: Batch) -> None:
        self.reported.append(batch)

    async def tell(self, *changes: AlertChange) -> None:
        """Have the changes heeded and stored, as the pipeline does."""
        heeded = self.heed(changes)
        await self.buffer.put_now(alerts=changes, notes=heeded.notes)
        heeded.begin()
        await self.clock.advance(0)

    def told(self, number: int = 0) -> list[str]:
        return [device for device, _, _ in self.driver(number).executed]

    def outcomes(self) -> list[tuple[str, OutcomeState, str]]:
        return [(one.device, one.state, one.reason) for one in self.buffer.outcomes]
