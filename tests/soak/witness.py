"""The pretend devices of the soak, each of which notes what it answered, and when."""

import random
import struct
from collections import deque
from dataclasses import dataclass

from runtime.clock import Clock
from simulators.devices.door import Door
from simulators.devices.meter import Meter
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from simulators.modbus.unit import COILS, DISCRETE_INPUTS, HOLDING_REGISTERS, INPUT_REGISTERS, Read, Unit

PORTS = {"lan-1": 15031, "rs485-1": 15032}
EMPTY_MM, FULL_MM = 1100, 250
_USUAL_S = 0.02

Place = tuple[int, int]
"""Function and address under which a point lies; see the makers' manuals named in ``simulators.devices``."""

PLACES: dict[str, dict[str, Place]] = {
    "door-1": {"door_state": (DISCRETE_INPUTS, 0), "lock_state": (COILS, 0)},
    "door-2": {"door_state": (DISCRETE_INPUTS, 1), "lock_state": (COILS, 1)},
}
for _name in ("bin-1", "bin-2", "bin-3", "bin-4"):
    PLACES[_name] = {
        "distance_mm": (HOLDING_REGISTERS, 5),
        "fill_pct": (HOLDING_REGISTERS, 5),
        "temperature_c": (HOLDING_REGISTERS, 6),
    }
for _name in ("meter-1", "meter-2"):
    PLACES[_name] = {
        "voltage_v": (INPUT_REGISTERS, 0x00),
        "current_a": (INPUT_REGISTERS, 0x06),
        "power_w": (INPUT_REGISTERS, 0x0C),
        "power_factor": (INPUT_REGISTERS, 0x1E),
        "frequency_hz": (INPUT_REGISTERS, 0x46),
        "energy_kwh": (INPUT_REGISTERS, 0x48),
    }


@dataclass(slots=True)
class Shown:
    """One answer that went out whole and right: when (µs), what it covered, and bits or registers. ``used``: a reading
    was stored that shows it.
    """

    at: int
    read: Read
    data: tuple[int, ...]
    used: bool = False

    def value(self, point: str, place: Place) -> bool | int | float | str | None:
        """Return what this answer says of ``point`` at ``place``, ``None`` if nothing."""
        function, address = place
        wide = 2 if function == INPUT_REGISTERS else 1
        if self.read.function != function or not self.read.covers(address, wide):
            return None
        words = self.data[address - self.read.address :][:wide]
        match point:
            case "door_state":
                return "closed" if words[0] else "open"
            case "lock_state":
                return "unlocked" if words[0] else "locked"
            case "distance_mm":
                return 10 * words[0]
            case "fill_pct":
                return min(100.0, max(0.0, 100 * (EMPTY_MM - 10 * words[0]) / (EMPTY_MM - FULL_MM)))
            case "temperature_c":
                return (words[0] - 0x10000 if words[0] & 0x8000 else words[0]) / 10
        return float(struct.unpack(">f", struct.pack(">HH", *words))[0])


class Witness(Unit):
    """Put before a model: notes each answer in ``told``."""

    told: deque[Shown]
    clock: Clock

    def answered(self, read: Read) -> None:
        bits = read.function in (COILS, DISCRETE_INPUTS)
        data = self.read_bits(read) if bits else self.read_registers(read)
        self.told.append(Shown(self.clock.now(), read, tuple(map(int, data))))
        super().answered(read)


class SeenBoard(Witness, RelayBoard):
    """A relay board that notes what it answered."""


class SeenBin(Witness, UltrasonicBin):
    """A bin that notes what it answered."""


class SeenMeter(Witness, Meter):
    """A meter that notes what it answered."""


class Community:
    """Two lines of devices, by name. ``told`` are the answers of each unit, which doors of one board share."""

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        self.faults: dict[str, dict[str, Faults]] = {"lan-1": {}, "rs485-1": {}}
        self.told: dict[str, deque[Shown]] = {}
        self.wires = {bus: TcpWire(Line(bus), clock, port=port, rtu=bus == "rs485-1") for bus, port in PORTS.items()}
        board = SeenBoard(1, clock)
        self._add("lan-1", "doors", board, clock)
        self.doors = {
            f"door-{number}": Door(board, clock, relay=number, inputs={"contact": number}) for number in (1, 2)
        }
        self.told |= dict.fromkeys(self.doors, self.told.pop("doors"))
        self.bins: dict[str, SeenBin] = {}
        for number, bus in enumerate(("lan-1", "lan-1", "rs485-1", "rs485-1"), 1):
            sensor = SeenBin(10 + number, clock, empty_mm=EMPTY_MM, full_mm=FULL_MM, dice=dice)
            self.bins[f"bin-{number}"] = sensor
            self._add(bus, f"bin-{number}", sensor, clock)
        for number in (1, 2):
            meter = SeenMeter(20 + number, clock, start_kwh=100.0 * number, dice=dice)
            self._add("rs485-1", f"meter-{number}", meter, clock)

    def _add(self, bus: str, name: str, unit: Witness, clock: Clock) -> None:
        unit.clock, unit.told = clock, deque()
        self.told[name] = unit.told
        faults = self.faults[bus][name] = Faults(slow_s=_USUAL_S)
        self.wires[bus].line.add(unit, faults)


def well(faults: Faults) -> None:
    """Let a device be as it should."""
    faults.silent, faults.slow_s, faults.wrong, faults.share = False, _USUAL_S, None, 1.0
    faults.noise, faults.speaks = 0, None
