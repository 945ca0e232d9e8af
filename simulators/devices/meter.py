"""Eastron SDM120, a one-phase meter: 32-bit floats, and an energy register that can number its reads.

Source: Eastron SDM120 Modbus protocol: function 4, big-endian words, even start addresses, at most 40 parameters a
request, places without a parameter read zero.
"""

import math
import random
import struct

from runtime.clock import Clock
from simulators.modbus.unit import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    INPUT_REGISTERS,
    Read,
    RefusedError,
    Unit,
)

TOTAL_ENERGY = 0x0156
ENERGY_STEPS_PER_KWH = 64
_VOLTAGE, _CURRENT, _POWER, _POWER_FACTOR, _FREQUENCY, _IMPORT, _EXPORT = 0x00, 0x06, 0x0C, 0x1E, 0x46, 0x48, 0x4A
_LAST = 0x0158
_MOST_REGISTERS = 80
_SWING_S = 90.0
_MAINS_V, _FACTOR = 230.0, 0.95
_WATT_SECONDS_PER_KWH = 3_600_000.0


class Meter(Unit):
    """A meter that measures a load of about ``watts``.

    With ``count_reads`` its energy (total and import are one) is ``start_kwh`` plus 1/64 kWh for every answer that
    showed either register: each answer bears a number of its own that a 32-bit float holds exactly, so that a test can
    tell any lost or doubled reading. ``served`` lists those numbers in the order they went out. ``start_kwh`` must be
    a multiple of 1/64.
    """

    model = "meter"
    deeds = frozenset({"set_watts"})

    def __init__(
        self,
        address: int,
        clock: Clock,
        *,
        start_kwh: float = 100.0,
        watts: float = 800.0,
        count_reads: bool = False,
        dice: random.Random | None = None,
    ) -> None:
        super().__init__(address)
        if start_kwh * ENERGY_STEPS_PER_KWH != int(start_kwh * ENERGY_STEPS_PER_KWH):
            raise ValueError(f"start_kwh must be a multiple of 1/{ENERGY_STEPS_PER_KWH}")
        self.count_reads = count_reads
        self.served: list[float] = []
        self._clock = clock
        self._watts = watts
        self._start_kwh, self._began = start_kwh, clock.monotonic()
        self._phase = (dice or random.Random(address)).uniform(0, math.tau)

    def set_watts(self, watts: float) -> None:
        """Change the load."""
        self._start_kwh, self._began = self._used_kwh(), self._clock.monotonic()
        self._watts = watts

    def total_kwh(self) -> float:
        """Return what the energy register shows now."""
        if self.count_reads:
            return self._start_kwh + len(self.served) / ENERGY_STEPS_PER_KWH
        return self._used_kwh()

    def read_registers(self, read: Read) -> list[int]:
        """Return pairs of input registers; half a pair is refused, as the maker says."""
        if read.function != INPUT_REGISTERS:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.address % 2 or read.address + read.count > _LAST:
            raise RefusedError(ILLEGAL_ADDRESS)
        if read.count % 2 or read.count > _MOST_REGISTERS:
            raise RefusedError(ILLEGAL_VALUE)
        values = self._values()
        words: list[int] = []
        for address in range(read.address, read.address + read.count, 2):
            words += struct.unpack(">HH", struct.pack(">f", values.get(address, 0.0)))
        return words

    def answered(self, read: Read) -> None:
        """Count the read; the next one will show the next number."""
        super().answered(read)
        if self.count_reads and (read.covers(_IMPORT, 2) or read.covers(TOTAL_ENERGY, 2)):
            self.served.append(self.total_kwh())

    def truth(self) -> dict[str, object]:
        """Return what was served here; ``served`` is there when the reads are numbered."""
        found: dict[str, object] = {"reads": self.reads, "commands": [], "total_kwh": self.total_kwh()}
        return {**found, "served": list(self.served)} if self.count_reads else found

    def _used_kwh(self) -> float:
        return self._start_kwh + self._watts * (self._clock.monotonic() - self._began) / _WATT_SECONDS_PER_KWH

    def _values(self) -> dict[int, float]:
        swing = math.sin(self._phase + self._clock.monotonic() / _SWING_S * math.tau)
        volts, watts = _MAINS_V + 2.5 * swing, self._watts * (1 + 0.1 * swing)
        energy = self.total_kwh()
        return {
            _VOLTAGE: volts,
            _CURRENT: watts / volts / _FACTOR,
            _POWER: watts,
            _POWER_FACTOR: _FACTOR,
            _FREQUENCY: 50.0 + 0.02 * swing,
            _IMPORT: energy,
            _EXPORT: 0.0,
            TOTAL_ENERGY: energy,
        }
