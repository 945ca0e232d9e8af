"""Pretend CJ/T 188 meters: what flows through is counted, a valve moves when it is told to, a battery runs down.

Source: CJ/T 188-2004, tables of data identifiers (901F, 810A, A017), of the status word and of unit codes.
"""

from runtime.clock import Clock
from simulators.cjt188.frames import Spoken, cut, spoken, written
from simulators.meters.frames import digits, fits

WATER, HEAT, GAS = 0x10, 0x20, 0x30
CUBIC_METRES, LITRES = 0x2C, 0x29
_READ, _READ_ADDRESS, _WRITE = 0x01, 0x03, 0x04
_OPEN, _SHUT = 0x55, 0x99
_CLOCK = bytes.fromhex("31012211051520")


class FlowMeter:
    """A water or gas meter with a flow of ``m3h`` from ``start_m3`` on.

    ``swapped``: its maker writes identifiers the other way round and understands no other. ``unit`` is the code it
    counts in. Its valve needs ``travel_s`` from one end to the other and shows "abnormal" meanwhile; ``stuck`` keeps
    it where it is. ``moves`` are the orders it got, in order.
    """

    model = "cjt188"
    deeds = frozenset({"set_flow", "run_down"})
    cut = staticmethod(cut)

    def __init__(
        self,
        address: str,
        clock: Clock,
        *,
        kind: int = WATER,
        start_m3: float = 0.0,
        m3h: float = 0.0,
        unit: int = CUBIC_METRES,
        swapped: bool = False,
        travel_s: float = 0.0,
    ) -> None:
        if len(address) != 14 or not address.isdecimal():
            raise ValueError("a meter's address has fourteen digits")
        self.address, self.kind, self.unit, self.swapped = address, kind, unit, swapped
        self.battery_low = self.stuck = False
        self.m3h, self.travel_s = m3h, travel_s
        self.reads = 0
        self.moves: list[str] = []
        self._clock = clock
        self._start_m3, self._began = start_m3, clock.monotonic()
        self._shut, self._arrives = False, 0.0

    def volume_m3(self) -> float:
        """Return what has flowed through, in hundredths."""
        return round(self._start_m3 + self.m3h * (self._clock.monotonic() - self._began) / 3600, 2)

    def set_flow(self, m3h: float) -> None:
        """Change the flow."""
        self._start_m3, self._began = self.volume_m3(), self._clock.monotonic()
        self.m3h = m3h

    def run_down(self) -> None:
        """Let the battery run low."""
        self.battery_low = True

    def is_called(self, frame: bytes) -> bool:
        """Tell whether type and address fit; AA fits any."""
        said = spoken(frame)
        return not said.control & 0x80 and said.kind in (self.kind, 0xAA) and fits(said.address, self.address)

    def answer(self, frame: bytes) -> bytes | None:
        """Return the answer to a read or an order; an identifier written the other way is met with silence."""
        said = spoken(frame)
        item, serial = said.data[:2], said.data[2:3]
        plain = item[::-1] if self.swapped else item
        if said.control == _READ and plain == b"\x90\x1f":
            self.reads += 1
            return self._said(said.control, item + serial + self.data())
        if said.control == _READ_ADDRESS and plain == b"\x81\x0a":
            return self._said(said.control, item + serial)
        if said.control == _WRITE and plain == b"\xa0\x17" and said.data[3:] in (bytes((_OPEN,)), bytes((_SHUT,))):
            self._move(said.data[3] == _SHUT)
            return self._said(said.control, item + serial + self.status())
        return None

    def refuse(self, frame: bytes, code: int) -> bytes:
        """Return the error answer whose status begins with ``code``."""
        said = spoken(frame)
        return self._said(said.control | 0x40, said.data[2:3] + bytes((code, 0)))

    def data(self) -> bytes:
        """Return what identifier 901F brings: volume, volume on the day of account, time, status."""
        counted = self.volume_m3() * (1000 if self.unit == LITRES else 1)
        volume = digits(round(counted * 100), 4) + bytes((self.unit,))
        return volume + volume + _CLOCK + self.status()

    def status(self) -> bytes:
        """Return the status word: two bits of valve (00 open, 01 shut, 11 on its way), one of battery."""
        moving = self._clock.monotonic() < self._arrives
        valve = 0b11 if moving else int(self._shut)
        return bytes((valve | self.battery_low << 2, 0))

    def truth(self) -> dict[str, object]:
        """Return what was served and done here."""
        return {"reads": self.reads, "commands": list(self.moves), "volume_m3": self.volume_m3()}

    def _move(self, shut: bool) -> None:
        self.moves.append("close" if shut else "open")
        if not self.stuck:
            self._shut, self._arrives = shut, self._clock.monotonic() + self.travel_s

    def _said(self, control: int, data: bytes) -> bytes:
        return written(Spoken(self.kind, self.address, control | 0x80, data))


class HeatMeter(FlowMeter):
    """A heat meter: energy of the last account and now, power, flow, volume, two temperatures, hours, time, status."""

    def __init__(self, address: str, clock: Clock, *, kwh: float = 0.0, start_m3: float = 0.0) -> None:
        super().__init__(address, clock, kind=HEAT, start_m3=start_m3)
        self.kwh = kwh

    def data(self) -> bytes:
        """Return what identifier 901F brings: 43 bytes."""
        energy = digits(round(self.kwh * 100), 4) + b"\x05"
        power, flow = digits(1234, 4) + b"\x17", digits(56, 4) + b"\x35"
        volume = digits(round(self.volume_m3() * 100), 4) + b"\x2c"
        return (
            energy
            + energy
            + power
            + flow
            + volume
            + digits(5507, 3)
            + digits(3511, 3)
            + digits(16876, 3)
            + (_CLOCK + self.status())
        )
