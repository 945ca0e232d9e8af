"""A pretend DL/T 645 meter: one load on three phases, told by the identifiers of the standard.

Source: DL/T 645-2007 §7.1 (reading), §7.6 (reading the address), §7.10 (error word), annex A tables A.1 and A.3; 1997:
identifier 9010.
"""

from runtime.clock import Clock
from simulators.dlt645.frames import Spoken, cut, spoken, written
from simulators.meters.frames import digits, fits

_READ, _READ_MORE, _READ_1997, _READ_ADDRESS = 0x11, 0x12, 0x01, 0x13
_NO_SUCH_DATA = 0x02
_WATT_SECONDS_PER_CENTI_KWH = 36_000.0
_STIRS_EVERY_S = 600.0


class EnergyMeter:
    """A meter with a load of ``watts`` (negative: it feeds back) from ``start_kwh`` on.

    Volts and hertz move by one or two of their steps every ten minutes, as no grid stands still. With one of the three
    ``phases`` it has the first alone. ``parts_of`` cuts answers into frames of so many data bytes, as a meter does
    whose answer is too long for one.
    """

    model = "dlt645"
    deeds = frozenset({"set_watts"})
    cut = staticmethod(cut)

    def __init__(
        self,
        address: str,
        clock: Clock,
        *,
        start_kwh: float = 0.0,
        watts: float = 800.0,
        parts_of: int = 200,
        phases: int = 3,
    ) -> None:
        if len(address) != 12 or not address.isdecimal():
            raise ValueError("a meter's address has twelve digits")
        self.address = address
        self.volts = (2201, 2212, 2223)[:phases]
        self.watts = watts
        self.hertz = 4998
        self.parts_of = parts_of
        self.reads = 0
        self.pending: list[bytes] = []
        self._clock = clock
        self._start_kwh, self._began = start_kwh, clock.monotonic()
        self._born = self._began

    def shown(self, identifier: str) -> bytes | None:
        """Return the data of an identifier as the standard prints it, ``None`` where this meter lacks it."""
        amperes = round(abs(self.watts) / 3 / 220 * 1000)
        deciwatts, back = round(abs(self.watts) * 10), self.watts < 0
        energy = round(self._start_kwh * 100 + self._used())
        stir = int((self._clock.monotonic() - self._born) // _STIRS_EVERY_S) % 3
        table = {
            "00010000": digits(energy, 4),
            "00000000": digits(energy, 4),
            "9010": digits(energy, 4),
            "02030000": digits(deciwatts, 3, negative=back),
            "02060000": digits(950, 2, negative=back),
            "02800002": digits(self.hertz + stir, 2),
            "0201FF00": b"".join(digits(volts + stir, 2) for volts in self.volts),
            "0202FF00": b"".join(digits(amperes, 3, negative=back) for _ in self.volts),
        }
        for phase, volts in enumerate(self.volts, 1):
            table[f"02010{phase}00"] = digits(volts + stir, 2)
            table[f"02020{phase}00"] = digits(amperes, 3, negative=back)
        return table.get(identifier)

    def set_watts(self, watts: float) -> None:
        """Change the load."""
        self._start_kwh, self._began = self._start_kwh + self._used() / 100, self._clock.monotonic()
        self.watts = watts

    def is_called(self, frame: bytes) -> bool:
        """Tell whether the address fits, pair by pair; AA fits any."""
        said = spoken(frame)
        return not said.control & 0x80 and fits(said.address, self.address)

    def answer(self, frame: bytes) -> bytes | None:
        """Return the answer to a read; anything else is met with silence."""
        said = spoken(frame)
        if said.control in (_READ, _READ_1997):
            identifier = said.data[::-1].hex().upper()
            data = self.shown(identifier)
            if data is None or (said.control == _READ) != (len(said.data) == 4):
                return self.refuse(frame, _NO_SUCH_DATA)
            self.reads += 1
            self.pending = [data[at : at + self.parts_of] for at in range(0, len(data), self.parts_of)]
            return self._part(said.control, said.data, b"")
        if said.control == _READ_ADDRESS:
            return written(Spoken(self.address, _READ_ADDRESS | 0x80, bytes.fromhex(self.address)[::-1]))
        if said.control == _READ_MORE and self.pending:
            return self._part(said.control, said.data[:4], said.data[4:])
        return None

    def refuse(self, frame: bytes, code: int) -> bytes:
        """Return the error answer with the error word ``code``."""
        return written(Spoken(self.address, spoken(frame).control | 0xC0, bytes((code,))))

    def truth(self) -> dict[str, object]:
        """Return what was served here."""
        return {"reads": self.reads, "commands": [], "total_kwh": round(self._start_kwh + self._used() / 100, 2)}

    def _part(self, control: int, identifier: bytes, number: bytes) -> bytes:
        data = self.pending.pop(0)
        more = 0x20 if self.pending else 0
        return written(Spoken(self.address, control | 0x80 | more, identifier + data + number))

    def _used(self) -> float:
        """Return hundredths of a kWh used since the start; what is fed back is counted elsewhere."""
        return max(0.0, self.watts) * (self._clock.monotonic() - self._began) / _WATT_SECONDS_PER_CENTI_KWH
