"""What is told of a flood, over a kill and by a full outbox: once where it can be, and never nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from config.channels import RouteSettings
from edge_agent.notify.notice import Fate, Kind, Notice
from edge_agent.notify.outbox import MOST, Outbox
from runtime.testing import FakeClock
from tests.unit.edge_agent.alarming import alert
from tests.unit.edge_agent.notify.making import EVERYTHING, Teller, lost
from wire.alert import AlertState, Level

CLEARED, CHANGED, RED = AlertState.CLEARED, AlertState.CHANGED, Level.RED
WANTS_ALL = RouteSettings(levels=EVERYTHING.levels, channels=("guard",), over=True, repeat_s=600)
QUIET_NOW = (0, 23 * 60 + 59)
GATHERED_S = 3.0


@pytest_asyncio.fixture
async def teller() -> AsyncIterator[Teller]:
    made = Teller(WANTS_ALL, RouteSettings(levels=("red",), channels=("mail",)))
    await made.start()
    yield made
    await made.stop()


async def test_seventeen_doors_at_once_are_one_message_with_the_first_out(teller: Teller) -> None:
    await teller.tell(*(alert(alert=f"a{number}", rule="offline") for number in range(17)))
    await teller.clock.advance(60)
    ((first, kind),) = teller.got()
    assert (first, kind, teller.posts["guard"].got[0].count) == ("a0", Kind.FLOOD, 17)
    assert "10 分钟内 17 条告警" in teller.posts["guard"].messages[0]
    await teller.tell(*(alert(CLEARED, alert=f"a{number}", rule="offline", at=9) for number in range(17)))
    await teller.clock.advance(60)
    assert len(teller.got()) == 1


async def test_a_flood_that_goes_on_is_told_every_ten_minutes_with_its_count_and_loses_no_alarm() -> None:
    teller = Teller(EVERYTHING)
    await teller.start()
    for number in range(120):
        await teller.tell(alert(alert=f"a{number}"))
        await teller.clock.advance(20)
    await teller.clock.advance(1200)
    got = teller.posts["guard"].got
    assert [one.kind for one in got[:10]] == [Kind.RAISED] * 10
    digests = [one for one in got if one.kind is Kind.FLOOD]
    assert len(digests) in (4, 5)
    assert digests[-1].count == 120
    await teller.stop()


async def test_a_fire_in_a_flood_is_told_by_itself_at_once(teller: Teller) -> None:
    await teller.tell(*(alert(alert=f"a{number}", rule="offline") for number in range(17)))
    await teller.tell(alert(level=RED, alert="fire", rule="fire"))
    assert teller.got() == [("fire", Kind.RAISED)]


async def test_after_a_kill_what_was_not_sent_is_sent_and_nothing_is_sent_a_third_time() -> None:
    teller = Teller(RouteSettings(levels=("red",), channels=("guard",)))
    await teller.tell(alert(level=RED))
    await teller.start_again()
    assert teller.got() == [("a1", Kind.RAISED)]
    await teller.start_again()
    assert len(teller.got()) == 1
    sent = {name: data for name, data in teller.buffer.notes.items() if name.startswith("notices.")}
    await teller.tell(alert(level=RED, alert="a2"))
    before = {name: data for name, data in teller.buffer.notes.items() if name.startswith("notices.")}
    assert before != sent
    keys = [one.id for one in teller.posts["guard"].got]
    await teller.start_again()
    assert [one.id for one in teller.posts["guard"].got] == keys


async def test_a_kill_while_it_is_being_sent_sends_it_once_more_under_the_same_id() -> None:
    teller = Teller(RouteSettings(levels=("red",), channels=("guard",)))
    await teller.start()
    guard = teller.posts["guard"]
    guard.slow = asyncio.Event()
    await teller.tell(alert(level=RED))
    pending = [one.id for one in teller.notifier.outbox.pending("guard")]
    guard.slow = None
    await teller.start_again()
    await teller.clock.advance(0)
    assert (guard.tries, [one.id for one in guard.got]) == (2, pending)


async def test_after_a_restart_what_stands_is_told_again_in_its_turn() -> None:
    teller = Teller(WANTS_ALL)
    await teller.start()
    await teller.tell(alert(level=RED))
    await teller.start_again()
    await teller.clock.advance(700)
    assert [kind for _, kind in teller.got()] == [Kind.RAISED, Kind.AGAIN]


def _notice(number: int, level: Level = Level.YELLOW, fate: Fate = Fate.PENDING) -> Notice:
    return Notice(f"n{number}", "guard", Kind.RAISED, f"a{number}", "r", "d", level, number, number, fate=fate)


def test_the_outbox_is_bounded_and_gives_up_what_is_settled_then_what_is_mild_and_old() -> None:
    outbox = Outbox(FakeClock())
    for number in range(MOST - 2):
        outbox.add(_notice(number))
    outbox.add(_notice(9_000, RED))
    outbox.add(_notice(9_001, RED))
    outbox.settle(_notice(9_001, RED), Fate.SENT, "", 1)
    outbox.add(_notice(9_002, RED))
    assert {one.id for one in outbox} >= {"n0", "n9000", "n9002"}
    assert "n9001" not in {one.id for one in outbox}
    outbox.add(_notice(9_003, RED))
    assert "n0" not in {one.id for one in outbox}
    assert (len(list(outbox)), outbox.counts["guard", Fate.GIVEN_UP]) == (MOST, 1)
    assert [one.id for one in outbox.pending("guard")][:3] == ["n9000", "n9002", "n9003"]


async def test_a_clock_that_is_set_for_the_first_time_makes_no_message_old(teller: Teller) -> None:
    teller.posts["guard"].trouble = lost()
    await teller.tell(alert(level=RED))
    teller.clock.step_wall(20 * 365 * 86_400_000_000)
    teller.posts["guard"].trouble = None
    await teller.clock.advance(60)
    assert teller.got() == [("a1", Kind.RAISED)]


async def test_a_message_that_was_dated_by_a_clock_never_set_is_sent_after_a_restart() -> None:
    teller = Teller(EVERYTHING)
    teller.clock.step_wall(1_000_000 - teller.clock.now())
    await teller.tell(alert(level=RED))
    teller.clock.step_wall(1_700_000_000_000_000)
    await teller.start_again()
    assert teller.got() == [("a1", Kind.RAISED)]
    await teller.stop()


async def test_a_message_that_waited_for_a_day_of_power_cuts_is_given_up() -> None:
    teller = Teller(EVERYTHING)
    await teller.tell(alert(level=RED))
    teller.clock.step_wall(2 * 86_400_000_000)
    await teller.start_again()
    assert (teller.got(), teller.notifier.told("a1")[0]["reason"]) == ([], "too_old")
    await teller.stop()
