"""What a rule asks is begun at once, waits for nobody, and ends in one true outcome."""

import asyncio
from collections.abc import Mapping

import pytest

from config.settings import ActionSettings
from edge_agent.actions import Due
from edge_agent.pipeline import Pipeline
from rules.engine import RuleSet
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.fakes.driver import FakeDriver
from tests.unit.edge_agent.acting import ALL, PLAN, PULSE, Bench, change, rule
from wire.alert import AlertChange, AlertState, Level
from wire.outcome import LocalAction, Outcome, OutcomeState
from wire.reading import Batch, Value


async def test_the_device_that_raised_the_alert_is_told_once_and_read_back() -> None:
    bench = Bench(PULSE)
    bench.driver().readback = {"lock_state": "unlocked"}
    await bench.tell(change())
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
    bench = Bench(PULSE)
    stranger = AlertChange("a2", "other", "door-1", AlertState.RAISED, Level.RED, 7, 7)
    elsewhere = change(device="door-9")
    await bench.tell(change(AlertState.CHANGED), change(AlertState.CLEARED), stranger, elsewhere)
    assert (bench.told(), bench.buffer.outcomes, bench.buffer.notes) == ([], [], {})


async def test_devices_of_two_buses_are_told_at_the_same_time_and_those_that_answer_first() -> None:
    bench = Bench(ALL)
    bench.offline = {"door-1"}
    bench.driver(0).takes_s = bench.driver(1).takes_s = 1.0
    await bench.tell(change())
    assert (bench.told(0), bench.told(1)) == (["door-2", "door-1"], ["door-3"])
    assert bench.outcomes() == []
    await bench.clock.advance(1)
    assert {device for device, state, _ in bench.outcomes() if state is OutcomeState.EXECUTED} == set(ALL.devices)


async def test_several_actions_are_begun_in_the_order_in_which_they_are_written() -> None:
    bench = Bench(ActionSettings(command="stop"), ActionSettings(command="open", devices=("door-2",)))
    await bench.tell(change())
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
    bench, order = Bench(PULSE), list[str]()
    bench.buffer = disk = _Disk(order)
    bench.drivers[0] = _Noting(bench.clock, order)
    bench.begin(PULSE)
    rules = RuleSet([rule(PULSE)], {}, "gate")
    heed = bench.actions.under([rule(PULSE)])
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


async def test_a_device_that_is_gone_or_only_reads_has_its_outcome() -> None:
    bench = Bench(ActionSettings(command="open", devices=("door-1", "nobody")))
    bench.drivers[0] = object()
    await bench.tell(change())
    assert bench.outcomes() == [
        ("door-1", OutcomeState.REFUSED, "not_supported"),
        ("nobody", OutcomeState.REFUSED, "no_such_device"),
    ]


async def test_what_two_alerts_ask_of_a_device_meanwhile_is_told_once_and_both_have_their_outcome() -> None:
    bench = Bench(ALL)
    bench.driver(0).takes_s = bench.driver(1).takes_s = 1.0
    await bench.tell(change())
    await bench.clock.advance(0.5)
    await bench.tell(change(alert="a2", device="door-2"))
    await bench.clock.advance(5)
    assert (bench.told(0), bench.told(1)) == (["door-1", "door-2"], ["door-3"])
    assert sorted(one.command for one in bench.buffer.outcomes) == sorted(
        f"rule:{alert}:release_all_doors:{device}" for alert in ("a1", "a2") for device in ALL.devices
    )
    await bench.tell(change(alert="a3"))
    await bench.clock.advance(1)
    assert bench.told(1) == ["door-3", "door-3"]


@pytest.mark.parametrize("length", [1, 150, 205])
def test_an_id_fits_and_tells_alerts_commands_and_devices_apart(length: int) -> None:
    def due(alert: str, device: str, name: str) -> Due:
        return Due(device, LocalAction(alert, "r", name, 0), insists=True)

    alerts = ["x" * length + end for end in "ab"]
    ids = {due(alert, device, name).id for alert in alerts for device in ("d" * 62, "e") for name in ("on", "off")}
    assert len(ids) == 8
    assert all(one.startswith("rule:") and len(one) <= 200 for one in ids)
