"""Products with habits of their own, played by the simulator: a driver that is told of them, and one that is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from config.bus_settings import ModbusTcpBus
from config.profile import Profile
from drivers.api import DeviceRefused
from drivers.modbus import modbus_driver
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from simulators.devices.profiled import ProfiledUnit
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from simulators.plan import ProfilePlan
from tests.unit.drivers.shipped import device, made
from wire.reading import Value

SHOWN = {"a": 1234, "b": -70_000, "c": 36.5, "d": 17, "e": 200, "g": 4_000_000_000_000}


def product(**transport: Any) -> Profile:
    """Return a product with a value of each width, and two addresses between them that nobody names."""
    points = [
        {"key": "a", "address": 0},
        {"key": "b", "address": 1, "encoding": "i32"},
        {"key": "c", "address": 5, "encoding": "f32"},
        {"key": "d", "address": 7, "encoding": "low_byte"},
        {"key": "e", "address": 7, "encoding": "high_byte"},
        {"key": "g", "address": 8, "encoding": "u64"},
    ]
    buses = {"buses": ["modbus-tcp", "modbus-rtu"], "max_gap": 4, **transport}
    return made(points=[{"table": "holding_register", **point} for point in points], transport=buses)


@asynccontextmanager
async def talking(played: Profile, told: Profile) -> AsyncIterator[tuple[ModbusDriver, ProfiledUnit, Line]]:
    """Lend a driver that was ``told`` a profile, on a line with a product that is ``played`` after another."""
    clock = SystemClock()
    unit, wire = ProfiledUnit(1, clock, played, values=SHOWN), TcpWire(Line("line"), clock)
    wire.line.add(unit)
    await wire.start()
    bus = ModbusTcpBus(id="line", type="modbus-tcp", host="127.0.0.1", port=wire.port)
    driver = modbus_driver(bus, [device(told, {}, name="one")], clock)
    await driver.open()
    try:
        yield driver, unit, wire.line
    finally:
        await driver.close()
        await wire.stop()


async def shown(driver: ModbusDriver) -> dict[str, Value]:
    """Return what the driver reads, all of it good."""
    batch = await driver.poll("one")
    assert batch.quality == ()
    return dict(zip(batch.points, batch.values, strict=True))


ORDERS = [("big", "big"), ("little", "big"), ("big", "little"), ("little", "little")]


@pytest.mark.parametrize(("words", "octets"), ORDERS, ids=["ABCD", "CDAB", "BADC", "DCBA"])
async def test_every_order_of_words_and_bytes_is_read(words: str, octets: str) -> None:
    profile = product(word_order=words, byte_order=octets)
    async with talking(profile, profile) as (driver, unit, line):
        assert await shown(driver) == SHOWN
        assert line.requests == 1
        assert unit.get("b") == SHOWN["b"]


async def test_the_wrong_order_of_bytes_is_another_number() -> None:
    async with talking(product(byte_order="little"), product()) as (driver, _, _):
        batch = await driver.poll("one", ["a"])
        assert batch.values == (0xD204,)


@pytest.mark.parametrize("told", [True, False])
async def test_a_hole_is_never_read_across(told: bool) -> None:
    played = product(holes={"holding_register": [[3, 3]]})
    async with talking(played, played if told else product()) as (driver, _, line):
        assert await shown(driver) == SHOWN
        assert line.requests == (2 if told else 3)
        assert await shown(driver) == SHOWN
        assert line.requests == (4 if told else 5)


async def test_one_value_a_request_is_how_some_want_it() -> None:
    profile = product(single_requests=True)
    async with talking(profile, profile) as (driver, unit, line):
        assert (await driver.poll("one", ["a", "b", "c", "g"])).values == (1234, -70_000, 36.5, 4_000_000_000_000)
        assert line.requests == unit.reads == 4


async def test_a_product_that_answers_one_value_at_a_time_teaches_it() -> None:
    played = product(single_requests=True)
    async with talking(played, product()) as (driver, _, _):
        for _ in range(4):
            batch = await driver.poll("one", ["a", "b", "c", "g"])
            if not batch.quality:
                break
        assert batch.values == (1234, -70_000, 36.5, 4_000_000_000_000)


async def test_what_is_refused_altogether_is_said() -> None:
    elsewhere = made(points=[{"key": "z", "table": "holding_register", "address": 900}])
    async with talking(product(), elsewhere) as (driver, _, _):
        with pytest.raises(DeviceRefused, match="exception 2"):
            await driver.poll("one")


def test_a_community_may_have_such_devices() -> None:
    habits = {"byte_order": "little", "holes": {"input_register": [[2, 5]]}}
    plan = ProfilePlan.model_validate(
        {"model": "profile", "bus": "b", "unit": 1, "profile": "meter/eastron-sdm120", "transport": habits}
    )
    assert plan.transport.byte_order == "little"
