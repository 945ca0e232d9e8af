"""Stacks that share no line with ours: mbpoll asks the simulator, and our driver asks a server on libmodbus."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from config.bus_settings import BusSettings, ModbusRtuBus, ModbusTcpBus
from config.catalog import load_profile
from drivers.api import DeviceRefused
from drivers.modbus import modbus_driver
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from simulators.devices.profiled import ProfiledUnit
from simulators.modbus.line import Line
from simulators.modbus.serial import SerialWire
from simulators.modbus.tcp import TcpWire
from tests.contract import libmodbus
from tests.unit.drivers.shipped import device, made

PATIENCE_S = 30


def profiled(profile: str, unit: int, **parts: object) -> ProfiledUnit:
    """Return a pretend product."""
    return ProfiledUnit(unit, SystemClock(), load_profile(profile), **parts)  # type: ignore[arg-type]


class Field:
    """A line with products of every kind of table and encoding, and mbpoll to ask it."""

    def __init__(self, wire: TcpWire | SerialWire) -> None:
        self.wire = wire
        self.door = profiled("door/lctech-8r-d7", 7, options={"relay": 1, "inputs": {"contact": 2}})
        for unit in (
            self.door,
            profiled("meter/eastron-sdm120", 1, values={"voltage_v": 231.5, "frequency_hz": 49.98}),
            profiled("water/tuf-2000m", 2, values={"flow_m3h": 36.6254}),
            profiled("meter/acrel-adw300", 3, values={"power_w": -300, "voltage_v": 229.8}),
            profiled("env/xy-md02", 4, values={"temperature_c": -5.5}),
        ):
            wire.line.add(unit)

    async def mbpoll(self, unit: int, table: str, first: int, *words: str) -> list[str]:
        """Return what mbpoll reads, or what it says after it wrote ``words`` that are no options."""
        program = shutil.which("mbpoll")
        if program is None:
            pytest.skip("mbpoll is not installed: apt-get install mbpoll")
        options = [word for word in words if word.startswith("-")]
        values = [word for word in words if not word.startswith("-")]
        if isinstance(self.wire, TcpWire):
            where, bus = self.wire.host, ["-mtcp", f"-p{self.wire.port}"]
        else:
            where, bus = str(self.wire.link), ["-mrtu", "-b9600", "-Pnone"]
        line = [program, "-0", "-1", "-q", *bus, f"-a{unit}", f"-t{table}", f"-r{first}", *options, where, *values]
        done = await asyncio.to_thread(subprocess.run, line, capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return [row.split()[1] for row in done.stdout.splitlines() if row.startswith("[")]


@pytest.fixture(params=["tcp", "rtu"])
async def field(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Field]:
    clock, line = SystemClock(), Line("line")
    wire = TcpWire(line, clock) if request.param == "tcp" else SerialWire(line, clock, tmp_path / "tty")
    await wire.start()
    yield Field(wire)
    await wire.stop()


async def test_mbpoll_reads_what_the_products_show(field: Field) -> None:
    assert [float(shown) for shown in await field.mbpoll(1, "3:float", 0, "-B", "-c1")] == [231.5]
    assert [float(shown) for shown in await field.mbpoll(2, "4:float", 0, "-c1")] == [pytest.approx(36.6254)]
    assert await field.mbpoll(3, "4:int", 36, "-B", "-c1") == ["-300"]
    assert await field.mbpoll(3, "4", 20, "-c1") == ["2298"]
    assert [int(shown) & 0xFFFF for shown in await field.mbpoll(4, "3", 1, "-c1")] == [65481]
    field.door.set("door_state", "closed")
    assert await field.mbpoll(7, "1", 1, "-c1") == ["1"]


async def test_mbpoll_gives_commands_by_every_write(field: Field) -> None:
    await field.mbpoll(7, "4", 3, "4", "20")
    assert field.door.get("lock_state") == "unlocked"
    assert (field.door.commands[-1]["command"], field.door.commands[-1]["args"]) == ("pulse_unlock", {"seconds": 2})
    await field.mbpoll(7, "0", 0, "0")
    assert field.door.get("lock_state") == "locked"
    assert await field.mbpoll(7, "0", 0, "-c1") == ["0"]


POINTS = [
    {"key": "on", "table": "coil", "address": 3, "encoding": "bool"},
    {"key": "off", "table": "discrete_input", "address": 4, "encoding": "bool"},
    {"key": "held", "table": "holding_register", "address": 42},
    {"key": "given", "table": "input_register", "address": 7, "encoding": "i16", "scale": 0.1},
    {"key": "swapped", "table": "holding_register", "address": 90, "encoding": "f32"},
]
CASES: dict[str, tuple[dict[str, object], str, object]] = {
    "coil": ({"kind": "coil", "address": 3, "value": False}, "on", False),
    "coils": ({"kind": "coils", "address": 2, "value": [1, 0, 1]}, "on", False),
    "register": ({"kind": "register", "address": 42, "value": 65535}, "held", 65535),
    "registers": ({"kind": "registers", "address": 41, "value": [7, 8]}, "held", 8),
}
COMMANDS = {
    name: {"writes": [write], "readback": [key], "expect": {key: value}} for name, (write, key, value) in CASES.items()
}


@pytest.fixture(params=["tcp", "rtu"])
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[ModbusDriver]:
    """A driver in front of libmodbus with one device that reads all tables and one that asks too far."""
    async with AsyncExitStack() as stack:
        bus: BusSettings
        if request.param == "tcp":
            port = await stack.enter_async_context(libmodbus.over_tcp())
            bus = ModbusTcpBus(id="line", type="modbus-tcp", host="127.0.0.1", port=port)
        else:
            tty = await stack.enter_async_context(libmodbus.over_rtu(19200))
            bus = ModbusRtuBus(id="line", type="modbus-rtu", port=tty, baud=19200, timeout_s=0.5)
        far = [{"key": "far", "table": "holding_register", "address": 99, "encoding": "u32"}]
        transport = {"buses": ["modbus-tcp", "modbus-rtu"], "word_order": "little"}
        devices = [
            device(made(points=POINTS, commands=COMMANDS, transport=transport), name="one"),
            device(made(points=far), name="far"),
        ]
        driver = modbus_driver(bus, devices, SystemClock())
        await driver.open()
        stack.push_async_callback(driver.close)
        yield driver


async def test_the_driver_reads_libmodbus(driver: ModbusDriver) -> None:
    for _ in range(3):
        batch = await driver.poll("one")
        assert batch.quality == ()
        assert batch.values == (True, False, 42, 100.7, 36.6254)


@pytest.mark.parametrize("command", sorted(CASES))
async def test_libmodbus_does_what_the_driver_writes(driver: ModbusDriver, command: str) -> None:
    _, key, value = CASES[command]
    assert await driver.execute("one", command, {}) == {key: value}


async def test_libmodbus_refuses_what_it_lacks_and_goes_on(driver: ModbusDriver) -> None:
    with pytest.raises(DeviceRefused) as caught:
        await driver.poll("far")
    assert caught.value.code == 2
    assert (await driver.poll("one")).quality == ()
