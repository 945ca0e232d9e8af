"""What a rule asks is begun at once, waits for nobody, and ends in one true outcome, whatever happens meanwhile."""

import asyncio
from collections.abc import Mapping

import pytest

from config.settings import ActionSettings, RuleSettings
from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, Interlocked, LineLost, Misconfigured, Timeout
from edge_agent.actions import RETRY_S, Actions, Due
from edge_agent.pipeline import Pipeline
from edge_agent.plan import DevicePlan, PointPlan
from rules.engine import RuleSet
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.fakes.driver import FakeDriver
from wire.alert import AlertChange, AlertState, Level
from wire.outcome import LocalAction, Outcome, OutcomeState
from wire.reading import Batch, Value

PULSE = ActionSettings(command="pulse_unlock", args={"seconds": 5})
ALL = ActionSettings(command="release_all_doors", devices=("door-1", "door-2", "door-3"))
PLAN = DevicePlan("door-1", "a", (PointPlan("fire_input", "bool", "", (), 0.2, on_change=True),))


def _rule(*actions: ActionSettings, latch: bool = True, name: str = "fire") -> RuleSettings:
    return RuleSettings(
        id=name, kind="access_door", when="fire_input == true", level="red", latch=latch, devices=("door-1", "door-2"),
        say={}, actions=actions,
    )  # fmt: skip


def _change(state: AlertState = AlertState.RAISED, alert: str = "a1", device: str = "door-1") -> AlertChange:
    return AlertChange(alert, "fire", device, state, Level.RED, 7, 7)


class _Bench:
    """Three doors on two buses: door-1 and door-2 on the first driver, door-3 on the second."""

    def __init__(self, *actions: ActionSettings, latch: bool = True) -> None:
        self.clock, self.buffer = FakeClock(), FakeBuffer()
        self.drivers: list[object] = [FakeDriver(self.clock, {}), FakeDriver(self.clock, {})]
        self.offline: set[str] = set()
        self.reported: list[Batch] = []
        self.begin(*actions, latch=latch)

    def begin(self, *actions: ActionSettings, latch: bool = True) -> None:
        """Make the actions of a gateway that has just started, on what the buffer remembers."""
        self.actions = Actions(memory=self.buffer, targets=self, report=self._report, clock=self.clock)
        self.heed = self.actions.under([_rule(*actions, latch=latch)])

    def driver(self, number: int = 0) -> FakeDriver:
        found = self.drivers[number]
        assert isinstance(found, FakeDriver)
        return found

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


async def test_the_device_that_raised_the_alert_is_told_once_and_read_back() -> None:
    bench = _Bench(PULSE)
    bench.driver().readback = {"lock_state": "unlocked"}
    await bench.tell(_change())
    assert bench.driver().executed == [("door-1", "pulse_unlock", {"seconds": 5})]
    asked = LocalAction("a1", "fire", "pulse_unlock", bench.clock.now(), {"seconds": 5})
    assert bench.buffer.outcomes == [
        Outcome(
            "rule:a1:pulse_unlock:door-1", "door-1", OutcomeState.EXECUTED, bench.clock.now(),
            readback={"lock_state": "unlocked"}, action=asked,
        )
    ]  # fmt: skip
    assert [(batch.points, batch.values) for batch in bench.reported] == [(("lock_state",), ("unlocked",))]
    assert (bench.actions.under_way, bench.actions.outcomes[OutcomeState.EXECUTED]) == (0, 1)


async def test_only_a_raised_alert_of_a_rule_with_an_action_does_anything() -> None:
    bench = _Bench(PULSE)
    stranger = AlertChange("a2", "other", "door-1", AlertState.RAISED, Level.RED, 7, 7)
    elsewhere = _change(device="door-9")
    await bench.tell(_change(AlertState.CHANGED), _change(AlertState.CLEARED), stranger, elsewhere)
    assert (bench.told(), bench.buffer.outcomes, bench.buffer.notes) == ([], [], {})


async def test_devices_of_two_buses_are_told_at_the_same_time_and_those_that_answer_first() -> None:
    bench = _Bench(ALL)
    bench.offline = {"door-1"}
    bench.driver(0).takes_s = bench.driver(1).takes_s = 1.0
    await bench.tell(_change())
    assert (bench.told(0), bench.told(1)) == (["door-2", "door-1"], ["door-3"])
    assert bench.outcomes() == []
    await bench.clock.advance(1)
    assert {device for device, state, _ in bench.outcomes() if state is OutcomeState.EXECUTED} == set(ALL.devices)


async def test_several_actions_are_begun_in_the_order_in_which_they_are_written() -> None:
    bench = _Bench(ActionSettings(command="stop"), ActionSettings(command="open", devices=("door-2",)))
    await bench.tell(_change())
    assert [(device, name) for device, name, _ in bench.driver().executed] == [("door-1", "stop"), ("door-2", "open")]


class _Disk(FakeBuffer):
    """A buffer whose disk takes its time; ``order`` is what happened when."""

    def __init__(self, order: list[str]) -> None:
        super().__init__()
        self.order, self.goes_on = order, asyncio.Event()

    async def put_now(self, **given: object) -> bool:
        if given.get("alerts"):
            self.order.append("handed over")
        await super().put_now(**given)  # type: ignore[arg-type]  # as they came
        await self.goes_on.wait()
        if given.get("alerts"):
            self.order.append("on disk")
        return False


class _Noting(FakeDriver):
    """A driver that says when it was told something."""

    def __init__(self, clock: FakeClock, order: list[str]) -> None:
        super().__init__(clock, {})
        self._order = order

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        self._order.append(f"{device} told")
        return await super().execute(device, command, args)


async def test_the_alert_is_handed_over_first_and_its_commit_is_not_waited_for() -> None:
    bench, order = _Bench(PULSE), list[str]()
    bench.buffer = disk = _Disk(order)
    bench.drivers[0] = _Noting(bench.clock, order)
    bench.begin(PULSE)
    rules = RuleSet([_rule(PULSE)], {}, "gate")
    heed = bench.actions.under([_rule(PULSE)])
    pipeline = Pipeline({"door-1": PLAN}, rules, disk, bench.clock, heed=heed)
    await pipeline.feed(Batch("door-1", 5, ("fire_input",), (True,)))
    await bench.clock.advance(0)
    assert order == ["handed over", "door-1 told"]
    disk.goes_on.set()
    await bench.clock.advance(0)
    assert order == ["handed over", "door-1 told", "on disk"]
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]
    await pipeline.feed(Batch("door-1", 6, ("fire_input",), (True,)))
    await bench.clock.advance(0)
    assert order.count("door-1 told") == 1


@pytest.mark.parametrize("wall_us", [0, 7_000_000_000_000_000])
async def test_a_wrong_clock_hinders_nothing_and_ends_nothing(wall_us: int) -> None:
    bench = _Bench(PULSE)
    bench.driver().failing["door-1"] = LineLost("gone")
    await bench.tell(_change())
    bench.clock.step_wall(wall_us - bench.clock.now())
    bench.driver().failing.clear()
    await bench.clock.advance(RETRY_S)
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]


FAILURES = [
    (LineLost("gone"), OutcomeState.REFUSED, True),
    (Timeout("no answer"), OutcomeState.REFUSED, True),
    (DeviceRefused("busy", 6), OutcomeState.REFUSED, True),
    (AnswerLost("sent, no answer"), OutcomeState.UNKNOWN, True),
    (CorruptAnswer("bad crc"), OutcomeState.UNKNOWN, True),
    (Interlocked("a car is under the boom"), OutcomeState.REFUSED, False),
    (Misconfigured("no such argument"), OutcomeState.REFUSED, False),
    (ZeroDivisionError(), OutcomeState.UNKNOWN, False),
]


@pytest.mark.parametrize(("error", "state", "again"), FAILURES)
async def test_a_red_latched_rule_tries_again_what_may_yet_be_done(
    error: Exception, state: OutcomeState, again: bool
) -> None:
    bench = _Bench(PULSE)
    bench.driver().failing["door-1"] = error
    await bench.tell(_change())
    await bench.clock.advance(2 * RETRY_S)
    assert len(bench.told()) == (3 if again else 1)
    assert bench.outcomes() == ([] if again else [("door-1", state, getattr(error, "word", "driver_bug"))])
    bench.driver().failing.clear()
    await bench.clock.advance(RETRY_S)
    if again:
        assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]
    await bench.clock.advance(10 * RETRY_S)
    assert len(bench.buffer.outcomes) == 1


@pytest.mark.parametrize(("error", "state", "again"), FAILURES)
async def test_any_other_rule_has_one_try(error: Exception, state: OutcomeState, again: bool) -> None:
    bench = _Bench(PULSE, latch=False)
    bench.driver().failing["door-1"] = error
    await bench.tell(_change())
    await bench.clock.advance(10 * RETRY_S)
    assert bench.told() == ["door-1"]
    assert bench.outcomes() == [("door-1", state, getattr(error, "word", "driver_bug"))]


async def test_no_further_try_once_the_alert_has_ended() -> None:
    bench = _Bench(ALL)
    bench.driver(1).failing["door-3"] = LineLost("the cable is cut")
    await bench.tell(_change())
    await bench.clock.advance(RETRY_S)
    await bench.tell(_change(AlertState.CLEARED))
    await bench.clock.advance(10 * RETRY_S)
    assert bench.told(1) == ["door-3", "door-3"]
    assert bench.outcomes() == [
        ("door-1", OutcomeState.EXECUTED, ""),
        ("door-2", OutcomeState.EXECUTED, ""),
        ("door-3", OutcomeState.REFUSED, "line_lost"),
    ]


async def test_a_device_that_is_gone_or_only_reads_has_its_outcome() -> None:
    bench = _Bench(ActionSettings(command="open", devices=("door-1", "nobody")))
    bench.drivers[0] = object()
    await bench.tell(_change())
    assert bench.outcomes() == [
        ("door-1", OutcomeState.REFUSED, "not_supported"),
        ("nobody", OutcomeState.REFUSED, "no_such_device"),
    ]


async def test_what_two_alerts_ask_of_a_device_meanwhile_is_told_once_and_both_have_their_outcome() -> None:
    bench = _Bench(ALL)
    bench.driver(0).takes_s = bench.driver(1).takes_s = 1.0
    await bench.tell(_change())
    await bench.clock.advance(0.5)
    await bench.tell(_change(alert="a2", device="door-2"))
    await bench.clock.advance(5)
    assert (bench.told(0), bench.told(1)) == (["door-1", "door-2"], ["door-3"])
    assert sorted(one.command for one in bench.buffer.outcomes) == sorted(
        f"rule:{alert}:release_all_doors:{device}" for alert in ("a1", "a2") for device in ALL.devices
    )
    await bench.tell(_change(alert="a3"))
    await bench.clock.advance(1)
    assert bench.told(1) == ["door-3", "door-3"]


async def test_while_one_alert_of_two_stands_the_device_is_tried_again() -> None:
    bench = _Bench(PULSE)
    bench.driver().failing["door-1"] = Timeout("no answer")
    await bench.tell(_change(), _change(alert="a2"))
    await bench.tell(_change(AlertState.CLEARED))
    await bench.clock.advance(RETRY_S)
    assert (bench.told(), bench.outcomes()) == (["door-1", "door-1"], [])
    await bench.tell(_change(AlertState.CLEARED, alert="a2"))
    await bench.clock.advance(RETRY_S)
    assert bench.outcomes() == [("door-1", OutcomeState.REFUSED, "timeout")] * 2


async def test_a_restart_goes_on_with_what_insists_and_repeats_nothing_that_is_done() -> None:
    bench = _Bench(ALL)
    bench.driver(1).failing["door-3"] = LineLost("the cable is cut")
    await bench.tell(_change())
    bench.driver(1).failing.clear()
    bench.begin(ALL)
    await bench.actions.remember({"a1"})
    await bench.clock.advance(0)
    assert (bench.told(0), bench.told(1)) == (["door-1", "door-2"], ["door-3", "door-3"])
    assert [device for device, _, _ in bench.outcomes()] == ["door-1", "door-2", "door-3"]
    bench.begin(ALL)
    await bench.actions.remember({"a1"})
    await bench.clock.advance(0)
    assert len(bench.buffer.outcomes) == 3


@pytest.mark.parametrize(("latch", "standing"), [(True, set()), (False, {"a1"})])
async def test_what_a_kill_cut_short_is_unknown_where_it_may_not_be_tried_again(
    latch: bool, standing: set[str]
) -> None:
    bench = _Bench(PULSE, latch=latch)
    bench.driver().takes_s = 60.0
    await bench.tell(_change())
    bench.begin(PULSE, latch=latch)
    for _ in range(2):
        await bench.actions.remember(standing)
    assert bench.told() == ["door-1"]
    assert bench.outcomes() == [("door-1", OutcomeState.UNKNOWN, "restarted")]


async def test_notes_that_cannot_be_read_are_no_reason_not_to_start() -> None:
    bench = _Bench(PULSE)
    bench.buffer.notes["actions"] = b"\xc1"
    await bench.actions.remember({"a1"})
    await bench.tell(_change())
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]


async def test_stopping_lets_a_device_be_told_to_the_end_and_begins_nothing_more() -> None:
    bench = _Bench(PULSE)
    bench.driver().takes_s = 1.0
    running = asyncio.create_task(bench.actions.run())
    await bench.tell(_change())
    running.cancel()
    await bench.clock.advance(0)
    await bench.tell(_change(alert="a2", device="door-2"))
    await bench.clock.advance(1)
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]
    bench.begin(PULSE)
    await bench.actions.remember({"a2"})
    await bench.clock.advance(1)
    assert bench.told() == ["door-1", "door-2"]


@pytest.mark.parametrize("length", [1, 150, 205])
def test_an_id_fits_and_tells_alerts_commands_and_devices_apart(length: int) -> None:
    def due(alert: str, device: str, name: str) -> Due:
        return Due(device, LocalAction(alert, "r", name, 0), insists=True)

    alerts = ["x" * length + end for end in "ab"]
    ids = {due(alert, device, name).id for alert in alerts for device in ("d" * 62, "e") for name in ("on", "off")}
    assert len(ids) == 8
    assert all(one.startswith("rule:") and len(one) <= 200 for one in ids)
