"""The driver of cameras held to ``drivers.api``: what it tells in order, how it ends, and commands that go out once.

It is no bus that can be lost: a camera that is gone is told of and the others go on. So of the suite of drivers that
tell by themselves the promises stand here one by one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from config.bus_settings import OnvifBus
from config.catalog import load_profile
from config.hidden import Secret
from config.settings import DeviceSettings
from drivers.api import AnswerLost, LineLost, Misconfigured, NotSupported, Presence
from drivers.onvif import onvif_driver
from drivers.onvif.driver import OnvifDriver
from runtime.clock import SystemClock
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body, OnvifDevice
from simulators.onvif.makers import MAKERS
from simulators.onvif.station import DoorStation
from tests.contract.driver_suite import CANCEL_POINTS, cancel_at, open_files
from tests.contract.telling_suite import Listener, listening

BUS = OnvifBus(id="cams", type="onvif", timeout_s=2.0)


def device(name: str, profile: str, at: OnvifDevice, **options: str) -> DeviceSettings:
    return DeviceSettings(
        id=name,
        name=name,
        bus="cams",
        unit=0,
        profile=load_profile(profile),
        options={"address": at.address, **options},
        secrets={"password": Secret("pretend-1")},
    )


class Site:
    """A gate camera, a door station, and the driver that has both."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.camera = Camera(Body(clock, MAKERS["specified"]))
        self.station = DoorStation(Body(clock, MAKERS["specified"]), access_s=30, relay_s=30)

    async def __aenter__(self) -> "Site":
        await self.camera.start()
        await self.station.start()
        devices = [
            device("gate-cam", "anpr/onvif", self.camera),
            device("entry", "door/onvif-station", self.station, bell="Bell_1"),
        ]
        made = onvif_driver(BUS, devices, SystemClock())
        assert isinstance(made, OnvifDriver)
        self.driver = made
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.driver.close()
        await self.camera.stop()
        await self.station.stop()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as made:
        yield made


@asynccontextmanager
async def hearing(site: Site) -> AsyncIterator[Listener]:
    """Hear both, from the moment at which both are listened to."""
    await site.driver.open()
    listener = Listener()
    async with listening(site.driver, listener.hear):
        await listener.until(lambda: bool(listener.values("moving") and listener.values("door_state")))
        yield listener


async def test_it_hears_what_cameras_tell_in_order(site: Site) -> None:
    async with hearing(site) as listener:
        for number in range(12):
            site.camera.close_input() if number % 2 else site.camera.open_input()
            site.camera.pass_car(f"浙FA00{number:02}")
        await listener.until(lambda: len([one for one in listener.events() if one.name == "plate_read"]) == 12)
        plates = [one.fields["plate"] for one in listener.events() if one.name == "plate_read"]
        assert plates == [f"浙FA00{number:02}" for number in range(12)]
        site.station.ring()
        await listener.until(lambda: any(one.name == "doorbell" for one in listener.events()))


async def test_who_is_slow_to_hear_loses_nothing_of_what_a_camera_keeps(site: Site) -> None:
    async with hearing(site) as listener:
        listener.go_on.clear()
        for number in range(40):
            site.camera.pass_car(f"浙FA00{number:02}")
        listener.go_on.set()
        await listener.until(lambda: len([one for one in listener.events() if one.name == "plate_read"]) == 40)


async def test_a_camera_that_goes_is_told_of_and_the_other_is_heard(site: Site) -> None:
    async with hearing(site) as listener:
        await site.station.stop()
        site.camera.pass_car("浙FA0001")
        await listener.until(lambda: bool(listener.events()))
        await site.station.start()
    gone = [one for one in listener.heard if isinstance(one, Presence) and not one.there]
    assert all(one.device == "entry" for one in gone)


async def test_what_hearing_raises_leaves_as_it_is(site: Site) -> None:
    await site.driver.open()

    async def fails(told: object) -> asyncio.Future[None]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await site.driver.listen(fails)


async def test_cancelled_and_closed_it_leaves_nothing(site: Site) -> None:
    await site.driver.open()
    files, tasks = open_files(), len(asyncio.all_tasks())
    for step in range(CANCEL_POINTS):
        await cancel_at(step, lambda: site.driver.listen(Listener().hear))
        await cancel_at(step, site.driver.open)
    await site.driver.close()
    await site.driver.close()
    for _ in range(50):
        if open_files() <= files and len(asyncio.all_tasks()) <= tasks:
            break
        await asyncio.sleep(0.02)
    assert open_files() <= files
    assert len(asyncio.all_tasks()) <= tasks


async def test_close_wakes_who_listens(site: Site) -> None:
    with pytest.raises(LineLost):
        await site.driver.listen(Listener().hear)
    await site.driver.open()
    task = asyncio.create_task(site.driver.listen(Listener().hear))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await site.driver.close()
        await asyncio.wait([task])
    assert isinstance(task.exception(), LineLost)


async def test_a_door_opens_once_and_its_lock_is_read_back(site: Site) -> None:
    with pytest.raises(LineLost):
        await site.driver.execute("entry", "pulse_unlock", {})
    await site.driver.open()
    assert await site.driver.execute("entry", "pulse_unlock", {}) == {"lock_state": "unlocked"}
    assert [one["what"] for one in site.station.truth()["commands"]] == ["AccessDoor"]


async def test_a_door_whose_answer_is_lost_is_not_opened_again(site: Site) -> None:
    await site.driver.open()
    site.station.faults(lose_answers=1)
    with pytest.raises(AnswerLost):
        await site.driver.execute("entry", "pulse_unlock", {})
    assert [one["what"] for one in site.station.truth()["commands"]] == ["AccessDoor"]


async def test_what_cannot_be_done_is_not_sent(site: Site) -> None:
    await site.driver.open()
    with pytest.raises(NotSupported):
        await site.driver.execute("entry", "no_such_command", {})
    with pytest.raises(NotSupported):
        await site.driver.execute("nobody", "pulse_unlock", {})
    with pytest.raises(Misconfigured):
        await site.driver.execute("entry", "pulse_unlock", {"no_such_argument": 1})
    assert site.station.truth()["commands"] == []


async def test_a_device_of_another_bus_cannot_be_served() -> None:
    camera = device("gate-cam", "anpr/onvif", Camera(Body(SystemClock(), MAKERS["specified"])))
    for wrong in (replace(camera, profile=load_profile("anpr/json")), replace(camera, options={"address": "rtsp://a"})):
        with pytest.raises(Misconfigured):
            onvif_driver(BUS, [wrong], SystemClock())
