"""A camera is heard again after all that befalls cameras, by the driver's own way to one; hours take moments here."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from drivers.api import Misconfigured
from drivers.onvif.lockout import LOCKED_OUT_S
from drivers.onvif.pulling import BURST, GIVE_BACK_S, PER_S, PullSession
from drivers.onvif.wire.web import LARGEST_MESSAGE
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from tests.contract.cameras import Station, asking
from tests.fakes.camera import FakeVoice
from tests.fakes.warp import WarpClock, run_warped

BACK_S = 32.0
"""The longest rest, and a moment to be heard again."""


@dataclass
class Watched:
    """A camera and who listens to it, on time that passes when nobody has anything to do."""

    clock: WarpClock
    camera: Station
    voice: FakeVoice

    async def hears(self, plate: str) -> None:
        """Let a car pass and see to it that it is heard within a second."""
        self.camera.pass_car(plate)
        await self.clock.sleep(1)
        assert any(plate.encode() in body for body in self.voice.bodies)

    def ended(self) -> list[str]:
        """Return why it was not heard, each gap in one word."""
        return [why for _, why in self.voice.gaps]


@asynccontextmanager
async def watched(maker: str = "specified", **body: Any) -> AsyncIterator[Watched]:
    clock = WarpClock(asyncio.get_running_loop())
    camera, voice = Station(Body(clock, MAKERS[maker], **body)), FakeVoice()
    await camera.start()
    try:
        async with asking(camera, clock) as calls:
            session = asyncio.ensure_future(PullSession(calls, voice, clock, seed=3).run())
            await clock.sleep(2)
            yield Watched(clock, camera, voice)
            session.cancel()
            await asyncio.wait((session,), timeout=GIVE_BACK_S + 0.5)
            assert session.cancelled()
        assert camera.points.open == [] or camera.wrong.frozen
    finally:
        await camera.stop()


def warped(maker: str = "specified", **body: Any) -> Callable[[Callable[[Watched], Awaitable[None]]], None]:
    """Run at once what is decorated, with one that is watched."""

    def run(story: Callable[[Watched], Awaitable[None]]) -> None:
        async def told() -> None:
            async with watched(maker, **body) as one:
                await story(one)

        run_warped(told())

    return run


@pytest.mark.parametrize("maker", ["specified", "contrary", "reolink"])
def test_killed_and_started_again(maker: str) -> None:
    @warped(maker)
    async def story(one: Watched) -> None:
        await one.hears("浙FA0001")
        before = one.clock.now()
        await one.camera.stop()
        one.camera.lose_subscriptions()
        await one.clock.sleep(90)
        await one.camera.start()
        await one.clock.sleep(BACK_S)
        await one.hears("浙FA0002")
        assert one.ended() == ["timeout"]
        assert before - 11_000_000 < one.voice.gaps[0][0] <= before


def test_restarted_it_gives_out_another_address() -> None:
    @warped()
    async def story(one: Watched) -> None:
        one.camera.reboot(20.0)
        await one.clock.sleep(20 + BACK_S)
        assert {request.target for request in one.camera.heard} >= {f"/onvif/subscription/{n}" for n in (1, 2)}
        await one.hears("浙FA0002")
        assert one.ended() == ["timeout"]


def test_frozen_for_a_minute() -> None:
    @warped()
    async def story(one: Watched) -> None:
        one.camera.faults(frozen=True)
        await one.clock.sleep(60)
        assert one.voice.errors
        one.camera.faults(frozen=False)
        await one.clock.sleep(BACK_S)
        await one.hears("浙FA0002")
        assert one.ended() == ["timeout"]
        await one.clock.sleep(60)
        assert len(one.camera.points.open) == 1


def test_whoever_stops_listening_does_not_wait_for_one_that_is_frozen() -> None:
    @warped()
    async def story(one: Watched) -> None:
        one.camera.faults(frozen=True)
        await one.clock.sleep(1)


def test_another_password_and_the_old_one_again() -> None:
    @warped()
    async def story(one: Watched) -> None:
        one.camera.change_password("another-2")
        before = one.camera.credentials.refused
        await one.clock.sleep(3600)
        assert one.camera.credentials.refused - before <= 4 + 3600 / LOCKED_OUT_S
        assert all(isinstance(error, Misconfigured) for error in one.voice.errors)
        assert not any("pretend-1" in str(error) for error in one.voice.errors)
        one.camera.change_password("pretend-1")
        await one.clock.sleep(LOCKED_OUT_S + 2)
        await one.hears("浙FA0002")
        assert one.ended() == ["misconfigured"]


def test_another_certificate_and_the_old_one_again() -> None:
    @warped(tls=True)
    async def story(one: Watched) -> None:
        pinned = one.camera.certificate
        other = await one.camera.change_certificate()
        one.camera.heard.clear()
        await one.clock.sleep(600)
        assert one.camera.heard == []
        assert other in str(one.voice.errors[-1])
        assert isinstance(one.voice.errors[-1], Misconfigured)
        await one.camera.stop()
        one.camera.certificate = pinned
        await one.camera.start()
        await one.clock.sleep(BACK_S)
        await one.hears("浙FA0002")


@pytest.mark.parametrize("ahead_s", [7200.0, -7200.0])
def test_a_clock_that_is_two_hours_off_costs_nothing(ahead_s: float) -> None:
    @warped(authentication="wsse")
    async def story(one: Watched) -> None:
        one.camera.set_clock(ahead_s)
        await one.clock.sleep(300)
        await one.hears("浙FA0002")
        one.camera.set_clock(0.0)
        await one.clock.sleep(300)
        await one.hears("浙FA0003")
        assert one.ended() == []
        assert one.camera.points.created == 1


@pytest.mark.parametrize(
    "fault", [{"truncated": True}, {"bomb": True}, {"drop": True}, {"redirect": "http://192.0.2.9/"}]
)
def test_spoilt_answers(fault: dict[str, Any]) -> None:
    @warped()
    async def story(one: Watched) -> None:
        one.camera.faults(where="events", **fault)
        await one.clock.sleep(600)
        assert one.camera.points.created < 40
        one.camera.faults(**{name: type(value)() for name, value in fault.items()})
        await one.clock.sleep(BACK_S)
        await one.clock.sleep(60)  # what it made and could not say ends by itself
        await one.hears("浙FA0002")
        assert len(one.ended()) == 1


def test_a_flood_is_taken_as_rationed() -> None:
    @warped()
    async def story(one: Watched) -> None:
        one.camera.faults(flood_per_s=10_000)
        await one.clock.sleep(10)
        assert sum(map(len, one.voice.bodies)) < BURST + LARGEST_MESSAGE + 10 * PER_S
        one.camera.faults(flood_per_s=0)
        await one.clock.sleep(BACK_S)
        await one.hears("浙FA0002")


def test_after_many_subscriptions_nothing_has_grown() -> None:
    @warped()
    async def story(one: Watched) -> None:
        await _lose(one, 12)
        before = _standing()
        await _lose(one, 20)
        tasks, objects, sockets = (now - then for now, then in zip(_standing(), before, strict=True))
        assert one.camera.points.created == 33
        assert (tasks, sockets) == (0, 0)
        assert objects < 40
        assert len(one.camera.points.open) == 1


async def _lose(one: Watched, times: int) -> None:
    for _ in range(times):
        one.camera.lose_subscriptions()
        await one.clock.sleep(13)  # long enough to be steady, so that rests stay short
    one.camera.told.clear()
    one.camera.heard.clear()
    one.voice.bodies.clear()
    one.voice.said.clear()
    one.voice.errors.clear()
    one.voice.gaps.clear()


def _standing() -> tuple[int, int, int]:
    """Return how many tasks, objects and open sockets there are."""
    gc.collect()
    objects = gc.get_objects()
    sockets = [one for one in objects if isinstance(one, asyncio.Transport) and not one.is_closing()]
    return len(asyncio.all_tasks()), len(objects), len(sockets)
