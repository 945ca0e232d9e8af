"""Pictures that are owed: fetched in order, not when it is too late, and not when the camera sent them."""

import asyncio

from drivers.api import Timeout
from drivers.onvif.snapping import LATE_S, WAITING, Snapping
from runtime.testing import FakeClock
from tests.fakes.camera import FakeCalls


class Taken:
    """What was fetched."""

    def __init__(self, patience_s: float = 0.0) -> None:
        self.clock = FakeClock()
        self.calls = FakeCalls(self.clock)
        self.pictures: list[str] = []
        self.snapping = Snapping("cam", self.calls, self.clock, lambda name, _: self.pictures.append(name), patience_s)

    async def __aenter__(self) -> "Taken":
        self._task = asyncio.create_task(self.snapping.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_pictures_come_under_their_names_in_order() -> None:
    async with Taken() as taken:
        taken.snapping.want("a")
        taken.snapping.want("b")
        await taken.clock.advance(0)
        assert taken.pictures == ["a", "b"]


async def test_one_that_fails_costs_itself() -> None:
    async with Taken() as taken:
        taken.calls.fail("picture", Timeout("no answer"))
        taken.snapping.want("a")
        taken.snapping.want("b")
        await taken.clock.advance(0)
        assert taken.pictures == ["b"]


async def test_too_late_is_not_fetched_and_too_many_are_not_owed() -> None:
    async with Taken() as taken:
        taken.calls.slow["picture"] = LATE_S + 0.1
        for name in "abcdef":
            taken.snapping.want(name)
        await taken.clock.advance(LATE_S * 3)
        assert taken.pictures == ["abcdef"[-WAITING]]


async def test_a_camera_that_sends_by_itself_is_waited_for() -> None:
    async with Taken(patience_s=1.0) as taken:
        taken.snapping.want("a")
        taken.snapping.want("b")
        await taken.clock.advance(0.5)
        taken.snapping.has("a")
        await taken.clock.advance(1)
        assert taken.pictures == ["b"]
