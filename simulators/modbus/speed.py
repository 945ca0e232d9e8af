"""How fast and in which form bytes go over a serial line, and what a listener at another speed makes of them."""

import re
from dataclasses import dataclass

_NO_PARITY_BITS = "N"
_LONGEST_GAP_BAUD = 19200
_FIXED_GAP_S = 0.00175


@dataclass(frozen=True, slots=True)
class Speed:
    """Baud rate and format (data bits, parity, stop bits), as in ``9600 8N1``."""

    baud: int
    format: str = "8N1"

    def __str__(self) -> str:
        """Return it as ``parse_speed`` reads it."""
        return f"{self.baud} {self.format}"

    @property
    def char_s(self) -> float:
        """Return how long one byte takes, start and stop bits included."""
        return _bits(self.format) / self.baud

    @property
    def gap_s(self) -> float:
        """Return the silence that ends an RTU frame: 3.5 characters, 1.75 ms above 19200 baud (Serial Line V1.02)."""
        return _FIXED_GAP_S if self.baud > _LONGEST_GAP_BAUD else 3.5 * self.char_s


def parse_speed(text: str) -> Speed:
    """Return the speed written as ``9600 8N1``; ``ValueError`` if it is none."""
    found = re.fullmatch(r"(\d{3,6}) ([78][NEO][12])", text)
    if found is None:
        raise ValueError(f"{text!r} is no speed; write it like 9600 8N1")
    return Speed(int(found[1]), found[2])


def heard(data: bytes, sent: Speed, at: Speed) -> bytes:
    """Return what a UART set to ``at`` receives while ``data`` goes over the wire at ``sent``.

    The wire's level is sampled in the middle of each bit that the listener expects, as a UART does. Wrong parity and
    missing stop bits are not checked: Linux hands such bytes on as they were sampled.
    """
    levels = [level for byte in data for level in _levels(byte, sent.format)]
    received, now, end = bytearray(), 0.0, len(levels) / sent.baud
    bit_s, data_bits = 1 / at.baud, int(at.format[0])

    def level(at_s: float) -> bool:
        place = int(at_s * sent.baud + 1e-9)
        return place >= len(levels) or levels[place]

    step = min(bit_s, 1 / sent.baud) / 8
    while now < end:
        if level(now):
            now += step
            continue
        bits = [level(now + (1.5 + number) * bit_s) for number in range(data_bits)]
        received.append(sum(1 << number for number, on in enumerate(bits) if on))
        now += (_bits(at.format) - 0.5) * bit_s
        while now < end and not level(now):  # no stop bit: a new byte begins only after the wire was high again
            now += step
    return bytes(received)


def _bits(form: str) -> int:
    return 1 + int(form[0]) + (form[1] != _NO_PARITY_BITS) + int(form[2])


def _levels(byte: int, form: str) -> list[bool]:
    data = [bool(byte >> number & 1) for number in range(int(form[0]))]
    even = sum(data) % 2 == 1
    parity = [] if form[1] == _NO_PARITY_BITS else [even if form[1] == "E" else not even]
    return [False, *data, *parity, *[True] * int(form[2])]
