"""Values as registers hold them, worked out here from the profile's words alone and not by the driver's code.

Source: MODBUS Application Protocol V1.1b3 §4.2 (big-endian registers) and the profile's own keys (``config.profile``).
"""

import struct

from config.profile import RegisterPoint

Known = bool | int | float | str

_LONG = {"u32": 2, "i32": 2, "f32": 2, "u64": 4, "i64": 4, "hex64": 4}
_SIGNED = frozenset({"i16", "i32", "i64"})


def registers_of(encoding: str) -> int:
    """Return how many registers a value takes."""
    return _LONG.get(encoding, 1)


def to_raw(point: RegisterPoint, value: Known) -> int | float:
    """Return the number that stands for ``value`` on the wire; ``ValueError`` where the product cannot say it."""
    if point.words:
        for raw, word in point.words.items():
            if word == value and isinstance(word, bool) == isinstance(value, bool):
                return int(raw)
        raise ValueError(f"{point.key} never says {value!r}")
    if point.encoding == "hex64":
        return int(str(value) or "0", 16)
    if isinstance(value, str):
        raise ValueError(f"{point.key} is a number, not {value!r}")
    if isinstance(value, bool) or point.bit is not None:
        return int(bool(value))
    exact = (value - point.offset) / point.scale
    if point.encoding == "f32":
        return exact
    return round(exact) if point.negative_from is None else _marked(point, round(exact), point.negative_from)


def _marked(point: RegisterPoint, number: int, mark: int) -> int:
    """Return a number as products write it that add ``mark`` to the amount of all below zero."""
    if number >= mark:
        raise ValueError(f"{point.key}: {number} would be read as a number below zero")
    return mark + abs(number) if number < 0 else number


def from_raw(point: RegisterPoint, raw: int | float) -> Known:
    """Return what ``raw`` means, in the point's unit; ``ValueError`` for a raw that the profile has no word for."""
    if point.words:
        if str(int(raw)) not in point.words:
            raise ValueError(f"{point.key} has no word for {raw}")
        return point.words[str(int(raw))]
    if point.encoding == "hex64":
        return format(int(raw), "016X") if raw else ""
    if point.encoding == "bool" or point.bit is not None:
        return bool(raw)
    if point.negative_from is not None and raw >= point.negative_from:
        raw = -(raw - point.negative_from)
    return raw * point.scale + point.offset


def to_words(encoding: str, raw: int | float, *, low_first: bool) -> list[int]:
    """Return the registers of ``raw``; ``ValueError`` where it does not fit."""
    count = registers_of(encoding)
    if encoding == "f32":
        number = int.from_bytes(struct.pack(">f", raw), "big")
    else:
        bits = 8 if encoding.endswith("_byte") else 16 * count
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if encoding in _SIGNED else (0, (1 << bits) - 1)
        if not low <= raw <= high:
            raise ValueError(f"{raw} does not fit {encoding}")
        number = int(raw) & ((1 << 16 * count) - 1)
    words = [number >> 16 * place & 0xFFFF for place in range(count)]
    return words if low_first else words[::-1]


def from_words(encoding: str, words: list[int], *, low_first: bool) -> int | float:
    """Return the raw number in these registers."""
    number = 0
    for word in words[::-1] if low_first else words:
        number = number << 16 | word
    if encoding == "f32":
        value: float = struct.unpack(">f", number.to_bytes(4, "big"))[0]
        return value
    sign = 1 << 16 * len(words) - 1
    return number - 2 * sign if encoding in _SIGNED and number & sign else number
