"""The demo's devices as the driver sees them: a boom that travels, a bin and a meter on one serial line."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from config.bus_settings import ModbusRtuBus, ModbusTcpBus
from drivers.modbus import modbus_driver
from runtime.clock import SystemClock
from simulators.devices.barrier import Barrier
from simulators.devices.meter import Meter
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.line import Line
from simulators.modbus.serial import SerialWire
from simulators.modbus.tcp import TcpWire
from tests.unit.drivers.shipped import device, shipped

RELAYS = {"up": 1, "down": 2, "stop": 3}
INPUTS = {"limit_open": 1, "limit_closed": 2, "loop_front": 3, "loop_under": 4}


async def _until(holds: Callable[[], bool]) -> None:
    """Return when ``holds`` does; the test fails if it never does."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.02)


async def test_a_boom_opens_and_closes() -> None:
    clock = SystemClock()
    board = RelayBoard(1, clock)
    boom = Barrier(board, clock, relays=RELAYS, inputs=INPUTS, travel_s=0.4)
    line = Line("gate")
    line.add(board)
    wire = TcpWire(line, clock)
    await wire.start()
    gate = device(shipped("barrier/dry-contact-waveshare-d8"), {"relays": RELAYS, "inputs": INPUTS}, name="gate")
    bus = ModbusTcpBus(id="gate", type="modbus-tcp", host="127.0.0.1", port=wire.port)
    driver = modbus_driver(bus, [gate], clock)
    await driver.open()
    try:
        assert (await driver.poll("gate", ("boom_state",))).values == ("closed",)
        assert (await driver.execute("gate", "open", {}))["boom_state"] == "opening"
        await _until(lambda: boom.position == 1)
        assert (await driver.poll("gate", ("boom_state",))).values == ("open",)
        assert (await driver.execute("gate", "close", {}))["boom_state"] in ("closing", "closed")
        await _until(lambda: boom.position == 0)
        assert (await driver.poll("gate", ("boom_state",))).values == ("closed",)
        assert [name for name, _ in boom.commands] == ["up", "down"]
    finally:
        await driver.close()
        await wire.stop()


async def test_a_bin_and_a_meter_share_a_serial_line(tmp_path: Path) -> None:
    clock = SystemClock()
    line = Line("rs485")
    line.add(UltrasonicBin(11, clock))
    line.add(Meter(21, clock))
    wire = SerialWire(line, clock, tmp_path / "rs485")
    await wire.start()
    devices = [
        device(shipped("bin/dfrobot-sen0310"), {"empty_mm": 1100, "full_mm": 250}, unit=11, name="bin"),
        device(shipped("meter/eastron-sdm120"), unit=21, name="meter"),
    ]
    bus = ModbusRtuBus(id="rs485", type="modbus-rtu", port=str(wire.link), baud=19200)
    driver = modbus_driver(bus, devices, clock)
    await driver.open()
    try:
        before = line.requests
        for name in ("bin", "meter"):
            batch = await driver.poll(name)
            assert batch.quality == (), batch
        assert line.requests - before == 2
    finally:
        await driver.close()
        await wire.stop()
