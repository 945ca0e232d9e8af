"""A PullPoint that is heard for ever: whatever ends it, it is made again, and nothing is left behind."""

import asyncio

import pytest

from drivers.api import CorruptAnswer, DeviceRefused, DriverError, LineLost, Misconfigured, NotSupported, Timeout
from drivers.onvif.pulling import PullSession
from runtime.testing import FakeClock
from tests.fakes.camera import EMPTY, FakeCalls, FakeVoice, message
from tests.unit.drivers.onvif.pulled import WORST_REST_S, heard


async def test_it_begins_by_its_clock_and_its_password_and_asks_for_what_is_so() -> None:
    async with heard() as one:
        assert one.calls.asked[:5] == ["clock_offset_s", "product", "subscribe", "synchronise", "pull"]
        one.calls.tell(message("a"), message("b"))
        await one.clock.advance(0.1)
        assert one.voice.bodies[-2:] == [message("a"), message("b")]
        assert one.voice.answers == len(one.voice.bodies)
        assert (one.voice.errors, one.voice.gaps) == ([], [])
        assert {pull[0] for pull in one.calls.pulls} == set(one.calls.live)
        assert {pull[2] for pull in one.calls.pulls} == {50}


async def test_for_hours_it_is_renewed_in_time_and_polled_with_patience() -> None:
    async with heard() as one:
        await one.clock.advance(14_400)
        assert (one.calls.made, one.calls.given_back) == (1, 0)
        assert 14_400 / 45 < one.calls.renewed <= 14_400 / 39
        assert one.calls.counts["pull"] < 14_400 / 8
        assert (one.voice.errors, one.voice.gaps) == ([], [])


async def test_cancelled_it_gives_the_subscription_back() -> None:
    async with heard() as one:
        await one.stop(0)
        assert (one.calls.live, one.calls.made, one.calls.given_back) == (set(), 1, 1)


async def test_cancelled_it_waits_for_nobody_longer_than_three_seconds() -> None:
    async with heard() as one:
        one.calls.hanging.add("unsubscribe")
        one.task.cancel()
        await one.clock.advance(2.9)
        assert not one.task.done()
        await one.clock.advance(0.1)
        assert one.task.cancelled()


async def test_cancelled_while_it_is_being_made_the_subscription_is_given_back_too() -> None:
    clock = FakeClock()
    calls = FakeCalls(clock)
    calls.slow["subscribe"] = 2.0
    task = asyncio.ensure_future(PullSession(calls, FakeVoice(), clock).run())
    await clock.advance(1)
    task.cancel()
    await clock.advance(0.5)
    assert not task.done()
    await clock.advance(0.5)
    assert task.cancelled()
    assert (calls.live, calls.made, calls.given_back) == (set(), 1, 1)


@pytest.mark.parametrize("when", ["clock_offset_s", "product", "subscribe"])
async def test_cancelled_before_there_is_one_it_leaves_nothing(when: str) -> None:
    clock = FakeClock()
    calls = FakeCalls(clock)
    calls.hanging.add(when)
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(PullSession(calls, FakeVoice(), clock).run())
    await clock.advance(1)
    task.cancel()
    await clock.advance(3)
    assert task.cancelled()
    assert calls.live == set()
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("name", ["clock_offset_s", "product", "subscribe", "pull", "renew"])
@pytest.mark.parametrize("error", [LineLost("cut"), Timeout("late"), CorruptAnswer("half")])
async def test_whatever_fails_it_tries_again(name: str, error: DriverError) -> None:
    async with heard() as one:
        if name not in ("pull", "renew"):
            one.calls.fail("pull", LineLost("the first reason"))
        one.calls.fail(name, error)
        await one.clock.advance(60)
        assert len(one.calls.live) == 1
        survives = name == "clock_offset_s" and isinstance(error, CorruptAnswer)
        assert (error in one.voice.errors) is not survives
        assert one.calls.made - len(one.calls.live) == one.calls.given_back + (name == "subscribe")
        one.calls.tell(message())
        await one.clock.advance(0.1)
        assert one.voice.bodies[-1] == message()


async def test_the_gap_is_told_once_from_the_last_answer_with_what_began_it_and_before_what_comes_then() -> None:
    async with heard() as one:
        one.calls.tell(message("before"))
        await one.clock.advance(0.1)
        last = one.clock.now() - 100_000
        one.calls.lose_subscriptions()
        one.calls.refusing["subscribe"] = LineLost("nobody there")
        await one.clock.advance(600)
        assert one.voice.gaps == []
        one.clock.step_wall(7_200_000_000)  # the box learned the time meanwhile
        one.calls.refusing.clear()
        one.calls.tell(message("after"))
        await one.clock.advance(WORST_REST_S)
        assert one.voice.gaps == [(last + 7_200_000_000, "device_refused")]
        said = [kind for kind in one.voice.said if kind != "gone"]
        assert said[said.index("missed") - 1 : said.index("missed") + 2] == ["there", "missed", "body"]
        await one.clock.advance(600)
        assert len(one.voice.gaps) == 1


async def test_who_was_never_there_was_missed_since_we_wanted_to_hear() -> None:
    clock = FakeClock()
    calls, voice = FakeCalls(clock), FakeVoice()
    calls.refusing["clock_offset_s"] = LineLost("nobody there")
    session = PullSession(calls, voice, clock)
    await clock.advance(50)
    begun = clock.now()
    task = asyncio.ensure_future(session.run())
    await clock.advance(100)
    calls.refusing.clear()
    await clock.advance(WORST_REST_S + 2)
    task.cancel()
    await clock.advance(3)
    assert voice.gaps == [(begun, "line_lost")]


async def test_a_frozen_one_is_found_out_and_heard_again_when_it_thaws() -> None:
    async with heard() as one:
        one.calls.hanging |= {"pull", "unsubscribe", "clock_offset_s"}
        await one.clock.advance(60)
        assert {type(error) for error in one.voice.errors} == {Timeout}
        one.calls.hanging.clear()
        await one.clock.advance(15 + WORST_REST_S + 1)
        assert [why for _, why in one.voice.gaps] == ["timeout"]
        one.calls.tell(message())
        await one.clock.advance(0.1)
        assert one.voice.bodies[-1] == message()


async def test_a_lost_subscription_is_made_again_within_two_seconds() -> None:
    async with heard() as one:
        for number in range(1, 21):
            one.calls.lose_subscriptions()
            await one.clock.advance(2)
            assert one.calls.made == number + 1
            await one.clock.advance(11)
        assert len(one.voice.gaps) == 20
        assert {why for _, why in one.voice.gaps} == {"device_refused"}


async def test_a_clock_that_jumps_is_learned_again_at_once() -> None:
    async with heard() as one:
        one.calls.fail("pull", Misconfigured("its clock is two hours off, so it takes us for a replay"))
        one.calls.tell(EMPTY)
        await one.clock.advance(3)
        assert (one.calls.counts["clock_offset_s"], one.calls.made) == (2, 2)
        await one.clock.advance(60)
        one.calls.fail("pull", Misconfigured("and back"))
        await one.clock.advance(13)
        assert one.calls.made == 3


@pytest.mark.parametrize("error", [NotSupported("no"), DeviceRefused("no", 500), CorruptAnswer("what?")])
async def test_one_that_says_neither_its_time_nor_its_state_is_heard_all_the_same(error: DriverError) -> None:
    async with heard() as one:
        one.calls.refusing |= {"clock_offset_s": error, "synchronise": error}
        one.calls.lose_subscriptions()
        await one.clock.advance(3)
        assert one.calls.made == 2
        assert len(one.voice.errors) == 1


async def test_one_that_cannot_be_renewed_is_heard_as_long_as_it_lives() -> None:
    async with heard() as one:
        one.calls.refusing["renew"] = NotSupported("no Renew")
        await one.clock.advance(57)
        assert (one.calls.made, one.voice.errors) == (1, [])
        await one.clock.advance(20)
        assert one.calls.made == 2
        one.calls.last_for(3600)  # this one lives by being polled
        await one.clock.advance(600)
        assert one.calls.made == 2
