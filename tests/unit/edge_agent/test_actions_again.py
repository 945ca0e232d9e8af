"""What a rule asks and does not succeed at once: who is told again, until when, and what a stop or a kill leaves."""

import asyncio

import pytest

from config.settings import ActionSettings
from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, Interlocked, LineLost, Misconfigured, Timeout
from edge_agent.actions import LONGEST_S, MOST_A_MINUTE, RETRY_S
from tests.unit.edge_agent.acting import ALL, PULSE, Bench, change
from wire.alert import AlertState
from wire.outcome import OutcomeState


@pytest.mark.parametrize("wall_us", [0, 7_000_000_000_000_000])
async def test_a_wrong_clock_hinders_nothing_and_ends_nothing(wall_us: int) -> None:
    bench = Bench(PULSE)
    bench.driver().failing["door-1"] = LineLost("gone")
    await bench.tell(change())
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
    bench = Bench(PULSE)
    bench.driver().failing["door-1"] = error
    await bench.tell(change())
    await bench.clock.advance(3 * RETRY_S)
    assert len(bench.told()) == (3 if again else 1)
    assert bench.outcomes() == ([] if again else [("door-1", state, getattr(error, "word", "driver_bug"))])
    bench.driver().failing.clear()
    await bench.clock.advance(4 * RETRY_S)
    if again:
        assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]
    await bench.clock.advance(10 * RETRY_S)
    assert len(bench.buffer.outcomes) == 1


@pytest.mark.parametrize(("error", "state", "again"), FAILURES)
async def test_any_other_rule_has_one_try(error: Exception, state: OutcomeState, again: bool) -> None:
    bench = Bench(PULSE, latch=False)
    bench.driver().failing["door-1"] = error
    await bench.tell(change())
    await bench.clock.advance(10 * RETRY_S)
    assert bench.told() == ["door-1"]
    assert bench.outcomes() == [("door-1", state, getattr(error, "word", "driver_bug"))]


async def test_a_device_that_stays_lost_leaves_its_line_to_others_and_is_told_soon_after_it_answers() -> None:
    bench = _bench_with_a_silent_door()
    await bench.tell(change())
    await bench.clock.advance(600)
    assert len(bench.told()) <= 5 + 600 / LONGEST_S
    before = len(bench.told())
    bench.offline.clear()
    await bench.clock.advance(RETRY_S)
    assert len(bench.told()) == before + 1
    bench.driver().failing.clear()
    await bench.clock.advance(LONGEST_S)
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]


async def test_another_alert_does_not_wait_for_the_next_try_of_the_first() -> None:
    bench = _bench_with_a_silent_door()
    await bench.tell(change())
    await bench.clock.advance(100)
    before = len(bench.told())
    await bench.tell(change(alert="a2"))
    await bench.clock.advance(RETRY_S)
    assert len(bench.told()) == before + 1


async def test_an_alert_that_ends_with_the_reading_that_raised_it_has_one_try() -> None:
    bench = _bench_with_a_silent_door()
    await bench.tell(change(), change(AlertState.CLEARED))
    await bench.clock.advance(100)
    assert (bench.told(), bench.outcomes()) == (["door-1"], [("door-1", OutcomeState.REFUSED, "timeout")])


def _bench_with_a_silent_door() -> Bench:
    bench = Bench(PULSE)
    bench.driver().failing["door-1"] = Timeout("no answer")
    bench.offline = {"door-1"}
    return bench


async def test_no_further_try_once_the_alert_has_ended() -> None:
    bench = Bench(ALL)
    bench.driver(1).failing["door-3"] = LineLost("the cable is cut")
    await bench.tell(change())
    await bench.clock.advance(RETRY_S)
    await bench.tell(change(AlertState.CLEARED))
    await bench.clock.advance(10 * RETRY_S)
    assert bench.told(1) == ["door-3", "door-3"]
    assert bench.outcomes() == [
        ("door-1", OutcomeState.EXECUTED, ""),
        ("door-2", OutcomeState.EXECUTED, ""),
        ("door-3", OutcomeState.REFUSED, "line_lost"),
    ]


async def test_while_one_alert_of_two_stands_the_device_is_tried_again() -> None:
    bench = Bench(PULSE)
    bench.driver().failing["door-1"] = Timeout("no answer")
    await bench.tell(change(), change(alert="a2"))
    await bench.tell(change(AlertState.CLEARED))
    await bench.clock.advance(RETRY_S)
    assert (bench.told(), bench.outcomes()) == (["door-1", "door-1"], [])
    await bench.tell(change(AlertState.CLEARED, alert="a2"))
    await bench.clock.advance(RETRY_S)
    assert bench.outcomes() == [("door-1", OutcomeState.REFUSED, "timeout")] * 2


async def test_a_restart_goes_on_with_what_insists_and_repeats_nothing_that_is_done() -> None:
    bench = Bench(ALL)
    bench.driver(1).failing["door-3"] = LineLost("the cable is cut")
    await bench.tell(change())
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
    bench = Bench(PULSE, latch=latch)
    bench.driver().takes_s = 60.0
    await bench.tell(change())
    bench.begin(PULSE, latch=latch)
    for _ in range(2):
        await bench.actions.remember(standing)
    assert bench.told() == ["door-1"]
    assert bench.outcomes() == [("door-1", OutcomeState.UNKNOWN, "restarted")]


async def test_notes_that_cannot_be_read_are_no_reason_not_to_start() -> None:
    bench = Bench(PULSE)
    bench.buffer.notes["actions"] = b"\xc1"
    await bench.actions.remember({"a1"})
    await bench.tell(change())
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]


async def test_stopping_lets_a_device_be_told_to_the_end_and_begins_nothing_more() -> None:
    bench = Bench(PULSE)
    bench.driver().takes_s = 1.0
    running = asyncio.create_task(bench.actions.run())
    await bench.tell(change())
    running.cancel()
    await bench.clock.advance(0)
    await bench.tell(change(alert="a2", device="door-2"))
    await bench.clock.advance(1)
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert bench.outcomes() == [("door-1", OutcomeState.EXECUTED, "")]
    bench.begin(PULSE)
    await bench.actions.remember({"a2"})
    await bench.clock.advance(1)
    assert bench.told() == ["door-1", "door-2"]


async def test_a_siren_that_cannot_be_reached_is_left_alone_once_somebody_took_note_and_a_door_is_not() -> None:
    siren = ActionSettings(command="sound", args={"seconds": 60})
    bench = Bench(siren, PULSE)
    bench.driver().failing["door-1"] = LineLost("gone")
    await bench.tell(change())
    bench.noticed.add("a1")
    await bench.clock.advance(5 * RETRY_S)
    assert bench.outcomes() == [("door-1", OutcomeState.REFUSED, "line_lost")]
    bench.driver().failing.clear()
    await bench.clock.advance(LONGEST_S)
    assert [name for _, name, _ in bench.driver().executed][-1] == "pulse_unlock"
    assert bench.outcomes()[1:] == [("door-1", OutcomeState.EXECUTED, "")]


async def test_a_rule_that_flaps_does_not_wear_out_a_relay_and_each_refusal_is_told() -> None:
    bench = Bench(PULSE, latch=False)
    for number in range(MOST_A_MINUTE + 3):
        await bench.tell(change(alert=f"a{number}"))
    assert len(bench.told()) == MOST_A_MINUTE
    assert bench.outcomes()[MOST_A_MINUTE:] == [("door-1", OutcomeState.REFUSED, "rate_limited")] * 3
    await bench.clock.advance(60)
    await bench.tell(change(alert="later"))
    assert bench.outcomes()[-1] == ("door-1", OutcomeState.EXECUTED, "")


async def test_what_insists_is_never_refused_for_its_number() -> None:
    bench = Bench(PULSE)
    for number in range(MOST_A_MINUTE + 3):
        await bench.tell(change(alert=f"a{number}"))
    assert len(bench.told()) == MOST_A_MINUTE + 3
