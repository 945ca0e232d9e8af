"""The driver with cameras of two makers, one that calls, and one that is hostile: each is heard, none harms another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from config.bus_settings import OnvifBus
from config.hidden import Secret
from config.settings import DeviceSettings
from drivers.api import Heard, Picture
from drivers.onvif.driver import OnvifDriver
from drivers.onvif.making import making_of
from drivers.onvif.vendors import PushDoor
from runtime.testing import FakeClock
from tests.unit.drivers.onvif.listening import PASSWORD, START, Scene, scene
from tests.unit.drivers.onvif.seeing import settings
from wire.event import Event

BUS = OnvifBus(id="cams", type="onvif")
PATH = "3f9c-a-secret-path"


class Heeded:
    """Takes what is told."""

    def __init__(self) -> None:
        self.all: list[Heard] = []

    async def __call__(self, told: Sequence[Heard]) -> Awaitable[object]:
        self.all += told
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def plates(self, device: str) -> list[object]:
        """Return the plates that a device told."""
        events = [one for one in self.all if isinstance(one, Event) and one.device == device]
        return [one.fields["plate"] for one in events if one.name == "plate_read"]

    def pictures(self, device: str) -> list[Picture]:
        """Return the pictures of a device."""
        return [one for one in self.all if isinstance(one, Picture) and one.device == device]


def device(name: str, one: Scene, profile: str, path: str = "") -> DeviceSettings:
    secrets = {"password": Secret(PASSWORD), **({"push": Secret(path)} if path else {})}
    return replace(settings(profile, address=one.camera.address), id=name, secrets=secrets)


@asynccontextmanager
async def listening(driver: OnvifDriver) -> AsyncIterator[Heeded]:
    heeded = Heeded()
    await driver.open()
    task = asyncio.create_task(driver.listen(heeded), name="the driver")
    try:
        yield heeded
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()


async def test_each_is_heard_in_its_own_way() -> None:
    clock = FakeClock(START)
    async with scene("hikvision", clock=clock) as gate, scene("dahua", clock=clock) as back:
        devices = [device("gate", gate, "anpr/hikvision"), device("back", back, "anpr/dahua")]
        async with listening(OnvifDriver(BUS, devices, clock, making_of(BUS, clock), None)) as heeded:
            await gate.until(lambda: gate.holders and back.holders)
            gate.camera.pass_car("浙FA0001")
            back.camera.pass_car("浙FA0002")
            await gate.until(lambda: heeded.pictures("gate") and heeded.pictures("back"))
            assert (heeded.plates("gate"), heeded.plates("back")) == (["浙FA0001"], ["浙FA0002"])
            referred = [one.fields["snapshot_ref"] for one in heeded.all if isinstance(one, Event)]
            assert sorted(one.reference for one in heeded.all if isinstance(one, Picture)) == sorted(map(str, referred))
        await gate.passes(25, 0.5)
        assert gate.holders == back.holders == 0


async def test_plates_of_the_metadata_stream_are_heard() -> None:
    clock = FakeClock(START)
    async with scene("dahua-itc", clock=clock) as gate:
        served = gate.camera.metadata
        assert served is not None
        devices = [device("gate", gate, "anpr/onvif-metadata")]
        async with listening(OnvifDriver(BUS, devices, clock, making_of(BUS, clock), None)) as heeded:
            await gate.until(lambda: served.sessions)
            gate.camera.pass_car("浙FA0001")
            await gate.until(lambda: heeded.pictures("gate"))
            assert heeded.plates("gate") == ["浙FA0001"]
        await gate.until(lambda: not served.sessions)


async def test_one_that_calls_is_heard_on_its_path() -> None:
    clock = FakeClock(START)
    door = PushDoor("127.0.0.1", 0, clock)
    await door.open()
    port = door.port
    async with scene("hikvision", clock=clock, push=f"http://127.0.0.1:{port}/{PATH}") as gate:
        driver = OnvifDriver(BUS, [device("gate", gate, "anpr/hikvision", PATH)], clock, making_of(BUS, clock), door)
        gate.camera.faults(where="streams", redirect="http://169.254.169.254/")
        async with listening(driver) as heeded:
            gate.camera.pass_car("浙FA0001")
            await gate.until(lambda: heeded.pictures("gate"))
            assert heeded.plates("gate") == ["浙FA0001"]
            assert gate.camera.truth()["pushes"] == [200]


async def test_a_flood_of_one_leaves_the_other_heard() -> None:
    clock = FakeClock(START)
    async with scene("hikvision", clock=clock) as wild, scene("dahua", clock=clock) as back:
        devices = [device("wild", wild, "anpr/hikvision"), device("back", back, "anpr/dahua")]
        async with listening(OnvifDriver(BUS, devices, clock, making_of(BUS, clock), None)) as heeded:
            await wild.until(lambda: wild.holders and back.holders)
            wild.camera.faults(where="streams", flood_per_s=10_000)
            wild.camera.move()
            await wild.passes(0.5, 0.05)
            back.camera.pass_car("浙FA0002")
            await back.until(lambda: heeded.plates("back"), 0.5)
