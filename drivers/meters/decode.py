"""The bytes of an item to values, purely: digits or bits, then sign, unit and scale, or words, then plausibility."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from config.item import ItemPoint
from wire.reading import Quality, Value


class Found(NamedTuple):
    """A point's value and its quality; ``None`` where nothing was obtained."""

    value: Value
    quality: int = Quality.GOOD


Decode = Callable[[bytes], Found]
Units = Mapping[int, tuple[str, float]]
"""What a meter's unit code means: the unit that it is counted in here, and how many of those it is."""


def bcd(data: bytes, *, signed: bool = False) -> int | None:
    """Return the number in ``data``, two digits a byte, the lowest first; ``None`` where a half byte is no digit.

    ``signed``: the highest bit of the last byte is the sign.
    """
    if signed and data[-1] & 0x80:
        positive = bcd(data[:-1] + bytes((data[-1] & 0x7F,)))
        return None if positive is None else -positive
    digits = data[::-1].hex()
    return int(digits) if digits.isdecimal() else None


def decoder(point: ItemPoint, units: Units, times: float = 1.0) -> Decode:
    """Return what reads ``point`` out of its item's data, which must be as long as the item says; ``times`` is the
    product of what multiplies it.
    """
    take = _bits(point) if point.bits is not None else partial(digits_of, point)
    finish = _worded(point) if point.words else _scaled(point, units, point.scale * times)

    def decode(data: bytes) -> Found:
        raw = take(data[point.at : point.at + point.length])
        return Found(None, Quality.BAD) if raw is None else finish(raw, data)

    return decode


def _bits(point: ItemPoint) -> Callable[[bytes], int | None]:
    lowest, count = point.bits or (0, 1)
    return lambda data: int.from_bytes(data, "little") >> lowest & (1 << count) - 1


def digits_of(point: ItemPoint, data: bytes) -> int | None:
    """Return the number in the digits of ``data``, with its sign as the point has it; ``None`` where there is none."""
    number = bcd(data, signed=point.sign != "none")
    return abs(number) if number is not None and point.sign == "drop" else number


def _worded(point: ItemPoint) -> Callable[[int, bytes], Found]:
    def finish(raw: int, _: bytes) -> Found:
        word = point.words.get(str(raw))
        return Found(None, Quality.BAD) if word is None else Found(word)

    return finish


def _scaled(point: ItemPoint, units: Units, scale: float) -> Callable[[int, bytes], Found]:
    low, high = point.plausible or (float("-inf"), float("inf"))

    def finish(raw: int, data: bytes) -> Found:
        factor = 1.0
        if point.unit_at is not None:
            unit, factor = units.get(data[point.unit_at], ("", 0.0))
            if unit != point.unit:
                return Found(None, Quality.MISCONFIGURED)
        value = exact(raw, scale * factor) if point.unit_at is None else float(exact(raw, scale * factor))
        return Found(value, Quality.GOOD if low <= value <= high else Quality.IMPLAUSIBLE)

    return finish


def exact(raw: int, scale: float) -> int | float:
    """Return ``raw * scale`` as the meter meant it: 23 hundredths are 0.23, not 0.23000000000000001."""
    if scale >= 1 and abs(scale - round(scale)) < 1e-9:
        return raw * round(scale)
    parts = round(1 / scale) if scale else 0
    return raw / parts if parts and abs(1 / scale - parts) < 1e-9 * parts else round(raw * scale, 9)
