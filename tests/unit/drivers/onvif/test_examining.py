"""A camera looked over: in order, no further than makes sense, and with what it tells in the end."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from drivers.api import Examined, Misconfigured, NotSupported
from drivers.onvif.calls import Calls
from drivers.onvif.camera import Making, Ways
from drivers.onvif.examining import examine
from drivers.onvif.target import Target
from drivers.onvif.targets import target_of
from drivers.onvif.vendors import recognise
from drivers.onvif.voice import Voice
from runtime.clock import Clock, SystemClock
from tests.fakes.camera import FakeCalls
from tests.unit.drivers.onvif.seeing import settings


class Looked:
    """A camera at a port where somebody answers, or nobody."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.calls = FakeCalls(self.clock)

    async def over(self, profile: str, address: str, seconds: float = 0.05) -> list[Examined]:
        def calls(target: Target, clock: Clock, timeout_s: float) -> Calls:
            return self.calls

        def ways(target: Target, calls: Calls, voice: Callable[[str], Voice]) -> Ways:
            async def tell() -> None:
                await voice("onvif").event("doorbell", {})
                await asyncio.Event().wait()

            return Ways({"onvif": tell})

        made = settings(profile)
        made.options["address"] = address
        making = Making(calls, ways, recognise, self.clock, 2.0)
        async with aclosing(examine(target_of(made), making, seconds)) as steps:
            return [step async for step in steps]


async def served(looked: Looked, profile: str) -> list[Examined]:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        return await looked.over(profile, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def test_a_door_station_that_is_well() -> None:
    steps = await served(Looked(), "door/onvif-station")
    assert [(one.step, one.well) for one in steps if one.told is None] == [
        ("address", True), ("password", True), ("clock", True), ("video", True), ("picture", True), ("doors", True),
    ]  # fmt: skip
    assert [one.seen for one in steps if one.step == "video"] == ["main H264 1920x1080 25/s 4096 kbit/s"]
    assert any(getattr(one.told, "name", "") == "doorbell" for one in steps)


async def test_where_nobody_answers_nothing_else_is_tried() -> None:
    looked = Looked()
    (step,) = await looked.over("camera/onvif", "http://127.0.0.1:9")
    assert (step.step, step.well) == ("address", False)
    assert step.error.startswith("line_lost: ")
    assert looked.calls.asked == []


async def test_who_is_not_let_in_does_not_try_again() -> None:
    looked = Looked()
    looked.calls.refusing["product"] = Misconfigured("it does not believe user and password")
    steps = await served(looked, "camera/onvif")
    assert [(one.step, one.well) for one in steps] == [("address", True), ("password", False)]
    assert looked.calls.asked == ["product"]


async def test_what_a_camera_has_not_is_not_wrong_and_a_clock_in_1970_is() -> None:
    looked = Looked()
    looked.calls.refusing["picture"] = NotSupported("no snapshots")
    looked.calls.offset_s = -1.7e9
    steps = {one.step: one for one in await served(looked, "camera/onvif")}
    assert steps["picture"].well is None
    assert steps["clock"].well is False
    assert looked.calls.closed
