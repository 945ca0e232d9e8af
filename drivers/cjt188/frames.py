"""The frames and the unit codes of CJ/T 188, purely: questions to bytes, bytes to answers.

Source: CJ/T 188-2004 and -2018, the data link layer (frame, meter types, control codes), the tables of data identifiers
and of unit codes.
"""

from typing import Final, NamedTuple

from drivers.meters.frames import START, FrameReader, sealed

ADDRESS_DIGITS: Final = 14
READ, READ_NUMBER, WRITE = 0x01, 0x03, 0x04
ANSWER, REFUSED = 0x80, 0x40
_HEADER: Final = 11
FRAME_BYTES: Final = _HEADER + 2
"""A frame without data."""

MEDIA: Final = {
    "cold_water": 0x10,
    "hot_water": 0x11,
    "drinking_water": 0x12,
    "reclaimed_water": 0x13,
    "heat": 0x20,
    "cooling": 0x21,
    "heat_and_cooling": 0x22,
    "gas": 0x30,
}
"""The type byte T of what a meter meters."""

ANY_KIND: Final = 0xAA

_UNITS: Final[tuple[tuple[int, str, float], ...]] = (
    (0x02, "kWh", 1e-3),
    (0x05, "kWh", 1.0),
    (0x08, "kWh", 1e3),
    (0x0B, "kWh", 1 / 3600),
    (0x0E, "kWh", 1 / 3.6),
    (0x11, "kWh", 1 / 0.0036),
    (0x14, "W", 1.0),
    (0x17, "W", 1e3),
    (0x1A, "W", 1e6),
    (0x29, "m3", 1e-3),
    (0x2C, "m3", 1.0),
    (0x32, "m3/h", 1e-3),
    (0x35, "m3/h", 1.0),
)
"""Wh, kWh, MWh, kJ, MJ, GJ, W, kW, MW, L, m³, L/h, m³/h; after each come its tenfold and its hundredfold (2018)."""

UNITS: Final = {0x01: ("kWh", 1 / 3.6e6)} | {
    code + step: (ours, factor * 10**step) for code, ours, factor in _UNITS for step in range(3)
}
"""What a unit code means: the unit in which it is counted here, and how many of those one is."""


class Frame(NamedTuple):
    """One frame: meter type, ``address`` in the wire's order, ``control`` with its flags, ``data``."""

    kind: int
    address: bytes
    control: int
    data: bytes


def encode(frame: Frame) -> bytes:
    """Return the bytes from 68 to 16; ``address`` has seven bytes, ``data`` at most 255."""
    head = bytes((START, frame.kind)) + frame.address + bytes((frame.control, len(frame.data)))
    return sealed(head + frame.data)


def decode(whole: bytes) -> Frame:
    """Return what a whole frame, as ``reader`` cuts it, says."""
    return Frame(whole[1], whole[2:9], whole[9], whole[_HEADER:-2])


def reader() -> FrameReader:
    """Return what finds such frames in a stream of bytes."""
    return FrameReader(_HEADER - 1)


def identifier(item: str, *, swapped: bool) -> bytes:
    """Return a data identifier as the wire has it: ``901F`` is 90 1F, or 1F 90 for the makers who swap it."""
    plain = bytes.fromhex(item)
    return plain[::-1] if swapped else plain


def question(kind: int, address: bytes, item: bytes, serial: int) -> Frame:
    """Return the frame that reads ``item``; its answer repeats the ``serial`` number (0..255)."""
    return Frame(kind, address, READ, item + bytes((serial,)))


def order(kind: int, address: bytes, item: bytes, serial: int, value: int) -> Frame:
    """Return the frame that writes one byte to ``item``."""
    return Frame(kind, address, WRITE, item + bytes((serial, value)))
