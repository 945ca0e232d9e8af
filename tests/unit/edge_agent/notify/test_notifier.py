"""People are told once of what matters, whatever fails: channels, power, a night, or too many alarms at once."""

from collections.abc import AsyncIterator

import pytest_asyncio

from config.channels import RouteSettings
from edge_agent.alarms.alarm import Verb
from edge_agent.notify.channel import NotSent
from edge_agent.notify.notice import Kind
from edge_agent.notify.notifier import FAILING_S
from tests.unit.edge_agent.alarming import HOUR_US, alert
from tests.unit.edge_agent.notify.making import EVERYTHING, Teller, lost, routes
from wire.alert import AlertChange, AlertState, Level

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


async def test_red_is_told_at_once_and_the_rest_after_a_moment_most_severe_first(teller: Teller) -> None:
    await teller.tell(alert(alert="b"), alert(level=Level.ORANGE, alert="o"), alert(level=RED, alert="r"))
    assert (teller.got(), teller.got("mail")) == ([("r", Kind.RAISED)], [("r", Kind.RAISED)])
    await teller.clock.advance(GATHERED_S)
    assert teller.got()[1:] == [("o", Kind.RAISED), ("b", Kind.RAISED)]
    await teller.clock.advance(30)
    assert len(teller.got()) == 3
    assert [one["state"] for one in teller.notifier.told("r")] == ["sent", "sent"]


async def test_what_grows_worse_is_told_again_and_its_end_to_those_who_were_told(teller: Teller) -> None:
    await teller.tell(alert())
    await teller.clock.advance(GATHERED_S)
    await teller.tell(alert(CHANGED, Level.BLUE, at=5), alert(CHANGED, RED, at=6))
    await teller.tell(alert(CLEARED, RED, at=9))
    assert teller.got() == [("a1", Kind.RAISED), ("a1", Kind.WORSE), ("a1", Kind.OVER)]
    assert teller.levels()[1:] == [RED, RED]
    assert teller.got("mail") == [("a1", Kind.WORSE)]


async def test_who_was_told_nothing_is_not_told_its_end(teller: Teller) -> None:
    await teller.tell(alert(CLEARED, at=5))
    await teller.clock.advance(GATHERED_S)
    assert teller.got() == []


async def test_what_nobody_took_note_of_is_told_again_until_somebody_does(teller: Teller) -> None:
    await teller.tell(alert(level=RED))
    await teller.clock.advance(1300)
    assert teller.got() == [("a1", Kind.RAISED), ("a1", Kind.AGAIN), ("a1", Kind.AGAIN)]
    await teller.does(Verb.ACK)
    await teller.clock.advance(3600)
    assert len(teller.got()) == 3


async def test_a_rules_own_repeat_goes_before_its_routes() -> None:
    teller = Teller(WANTS_ALL)
    site = routes(WANTS_ALL)
    teller.configure(type(site)(**{**site.__dict__, "repeats": {("held_open", "door-1"): 60.0}}))
    await teller.start()
    await teller.tell(alert(level=RED))
    await teller.clock.advance(200)
    assert [kind for _, kind in teller.got()] == [Kind.RAISED, Kind.AGAIN, Kind.AGAIN, Kind.AGAIN]
    await teller.stop()


async def test_a_shelved_alarm_is_told_to_nobody_until_it_comes_back(teller: Teller) -> None:
    await teller.tell(alert())
    await teller.clock.advance(GATHERED_S)
    await teller.does(Verb.SHELVE, note="搬家", until=teller.clock.now() + HOUR_US)
    await teller.tell(alert(CLEARED, at=5), alert(alert="a2"))
    await teller.clock.advance(1800)
    assert teller.got() == [("a1", Kind.RAISED), ("a1", Kind.OVER)]
    await teller.does(Verb.UNSHELVE, "a2")
    assert teller.got()[2:] == [("a2", Kind.AGAIN)]


async def test_quiet_hours_hold_what_is_not_red_and_drop_what_is_over_by_their_end() -> None:
    teller = Teller(RouteSettings(levels=EVERYTHING.levels, channels=("guard",), quiet=QUIET_NOW))
    await teller.start()
    await teller.tell(alert(), alert(alert="a2"), alert(alert="a3"), alert(level=RED, alert="r"))
    await teller.clock.advance(60)
    assert teller.got() == [("r", Kind.RAISED)]
    await teller.tell(alert(CLEARED, alert="a2", at=5))
    await teller.does(Verb.ACK, "a3")
    await teller.clock.advance(86_400)
    assert teller.got()[1:] == [("a1", Kind.RAISED)]
    assert [one["reason"] for one in teller.notifier.told("a2")] == ["not_needed"]
    await teller.stop()


async def test_a_dead_channel_holds_up_no_other_and_is_tried_again_less_and_less_often(teller: Teller) -> None:
    guard = teller.posts["guard"]
    guard.trouble = lost()
    await teller.tell(alert(level=RED))
    assert teller.got("mail") == [("a1", Kind.RAISED)]
    await teller.clock.advance(3600)
    assert 10 < guard.tries < 30
    assert teller.notifier.told("a1")[0]["reason"] == "cannot_connect"
    guard.trouble = None
    await teller.clock.advance(400)
    assert teller.got()[0] == ("a1", Kind.RAISED)
    assert teller.notifier.snapshot()["guard"]["problem"] == ""


async def test_a_red_alarm_does_not_wait_for_the_next_try_of_an_earlier_one(teller: Teller) -> None:
    guard = teller.posts["guard"]
    guard.trouble = lost()
    await teller.tell(alert())
    await teller.clock.advance(1000)
    tries, guard.trouble = guard.tries, None
    await teller.tell(alert(level=RED, alert="r"))
    assert teller.got()[0] == ("r", Kind.RAISED)
    assert guard.tries > tries


async def test_what_the_other_side_will_never_take_is_failed_and_the_next_one_goes(teller: Teller) -> None:
    teller.posts["guard"].trouble = NotSent("http_400", final=True)
    await teller.tell(alert(level=RED))
    teller.posts["guard"].trouble = None
    await teller.tell(alert(level=RED, alert="a2"))
    assert teller.got() == [("a2", Kind.RAISED)]
    assert (teller.notifier.told("a1")[0]["state"], teller.notifier.told("a1")[0]["reason"]) == ("failed", "http_400")


async def test_a_bug_in_a_channel_costs_one_message(teller: Teller) -> None:
    teller.posts["guard"].trouble = ZeroDivisionError()
    await teller.tell(alert(level=RED))
    teller.posts["guard"].trouble = None
    await teller.tell(alert(level=RED, alert="a2"))
    assert teller.got() == [("a2", Kind.RAISED)]
    assert teller.notifier.snapshot()["guard"]["failed"] == 1


async def test_the_other_sides_wish_to_wait_is_heeded(teller: Teller) -> None:
    guard = teller.posts["guard"]
    guard.trouble = NotSent("http_503", retry_after_s=900)
    await teller.tell(alert(level=RED))
    await teller.clock.advance(890)
    assert guard.tries == 1


async def test_a_message_is_given_up_after_a_day_and_a_siren_after_ten_minutes() -> None:
    teller = Teller(RouteSettings(levels=("red",), channels=("guard", "siren")))
    await teller.start()
    for name in ("guard", "siren"):
        teller.posts[name].trouble = lost()
    await teller.tell(alert(level=RED))
    await teller.clock.advance(1200)
    assert [(one["channel"], one["state"]) for one in teller.notifier.told("a1")] == [
        ("guard", "pending"),
        ("siren", "given_up"),
    ]
    await teller.clock.advance(86_400)
    assert teller.notifier.snapshot()["guard"]["given_up"] == 1
    await teller.stop()


async def test_a_siren_that_could_not_sound_stays_silent_once_somebody_knows() -> None:
    teller = Teller(RouteSettings(levels=("red",), channels=("siren",), over=True))
    await teller.start()
    teller.posts["siren"].trouble = lost()
    await teller.tell(alert(level=RED))
    await teller.does(Verb.ACK)
    teller.posts["siren"].trouble = None
    await teller.clock.advance(60)
    await teller.tell(alert(CLEARED, RED, at=9))
    assert teller.got("siren") == []
    await teller.stop()


async def test_a_new_configuration_has_its_channels_and_gives_up_what_waits_for_others(teller: Teller) -> None:
    teller.posts["guard"].trouble = lost()
    await teller.tell(alert(level=RED))
    only_mail = routes(RouteSettings(levels=("red",), channels=("mail",)), channels=(routes().channels["mail"],))
    teller.notifier.under(only_mail, teller.make)
    await teller.clock.advance(1)
    assert teller.posts["guard"].closed == 1
    assert [(one["channel"], one["state"], one["reason"]) for one in teller.notifier.told("a1")] == [
        ("guard", "given_up", "no_such_channel"),
        ("mail", "sent", ""),
    ]
    assert teller.notifier.snapshot().keys() == {"mail"}


async def test_red_alarms_that_no_channel_takes_for_five_minutes_are_an_alert_themselves(teller: Teller) -> None:
    guard, mail = teller.posts["guard"], teller.posts["mail"]
    guard.trouble = lost()
    await teller.tell(alert(level=RED))
    await teller.clock.advance(FAILING_S + 1)
    assert not teller.notifier.failing()
    mail.trouble = lost()
    await teller.tell(alert(level=RED, alert="a2"))
    await teller.clock.advance(FAILING_S - 1)
    assert not teller.notifier.failing()
    await teller.clock.advance(2)
    assert teller.notifier.failing()
    mail.trouble = None
    await teller.clock.advance(301)
    assert not teller.notifier.failing()


async def test_without_channels_nothing_is_kept_and_nothing_fails() -> None:
    teller = Teller(RouteSettings(levels=("blue",), channels=("guard",)))
    await teller.start()
    await teller.tell(alert(level=RED))
    await teller.clock.advance(3600)
    assert not teller.notifier.failing()
    assert list(teller.notifier.outbox) == []
    await teller.stop()


async def test_an_automation_and_an_unknown_alert_tell_nobody(teller: Teller) -> None:
    await teller.tell(AlertChange("x", "r", "door-1", CHANGED, RED, 1, 1))
    assert teller.got() == []
