"""A bin with a DFRobot SEN0310 ultrasonic sensor in its lid: rubbish rises, distance falls, now and then it burns.

Source: DFRobot wiki, SEN0310, "Communication Protocol Description".
"""

import math
import random

from runtime.clock import Clock
from simulators.modbus.unit import (
    HOLDING_REGISTERS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    Read,
    RefusedError,
    Unit,
)
from simulators.ramp import Ramp

_PRODUCT, _VERSION, _ADDRESS, _BAUD, _PARITY, _DISTANCE, _TEMPERATURE, _OUTSIDE, _CONTROL, _NOISE = range(10)
_MILLIMETRES_PER_STEP = 10
_WRITABLE = frozenset({_ADDRESS, _BAUD, _PARITY, _OUTSIDE, _CONTROL})
_DAY_SWING_C, _SWING_S = 1.5, 120.0


class UltrasonicBin(Unit):
    """A bin that is ``level`` percent full; ``empty_mm`` and ``full_mm`` are the distances at 0 and 100 percent."""

    model = "ultrasonic-bin"
    deeds = frozenset({"set_level", "fill_to", "empty", "set_temperature", "heat_to"})

    def __init__(
        self, address: int, clock: Clock, *, empty_mm: int = 1100, full_mm: int = 250, dice: random.Random | None = None
    ) -> None:
        super().__init__(address)
        dice = dice or random.Random(address)
        self.empty_mm, self.full_mm = empty_mm, full_mm
        self.emptied = 0
        self.writes: list[dict[str, object]] = []
        self._clock = clock
        self._level = Ramp(clock, dice.uniform(5, 35))
        self._temperature = Ramp(clock, round(dice.uniform(18, 26), 1))
        self._phase = dice.uniform(0, math.tau)
        self._stored = {_PRODUCT: 1, _VERSION: 0x0010, _BAUD: 5, _PARITY: 1, _OUTSIDE: 0, _CONTROL: 4, _NOISE: 0}

    @property
    def level(self) -> float:
        """Return how full the bin is, percent."""
        return self._level.value

    @property
    def distance_mm(self) -> int:
        """Return the distance that the sensor measures now, in its steps of 1 cm."""
        distance = self.empty_mm - self.level / 100 * (self.empty_mm - self.full_mm)
        return round(distance / _MILLIMETRES_PER_STEP) * _MILLIMETRES_PER_STEP

    @property
    def temperature_c(self) -> float:
        """Return the sensor's temperature: what was set, swinging a little as a real one does."""
        swing = _DAY_SWING_C * math.sin(self._phase + self._clock.monotonic() / _SWING_S * math.tau)
        return round(self._temperature.value + swing, 1)

    def set_level(self, percent: float) -> None:
        """Make the bin ``percent`` full at once."""
        self._level.to(percent, 0.0)

    def fill_to(self, percent: float, over_s: float) -> None:
        """Let the level move evenly to ``percent`` within ``over_s`` seconds."""
        self._level.to(percent, over_s)

    def empty(self, rest: float = 0.0) -> None:
        """Let the lorry come; ``rest`` percent stay in."""
        self.emptied += 1
        self._level.to(rest, 0.0)

    def set_temperature(self, celsius: float) -> None:
        """Make it this warm at once."""
        self._temperature.to(celsius, 0.0)

    def heat_to(self, celsius: float, over_s: float) -> None:
        """Let the temperature move evenly to ``celsius`` within ``over_s`` seconds."""
        self._temperature.to(celsius, over_s)

    def read_registers(self, read: Read) -> list[int]:
        """Return holding registers 0..9."""
        if read.function != HOLDING_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.address + read.count > _NOISE + 1:
            raise RefusedError(ILLEGAL_ADDRESS)
        now = {
            **self._stored,
            _ADDRESS: self.address,
            _DISTANCE: self.distance_mm // _MILLIMETRES_PER_STEP,
            _TEMPERATURE: round(self.temperature_c * 10) & 0xFFFF,
        }
        return [now[address] for address in range(read.address, read.address + read.count)]

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Take a new address or a setting; measured values are read-only."""
        if not _WRITABLE.issuperset(range(address, address + len(values))):
            raise RefusedError(ILLEGAL_ADDRESS)
        for register, value in enumerate(values, address):
            if register == _ADDRESS and not 1 <= value <= 247:
                raise RefusedError(ILLEGAL_VALUE)
        for register, value in enumerate(values, address):
            if register == _ADDRESS:
                self.address = value
            else:
                self._stored[register] = value
            self.writes.append({"at": self._clock.now(), "register": register, "value": value})

    def truth(self) -> dict[str, object]:
        """Return what was served, asked and done here."""
        return {
            "reads": self.reads,
            "commands": self.writes,
            "level": round(self.level, 2),
            "distance_mm": self.distance_mm,
            "temperature_c": self.temperature_c,
            "emptied": self.emptied,
        }
