"""Pretended cameras and what asks them, for tests of the driver's way to a camera."""

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from config.hidden import Secret
from drivers.onvif.events import NONE
from drivers.onvif.target import Place, Target, Trust
from drivers.onvif.wire.onvif_calls import OnvifCalls
from runtime.clock import Clock, SystemClock
from runtime.testing import FakeClock
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from simulators.onvif.server import Answer, Request
from simulators.onvif.station import DoorStation

PASSWORD = "pretend-1"


class Station(DoorStation):
    """A door station that keeps what came in, breaks off ``drops`` times before it looks at a request, lacks the
    operations that begin with one of ``lacking``, and says what ``edit`` makes of its answers.
    """

    def __init__(self, body: Body, **given: float) -> None:
        super().__init__(body, **given)
        self.drops = 0
        self.lacking: tuple[str, ...] = ()
        self.edit: Callable[[Answer], Answer | None] | None = None
        self.heard: list[Request] = []

    async def answer(self, request: Request) -> Answer | None:
        self.heard.append(request)
        if self.drops > 0:
            self.drops -= 1
            return None
        for name in [one for one in self._operations if self.lacking and one.startswith(self.lacking)]:
            del self._operations[name]
        answer = await super().answer(request)
        return answer if answer is None or self.edit is None else self.edit(answer)

    def replies(self, old: str, new: str) -> None:
        """Say ``new`` where it would say ``old``."""
        self.edit = lambda answer: dataclasses.replace(answer, body=answer.body.replace(old.encode(), new.encode()))

    def done(self) -> list[str]:
        """Return the commands that were really done."""
        return [one["what"] for one in self.truth()["commands"]]


@asynccontextmanager
async def station(maker: str = "specified", clock: Clock | None = None, **body: Any) -> AsyncIterator[Station]:
    """Give one that answers."""
    made = Station(Body(clock or SystemClock(), MAKERS[maker], **body))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def asking(camera: DoorStation, clock: Clock | None = None, **given: Any) -> AsyncIterator[OnvifCalls]:
    """Give what asks ``camera``, patient for 5 s."""
    calls = OnvifCalls(target_of(camera, **given), clock or SystemClock(), 5.0)
    try:
        yield calls
    finally:
        await calls.close()


def target_of(camera: DoorStation, *, password: str = PASSWORD, trust: Trust | None = None, **given: Any) -> Target:
    """Return ``camera`` as its driver knows it, its certificate pinned where ``trust`` is not given."""
    pin = camera.certificate.fingerprint if camera.certificate is not None else ""
    place = Place("https" if camera.body.tls else "http", "127.0.0.1", camera.server.port)
    none: frozenset[Any] = frozenset()
    believed = trust or Trust(pin=pin)
    made = Target("gate-cam", place, "admin", Secret(password), believed, NONE, none, none, none, {})
    return dataclasses.replace(made, **given)


def lent_clock() -> FakeClock:
    """Return a clock that stands, at the present."""
    return FakeClock(SystemClock().now())
