"""A pretended camera, a voice and somebody who listens, all on one lent clock."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from config.hidden import Secret
from drivers.onvif.events import NONE, Occurrence, meanings
from drivers.onvif.target import Place, Target, Trust
from runtime.testing import FakeClock
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from tests.fakes.camera import FakeVoice

PASSWORD = "pretend-1"
START = 1_767_254_400_000_000
_STEP_S = 0.01


def target_of(camera: Camera, trust: Trust | None = None, *, password: str = PASSWORD) -> Target:
    """Return the camera as the driver would have it."""
    place = Place("https" if camera.body.tls else "http", "127.0.0.1", camera.server.port)
    return dataclasses.replace(pusher(), place=place, password=Secret(password), trust=trust or Trust())


def pusher(device: str = "gate-cam", host: str = "127.0.0.1", path: str = "") -> Target:
    """Return a camera that calls."""
    return Target(
        device=device,
        place=Place("http", host, 80),
        user="admin",
        password=None,
        trust=Trust(),
        quirks=NONE,
        ways=frozenset({"isapi"}),
        points=frozenset(),
        events=frozenset(),
        commands={},
        pushed=Secret(path) if path else None,
    )


@dataclass
class Scene:
    """What a test has in its hands."""

    clock: FakeClock
    camera: Camera
    voice: FakeVoice = field(default_factory=FakeVoice)

    async def until(self, happened: Callable[[], Any], within_s: float = 5.0, step_s: float = _STEP_S) -> None:
        """Let time pass until something happened; a failed assertion when it does not."""
        end = self.clock.monotonic() + within_s
        while not happened():
            assert self.clock.monotonic() < end, f"not within {within_s} s"
            await self.clock.advance(step_s)

    async def passes(self, seconds: float, step_s: float = 0.25) -> None:
        """Let time pass in steps small enough that what is sent arrives in between."""
        for _ in range(round(seconds / step_s)):
            await self.clock.advance(step_s)

    def happened(self) -> list[Occurrence]:
        """Return what the bodies that were told mean, without what is nothing of ours."""
        found = [one for body in self.voice.bodies for one in meanings(body, START)]
        return [one.occurrence for one in found if one.occurrence is not None]

    @property
    def holders(self) -> int:
        """Return how many hold the camera's stream open, as far as the camera knows."""
        return int(self.camera.truth()["streams"]["open"])

    @property
    def sent(self) -> int:
        """Return how many parts left the camera whole."""
        return int(self.camera.truth()["streams"]["sent"])


@asynccontextmanager
async def scene(
    maker: str, *, tls: bool = False, push: str = "", clock: FakeClock | None = None, all_codes: bool = False
) -> AsyncIterator[Scene]:
    """Give a camera that is on."""
    clock = clock or FakeClock(START)
    camera = Camera(Body(clock, dataclasses.replace(MAKERS[maker], all_codes=all_codes), tls=tls, push=push))
    await camera.start()
    try:
        yield Scene(clock, camera)
    finally:
        await camera.stop()


@asynccontextmanager
async def running(part: Any) -> AsyncIterator["asyncio.Task[None]"]:
    """Let a part run, and see that it ends with its cancellation and leaves no task behind."""
    before = asyncio.all_tasks()
    task = asyncio.create_task(part.run(), name="a part of a camera")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), "it ended by itself"
        theirs = ("a connection to a pretend camera", "time for a sign of life", "something to tell")
        left = [one for one in asyncio.all_tasks() - before if not one.get_name().startswith(theirs)]
        assert not left
