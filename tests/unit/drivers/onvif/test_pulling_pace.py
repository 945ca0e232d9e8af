"""How often a camera is asked: soon where that helps, rarely where it harms, and never faster than is good."""

import asyncio

from drivers.api import CorruptAnswer, LineLost, Misconfigured, NotSupported
from drivers.onvif.lockout import LOCKED_OUT_S
from tests.fakes.camera import EMPTY, message
from tests.unit.drivers.onvif.pulled import WORST_REST_S, heard


async def test_rests_grow_to_half_a_minute_and_are_short_again_after_a_while_of_hearing() -> None:
    async with heard() as one:
        one.calls.refusing["clock_offset_s"] = LineLost("nobody there")
        one.calls.lose_subscriptions()
        await one.clock.advance(3600)
        tries = one.calls.counts["clock_offset_s"]
        assert 3600 / 32 < tries < 3600 / 22
        one.calls.refusing.clear()
        await one.clock.advance(60)
        one.calls.lose_subscriptions()
        await one.clock.advance(1.5)
        assert len(one.calls.live) == 1


async def test_one_that_breaks_each_time_at_once_is_not_asked_without_rest() -> None:
    async with heard() as one:
        one.calls.refusing["pull"] = CorruptAnswer("half")
        await one.clock.advance(3600)
        assert one.calls.made < 3600 / 20
        assert one.calls.given_back >= one.calls.made - 1


async def test_a_wrong_password_is_tried_twice_and_then_rarely_and_nothing_else_is_asked() -> None:
    async with heard() as one:
        wrong = Misconfigured("the password is refused")
        one.calls.refusing |= {"pull": wrong, "product": wrong, "subscribe": wrong, "unsubscribe": wrong}
        one.calls.tell(EMPTY)
        asked = len(one.calls.asked)
        await one.clock.advance(3600)
        tries = [name for name in one.calls.asked[asked:] if name != "clock_offset_s"]
        assert tries[:2] == ["pull", "product"]
        assert set(tries[1:]) == {"product"}
        assert len(tries) <= 2 + 3600 / LOCKED_OUT_S
        assert {str(error) for error in one.voice.errors} == {"the password is refused"}
        one.calls.refusing.clear()
        await one.clock.advance(LOCKED_OUT_S + 2)
        assert len(one.calls.live) == 1
        assert [why for _, why in one.voice.gaps] == ["misconfigured"]


async def test_who_has_no_events_is_asked_rarely() -> None:
    async with heard() as one:
        one.calls.refusing["subscribe"] = NotSupported("no events")
        one.calls.lose_subscriptions()
        await one.clock.advance(3600)
        assert one.calls.counts["subscribe"] <= 4 + 3600 / LOCKED_OUT_S


async def test_a_certificate_that_is_not_believed_is_looked_at_again_soon() -> None:
    async with heard() as one:
        one.calls.refusing["clock_offset_s"] = Misconfigured("another certificate")
        one.calls.lose_subscriptions()
        await one.clock.advance(600)
        assert one.calls.counts["product"] == 1
        one.calls.refusing.clear()
        await one.clock.advance(WORST_REST_S + 1)
        assert len(one.calls.live) == 1


async def test_hurried_empties_cost_a_second_each_and_news_do_not_wait() -> None:
    async with heard() as one:
        one.calls.hurried = True
        await one.clock.advance(10)
        pulled = one.calls.counts["pull"]
        await one.clock.advance(100)
        assert one.calls.counts["pull"] - pulled == 100
        one.calls.tell(message("a"), message("b"), message("c"))
        await one.clock.advance(1)
        assert [body for body in one.voice.bodies if body != EMPTY] == [message("a"), message("b"), message("c")]


async def test_a_flood_is_taken_only_as_fast_as_is_good_and_stays_subscribed() -> None:
    async with heard() as one:
        one.calls.tell(*[message("x" * 1_000_000)] * 1000)
        await one.clock.advance(600)
        assert len(one.voice.bodies) < 600 * 128_000 / 1_000_000 + 5
        assert (one.calls.made, one.voice.errors) == (1, [])


async def test_answers_without_end_are_asked_for_only_so_often() -> None:
    async with heard() as one:
        one.calls.tell(*[message()] * 10_000)
        await one.clock.advance(100)
        assert 800 < len(one.voice.bodies) < 1000


async def test_where_there_is_no_room_it_waits_and_what_is_lost_is_told() -> None:
    async with heard() as one:
        one.voice.full = asyncio.Event()
        one.calls.tell(message())
        await one.clock.advance(300)
        assert one.calls.live == set()
        one.voice.full.set()
        await one.clock.advance(5)
        assert len(one.calls.live) == 1
        assert [why for _, why in one.voice.gaps] == ["device_refused"]
