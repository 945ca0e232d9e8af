"""What the Modbus driver is tested against: a relay board, registers and their line, over each transport."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

from config.bus_settings import BusSettings, ModbusRtuBus, ModbusRtuTcpBus, ModbusTcpBus
from config.profile import Profile
from drivers.modbus import modbus_driver
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.faults import Faults
from simulators.modbus.line import Line
from simulators.modbus.serial import SerialWire
from simulators.modbus.tcp import TcpWire
from simulators.modbus.unit import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Read, RefusedError, Unit
from tests.contract.driver_suite import Harness
from tests.unit.drivers.shipped import device, made, shipped

TIMEOUT_S = 0.3

Kind = Literal["modbus-tcp", "modbus-rtu", "modbus-rtu-tcp"]
KINDS: tuple[Kind, ...] = ("modbus-tcp", "modbus-rtu", "modbus-rtu-tcp")


STUBBORN = made(
    points=[{"key": "on", "table": "coil", "address": 7, "encoding": "bool"}],
    commands={
        "switch": {
            "writes": [{"kind": "coil", "address": 7, "value": True}],
            "readback": ["on"],
            "expect": {"on": False},
            "within_s": 0.1,
        }
    },
)
"""A device whose command never shows what it should."""


class Registers(Unit):
    """Holding register n holds n plus ``shift``; input registers are refused."""

    shift = 0

    def read_registers(self, read: Read) -> list[int]:
        if read.function != 3:
            return super().read_registers(read)
        return [read.address + number + self.shift for number in range(read.count)]


class ModbusHarness(Harness):
    """A relay board at unit 1 with a door and a barrier, registers at unit 2 and 3, on a line of any kind."""

    device = "door"
    command = "pulse_unlock"

    def __init__(self, folder: Path, kind: Kind) -> None:
        clock = SystemClock()
        self.args = {"seconds": 1}
        self.kind = kind
        self.line = Line("test")
        self.board = RelayBoard(1, clock)
        self.contact = self.loop_under = False
        self.board.wire(1, lambda: self.contact)
        self.board.wire(2, lambda: True)
        self.board.wire(4, lambda: self.loop_under)
        self.faults, self.neighbour_faults = Faults(), Faults()
        self.registers = Registers(2)
        self.line.add(self.board, self.faults)
        self.line.add(self.registers, self.neighbour_faults)
        self.line.add(Registers(3))
        self.wire: SerialWire | TcpWire
        if kind == "modbus-rtu":
            self.wire = SerialWire(self.line, clock, folder / "tty")
        else:
            self.wire = TcpWire(self.line, clock, rtu=kind == "modbus-rtu-tcp")

    def bus(self) -> BusSettings:
        """Return the bus as configuration would give it."""
        if isinstance(self.wire, SerialWire):
            port = str(self.wire.link)
            return ModbusRtuBus(id="line", type="modbus-rtu", port=port, baud=115200, timeout_s=TIMEOUT_S)
        host, port_number = self.wire.host, self.wire.port
        if self.kind == "modbus-rtu-tcp":
            return ModbusRtuTcpBus(
                id="line", type="modbus-rtu-tcp", host=host, port=port_number, baud=115200, timeout_s=TIMEOUT_S
            )
        return ModbusTcpBus(id="line", type="modbus-tcp", host=host, port=port_number, timeout_s=TIMEOUT_S)

    async def start(self) -> None:
        await self.wire.start()

    async def stop(self) -> None:
        await self.wire.stop()

    def freeze(self, frozen: bool) -> None:
        self.line.frozen = frozen

    def done(self) -> int:
        return len(self.board.acts)

    def build(self) -> None:
        """Make the driver, once the counterpart has its port."""
        points = [{"key": f"r{n}", "table": "holding_register", "address": n} for n in range(3)]
        refused = {"key": "i0", "table": "input_register", "address": 0}
        barrier = {
            "relays": {"up": 5, "down": 6, "stop": 7},
            "inputs": {"limit_open": 3, "limit_closed": 2, "loop_under": 4},
        }
        devices = [
            device(shipped("door/waveshare-relay-d8"), {"relay": 1, "inputs": {"contact": 1}}, name="door"),
            device(shipped("barrier/dry-contact-waveshare-d8"), barrier, name="gate"),
            device(made(points=points), unit=2, name="registers"),
            device(made(points=[*points, refused]), unit=2, name="partly"),
            device(made(points=[refused]), unit=2, name="refusing"),
            device(made(points=points), unit=3, name="neighbour"),
            device(STUBBORN, name="stubborn"),
        ]
        self.modbus = modbus_driver(self.bus(), devices, SystemClock())
        self.driver = self.modbus


async def harness_of(folder: Path, kind: Kind) -> AsyncIterator[ModbusHarness]:
    """Start a counterpart and its driver, and end both."""
    harness = ModbusHarness(folder, kind)
    await harness.start()
    harness.build()
    yield harness
    await harness.driver.close()
    await harness.stop()


class Moody(Unit):
    """Holding registers that hold their address, but for some that it does not have, and not too many at once."""

    def __init__(self, address: int, *, holes: Sequence[int] = (), longest: int = 125) -> None:
        super().__init__(address)
        self.holes, self.longest = holes, longest
        self.asked: list[tuple[int, int]] = []

    def read_registers(self, read: Read) -> list[int]:
        self.asked.append((read.address, read.count))
        if read.count > self.longest:
            raise RefusedError(ILLEGAL_VALUE)
        if any(read.covers(hole) for hole in self.holes):
            raise RefusedError(ILLEGAL_ADDRESS)
        return [read.address + number for number in range(read.count)]


class Bench:
    """Units on one line behind a TCP wire, and the driver of what is on it."""

    def __init__(self, *units: Unit, rtu: bool = True) -> None:
        self.line = Line("field")
        self.faults = {unit.address: Faults() for unit in units}
        for unit in units:
            self.line.add(unit, self.faults[unit.address])
        self.wire = TcpWire(self.line, SystemClock(), rtu=rtu)
        self.driver: ModbusDriver

    async def open(self, *profiles: Profile, settle_s: float = 0.0) -> ModbusDriver:
        """Open a driver with one device for each profile, at unit 1, 2 and so on."""
        await self.wire.start()
        host, port = self.wire.host, self.wire.port
        bus: ModbusRtuTcpBus | ModbusTcpBus = ModbusTcpBus(
            id="line", type="modbus-tcp", host=host, port=port, timeout_s=TIMEOUT_S, settle_s=settle_s
        )
        if self.wire.rtu:
            bus = ModbusRtuTcpBus(
                id="line", type="modbus-rtu-tcp", host=host, port=port, baud=115200, timeout_s=TIMEOUT_S,
                settle_s=settle_s, turnaround_s=0.0,
            )  # fmt: skip
        devices = [device(profile, unit=unit, name=f"d{unit}") for unit, profile in enumerate(profiles, 1)]
        self.driver = modbus_driver(bus, devices, SystemClock())
        await self.driver.open()
        return self.driver

    async def close(self) -> None:
        await self.driver.close()
        await self.wire.stop()


def registers(*addresses: int, **transport: object) -> Profile:
    """Return a profile with holding registers at these addresses."""
    points = [{"key": f"r{n}", "table": "holding_register", "address": n} for n in addresses]
    return made(points=points, transport={"buses": ["modbus-tcp", "modbus-rtu"], **transport})
