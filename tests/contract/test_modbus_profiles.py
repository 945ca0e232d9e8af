"""Every shipped Modbus profile, driver against simulator: what is set is read, what is commanded is done and seen.

The simulated device is drawn from the same profile by code of its own; that the profile is right about the product is
what its golden frames and the boards written from the manuals are for.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.address import Options
from config.bus_settings import BusSettings, ModbusRtuBus, ModbusTcpBus
from config.catalog import load_class
from config.profile import Profile, RegisterPoint
from drivers.api import Interlocked
from drivers.modbus import modbus_driver
from drivers.modbus.commands import checked_arguments, requests
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from simulators.devices.encoding import Known
from simulators.devices.profiled import ProfiledUnit
from simulators.modbus.line import Line
from simulators.modbus.serial import SerialWire
from simulators.modbus.tcp import TcpWire
from tests.unit.drivers.shipped import device, modbus_profiles, shipped, wired
from wire.reading import Value

SHARES = (0.0, 0.3, 0.77, 1.0)


@dataclass
class Pair:
    """A device of one profile and the driver that talks to it."""

    profile: Profile
    options: Options
    unit: ProfiledUnit
    driver: ModbusDriver

    def wrote(self, done: dict[str, Any]) -> list[bytes]:
        """Return what a command writes: on some products two commands, or two arguments, are one and the same."""
        command = self.profile.commands[done["command"]]
        args = checked_arguments(command.args, done["args"])
        return [request.encode() for request in requests(self.unit.address, command, self.options, args)]

    async def shown(self) -> dict[str, Value]:
        """Return what the driver reads, all of it good."""
        batch = await self.driver.poll("one")
        assert batch.quality == (), batch
        return dict(zip(batch.points, batch.values, strict=True))


async def pair_of(profile: Profile, wire: TcpWire | SerialWire) -> AsyncIterator[Pair]:
    """Put a device of ``profile`` on a wire, open a driver for it, and end both."""
    clock, options = SystemClock(), wired(profile)
    unit = ProfiledUnit(profile.transport.unit, clock, profile, options=options)
    wire.line.add(unit)
    await wire.start()
    bus: BusSettings = (
        ModbusTcpBus(id="line", type="modbus-tcp", host="127.0.0.1", port=wire.port)
        if isinstance(wire, TcpWire)
        else ModbusRtuBus(id="line", type="modbus-rtu", port=str(wire.link), baud=profile.transport.baud or 9600)
    )
    driver = modbus_driver(bus, [device(profile, dict(options), unit=profile.transport.unit)], clock)
    await driver.open()
    yield Pair(profile, options, unit, driver)
    await driver.close()
    await wire.stop()


@pytest.fixture
async def pair(profile: Profile, bus: str, tmp_path: Path) -> AsyncIterator[Pair]:
    line, clock = Line("line"), SystemClock()
    serial = bus == "modbus-rtu"
    async for pair in pair_of(profile, SerialWire(line, clock, tmp_path / "tty") if serial else TcpWire(line, clock)):
        yield pair


every = pytest.mark.parametrize(
    ("profile", "bus"),
    [
        pytest.param(profile, bus, id=f"{profile.id}-{bus}")
        for profile in modbus_profiles()
        for bus in ("modbus-tcp", "modbus-rtu")
        if bus in profile.transport.buses
    ],
)


def possible(profile: Profile, point: RegisterPoint, share: float) -> Known:
    """Return a value that the product can show and that means something: ``share`` says where in its span."""
    if point.words:
        return list(point.words.values())[round(share * (len(point.words) - 1))]
    if point.encoding == "hex64":
        return "" if share == 0 else f"E20034{round(share * 1000):010X}"
    if point.encoding == "bool" or point.bit is not None:
        return share > 0.5
    low, high = point.plausible or (1, 4_000_000_000)
    return low + share * (high - low)


def near(value: Value, wanted: Known, point: RegisterPoint) -> bool:
    """Tell whether ``value`` is what was set, as exactly as the product's own steps allow."""
    if isinstance(wanted, bool | str) or point.words:
        return value == wanted and type(value) is type(wanted)
    step = abs(wanted) * 1e-6 if point.encoding == "f32" else point.scale / 2
    return isinstance(value, int | float) and abs(value - wanted) <= step * 1.001


@every
async def test_what_is_set_is_read(profile: Profile, pair: Pair) -> None:
    for share in SHARES:
        wanted = {point.key: possible(profile, point, share) for point in profile.points if not point.internal}
        for key, value in wanted.items():
            pair.unit.set(key, value)
        shown = await pair.shown()
        assert shown.keys() == set(profile.points_on(pair.options))
        for point in profile.points:
            if not point.internal:
                assert near(shown[point.key], wanted[point.key], point), (point.key, shown[point.key])


@every
async def test_levels_and_states_come_out_as_they_were_made(profile: Profile, pair: Pair) -> None:
    for level in profile.levels:
        for percent in (35, 50, 90):
            pair.unit.set(level.key, percent)
            assert (await pair.shown())[level.key] == pytest.approx(percent, abs=1)
    for state in profile.states:
        for word in {case.value for case in state.cases}:
            pair.unit.set(state.key, word)
            assert (await pair.shown())[state.key] == word


async def test_a_line_at_its_own_pace_carries_the_same(tmp_path: Path) -> None:
    wire = SerialWire(Line("line"), SystemClock(), tmp_path / "tty", paced=True)
    async for pair in pair_of(shipped("env/xy-md02"), wire):
        pair.unit.set("temperature_c", -12.5)
        pair.unit.set("humidity_pct", 61.2)
        for _ in range(3):
            assert await pair.shown() == {"temperature_c": -12.5, "humidity_pct": 61.2}


def other(pair: Pair, key: str, allowed: tuple[Known, ...]) -> Known:
    """Return a value of a point that an interlock does not allow."""
    known = load_class(pair.profile.kind).point(key)
    assert known is not None
    return next(word for word in (known.values or (False, True)) if word not in allowed)


@every
async def test_each_command_is_done_and_read_back(profile: Profile, pair: Pair) -> None:
    assert set(profile.commands_on(pair.options)) == set(profile.commands)
    for name, command in profile.commands.items():
        for argument in [{}, *({key: edge} for key, span in command.args.items() for edge in span.range)]:
            if command.interlock is not None:
                pair.unit.set(command.interlock.point, command.interlock.allowed[0])
            before = len(pair.unit.commands)
            readback = await pair.driver.execute("one", name, argument)
            assert len(pair.unit.commands) == before + 1
            assert pair.wrote(pair.unit.commands[-1]) == pair.wrote({"command": name, "args": argument})
            for key, wanted in command.expect.items():
                assert readback[key] in (wanted if isinstance(wanted, tuple) else (wanted,))


@every
async def test_an_interlock_stops_the_command_before_it_is_sent(profile: Profile, pair: Pair) -> None:
    for name, command in profile.commands.items():
        if command.interlock is not None:
            point, allowed = command.interlock.point, command.interlock.allowed
            pair.unit.set(point, other(pair, point, allowed))
            with pytest.raises(Interlocked):
                await pair.driver.execute("one", name, {})
    assert [done for done in pair.unit.commands if done.get("command") in ("close", "set_level")] == []
