"""A PullPoint that is heard, with the camera, the listener and the time in a test's hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from drivers.onvif.calls import Calls
from drivers.onvif.pulling import PullSession
from drivers.onvif.voice import Voice
from runtime.testing import FakeClock
from tests.fakes.camera import FakeCalls, FakeVoice

WORST_REST_S = 30.0


class Heard:
    """A session that runs, with everything around it in the test's hands."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.calls, self.voice = FakeCalls(self.clock), FakeVoice()
        calls, voice = self.calls, self.voice
        as_calls: Calls = calls
        as_voice: Voice = voice
        self.session = PullSession(as_calls, as_voice, self.clock, seed=7)
        self.task = asyncio.ensure_future(self.session.run())

    async def stop(self, patience_s: float = 3.0) -> None:
        """Cancel it and let it have ``patience_s``; it must have ended then."""
        self.task.cancel()
        await self.clock.advance(patience_s)
        assert self.task.cancelled()


@asynccontextmanager
async def heard() -> AsyncIterator[Heard]:
    before = asyncio.all_tasks()
    made = Heard()
    await made.clock.advance(2)
    yield made
    if not made.task.done():
        await made.stop()
    assert asyncio.all_tasks() == before
