"""A device that its driver cannot serve is turned away alone; its neighbours on the bus are served."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace

import pytest

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import Driver, Executes, Heard, Misconfigured, Polls, Presence, TechnicianMustAct, Tells
from edge_agent.sieve import installed_driver, served
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from tests.fakes.teller import FakeTeller
from tests.unit.edge_agent.making import settings

CLOCK = FakeClock()
BUS = settings().buses[0]
DOOR, BIN = settings().devices


class _Picky:
    """Makes drivers for whatever is not ``refused``, alone or together."""

    def __init__(self, *refused: str) -> None:
        self._refused = refused
        self.made: list[list[str]] = []

    def __call__(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
        names = [device.id for device in devices]
        wrong = [name for name in names if name in self._refused]
        if wrong:
            raise Misconfigured(f"{wrong[0]}: no such unit")
        self.made.append(names)
        return FakeDriver(clock, {name: {"distance_mm": 900} for name in names})


async def test_the_neighbours_of_a_device_that_cannot_be_served_are() -> None:
    make = _Picky(DOOR.id)
    driver = served(make, BUS, [DOOR, BIN], CLOCK)
    assert make.made[-1] == [BIN.id]
    assert isinstance(driver, Polls)
    assert isinstance(driver, Executes)
    await driver.open()
    assert (await driver.poll(BIN.id)).values == (900,)
    assert await driver.execute(BIN.id, "request_measurement", {}) == {}
    with pytest.raises(Misconfigured, match="door-1: no such unit"):
        await driver.poll(DOOR.id)
    with pytest.raises(Misconfigured, match="door-1: no such unit"):
        await driver.execute(DOOR.id, "pulse_unlock", {})
    await driver.close()


def test_where_nobody_can_be_served_the_reason_is_raised() -> None:
    with pytest.raises(TechnicianMustAct, match="door-1: no such unit"):
        served(_Picky(DOOR.id, BIN.id), BUS, [DOOR, BIN], CLOCK)


def test_a_bus_that_can_be_served_whole_gets_its_own_driver() -> None:
    assert isinstance(served(_Picky(), BUS, [DOOR, BIN], CLOCK), FakeDriver)


async def test_a_wrong_unit_on_a_real_modbus_bus_leaves_the_others_their_driver() -> None:
    nobody = replace(DOOR, id="door-0", profile=replace(DOOR.profile, driver="modbus", points=()), unit=0)
    wrong = replace(nobody, profile=replace(nobody.profile, transport=replace(DOOR.profile.transport, buses=())))
    driver = installed_driver(BUS, [wrong, BIN], CLOCK)
    assert isinstance(driver, Polls)
    with pytest.raises(Misconfigured, match="cannot be on a modbus-tcp bus"):
        await driver.poll("door-0")


async def test_in_front_of_a_driver_that_tells_who_is_barred_is_gone_and_the_others_are_heard() -> None:
    tellers: list[FakeTeller] = []

    def make(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
        if any(device.id == DOOR.id for device in devices):
            raise Misconfigured("door-1: no topic")
        tellers.append(FakeTeller())
        return tellers[-1]

    driver = served(make, BUS, [DOOR, BIN], CLOCK)
    assert isinstance(driver, Tells)
    heard: list[Heard] = []

    async def hear(told: Sequence[Heard]) -> Awaitable[object]:
        heard.extend(told)
        return asyncio.get_running_loop().create_future()

    listening = asyncio.create_task(driver.listen(hear))
    await asyncio.sleep(0)
    await tellers[-1].tell(Presence(BIN.id, there=True))
    assert heard == [Presence(DOOR.id, False, "misconfigured: door-1: no topic"), Presence(BIN.id, True)]
    listening.cancel()
    await asyncio.wait([listening])
