"""The busy line once more in simulated time, where no neighbour on this machine delays a byte: what is left is ours.

Bytes take their time and nothing else does, so a figure tells how the driver waits and in which order it asks.
"""

import asyncio
import random

from bench.modbus.cases import ANSWER_S, BAUD, BUS, CASES, REGISTERS, line_plan
from config.bus_settings import ModbusRtuTcpBus
from drivers.modbus.driver import ModbusDriver
from simulators.devices.registers import RegisterBank
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.modbus.line import Line
from simulators.modbus.speed import Speed
from simulators.modbus.tcp import TcpWire
from tests.soak.loop import LoopClock, SimulatedLoop

_PORT = 15033
_WRITE_S = (0.15, 0.45)


def writes(count: int) -> list[float]:
    """Return the milliseconds, sorted, that ``count`` register writes took until they were acknowledged."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(_writes(count))


async def _writes(count: int) -> list[float]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    clock, line, members = LoopClock(loop, 1_800_000_000_000_000), Line(BUS), CASES["write"].members
    for member in members:
        bank = member.kind in REGISTERS
        unit = RegisterBank(member.unit, count=REGISTERS["few"]) if bank else UltrasonicBin(member.unit, clock)
        line.add(unit, Faults(slow_s=ANSWER_S))
    wire = TcpWire(line, clock, port=_PORT, rtu=True, speed=Speed(BAUD), paced=True)
    await wire.start()
    bus = ModbusRtuTcpBus(id=BUS, type="modbus-rtu-tcp", host="127.0.0.1", port=_PORT, baud=BAUD)
    driver = ModbusDriver(bus, line_plan(CASES["write"], "").settings.devices, clock)
    await driver.open()
    polling = asyncio.ensure_future(_poll(driver, [member.id for member in members]))
    written, dice, took = members[-1].id, random.Random(11), []
    for number in range(count):
        await clock.sleep(dice.uniform(*_WRITE_S))
        began = clock.monotonic()
        await driver.execute(written, "set", {"value": number})
        took.append(1000 * (clock.monotonic() - began))
    polling.cancel()
    await asyncio.wait([polling])
    await driver.close()
    await wire.stop()
    return sorted(took)


async def _poll(driver: ModbusDriver, devices: list[str]) -> None:
    while True:
        for device in devices:
            await driver.poll(device)
