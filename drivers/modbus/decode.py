"""Answer bytes to values, purely: fields of one answer, then scaling, words, plausibility, then levels and states."""

import struct
from array import array
from collections.abc import Callable, Sequence
from math import isfinite
from operator import le, truediv

from config.address import Scalar
from config.profile import RegisterPoint, StatePoint
from wire.reading import Quality, Value


class Bad:
    """A value that may not be used, and why; ``value`` is what was obtained, ``None`` if nothing was."""

    __slots__ = ("quality", "value")

    def __init__(self, quality: int, value: Value = None) -> None:
        self.quality = quality
        self.value = value


Raw = int | float | bool
Convert = Callable[[Raw], "Value | Bad"]
Arithmetic = Callable[[Raw], int | float | None]
Unpack = Callable[[bytes], Sequence[Raw]]
Together = Callable[[Sequence[Raw]], tuple[Value, ...] | None]
"""All values of an answer, ``None`` where one of them is ``Bad``."""

_FORMAT = {"bool": "H", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f"}
_FORMAT |= {"low_byte": "xB", "high_byte": "Bx", "hex64": "Q"}
_WORDS = {"u32": 2, "i32": 2, "f32": 2, "u64": 4, "i64": 4, "hex64": 4}


def width(encoding: str) -> int:
    """Return how many registers a value of ``encoding`` takes."""
    return _WORDS.get(encoding, 1)


def bit_unpacker(offsets: Sequence[int]) -> Unpack:
    """Return what takes the bits at ``offsets`` (lowest bit of the first byte first) out of FC01/FC02 data."""

    def unpack(data: bytes) -> list[Raw]:
        bits = int.from_bytes(data, "little")
        return [bool(bits >> offset & 1) for offset in offsets]

    return unpack


def register_unpacker(
    fields: Sequence[tuple[int, str]], count: int, *, low_word_first: bool, low_byte_first: bool = False
) -> Unpack:
    """Return what takes ``fields`` (offset in registers, encoding) out of ``count`` registers' bytes, in order.

    One ``struct`` reads all that stand one after another; fields that overlap an earlier one are read singly. Where the
    low word comes first the bytes are read as little-endian, and where then the bytes within a register are not in that
    order (CDAB, BADC), all registers are turned round first.
    """
    order, turned = "<" if low_word_first else ">", low_word_first != low_byte_first
    layout, position, plain = order, 0, True
    for offset, encoding in fields:
        if offset < position:
            plain = False
            break
        layout += f"{2 * (offset - position)}x{_in_order(encoding, order)}"
        position = offset + width(encoding)
    if plain:
        unpack: Unpack = struct.Struct(f"{layout}{2 * (count - position)}x").unpack
        return _turning(unpack) if turned else unpack
    single = [_single(offset, encoding, order, count) for offset, encoding in fields]

    def each(data: bytes) -> list[Raw]:
        return [read(data)[0] for read in single]

    return _turning(each) if turned else each


def _in_order(encoding: str, order: str) -> str:
    """Return the layout of one field; what stands in a half of a register stands in the other one when it is turned."""
    layout = _FORMAT[encoding]
    return layout if order == ">" else layout[::-1]


def _single(offset: int, encoding: str, order: str, count: int) -> Unpack:
    rest = 2 * (count - offset - width(encoding))
    return struct.Struct(f"{order}{2 * offset}x{_in_order(encoding, order)}{rest}x").unpack


def _turning(unpack: Unpack) -> Unpack:
    def turned(data: bytes) -> Sequence[Raw]:
        registers = array("H", data)
        registers.byteswap()
        return unpack(registers.tobytes())

    return turned


def converter(point: RegisterPoint) -> Convert | None:
    """Return the way from a point's raw value to its value, ``None`` where they are the same."""
    if point.encoding == "hex64":
        return _digits
    first = _bit_of(point) if point.bit is not None or _is_register_bool(point) else None
    second = _worded(point) if point.words else _scaled(point)
    if first is None or second is None:
        return first or second

    def convert(raw: Raw) -> Value | Bad:
        return second(first(raw))

    return convert


def together(points: Sequence[RegisterPoint]) -> Together:
    """Return what converts the raw values of ``points`` all at once, for where nothing is wrong with any of them."""
    converts = [converter(point) or _as_it_is for point in points]
    if all(convert is _as_it_is for convert in converts):
        return tuple
    spans = [span for point in points if (span := _divided_by(point)) is not None]
    if len(spans) == len(points):
        return _all_divided(*zip(*spans, strict=True))

    def one_by_one(raws: Sequence[Raw]) -> tuple[Value, ...] | None:
        found = [convert(raw) for convert, raw in zip(converts, raws, strict=True)]
        return None if Bad in map(type, found) else tuple(found)  # type: ignore[arg-type]  # no Bad among them

    return one_by_one


def _as_it_is(raw: Raw) -> Value:
    return raw


def _all_divided(divisors: tuple[int, ...], lows: tuple[float, ...], highs: tuple[float, ...]) -> Together:
    """Return the same where every value is divided and held against a span, in C from end to end."""

    def divided(raws: Sequence[Raw]) -> tuple[Value, ...] | None:
        found = tuple(map(truediv, raws, divisors))
        return found if all(map(le, lows, found)) and all(map(le, found, highs)) else None

    return divided


def _digits(raw: Raw) -> str:
    return f"{int(raw):016X}" if raw else ""


def _is_register_bool(point: RegisterPoint) -> bool:
    return point.encoding == "bool" and point.table in ("holding_register", "input_register")


def _bit_of(point: RegisterPoint) -> Callable[[Raw], bool]:
    if point.bit is None:
        return bool
    bit = point.bit
    return lambda raw: bool(int(raw) >> bit & 1)


def _worded(point: RegisterPoint) -> Convert:
    words = {int(raw): word for raw, word in point.words.items()}

    def convert(raw: Raw) -> Value | Bad:
        word = words.get(int(raw))
        return Bad(Quality.BAD, None) if word is None else word

    return convert


def _scaled(point: RegisterPoint) -> Convert | None:
    if point.encoding == "bool" or point.bit is not None:
        return None
    arithmetic = _arithmetic(point)
    low, high = point.plausible or (float("-inf"), float("inf"))
    invalid = frozenset(point.invalid)
    if arithmetic is None and not invalid and point.plausible is None:
        return None
    divided = _divided_by(point)
    if divided is not None:
        return _divided(*divided)

    def convert(raw: Raw) -> Value | Bad:
        if raw in invalid:
            return Bad(Quality.BAD)
        value = raw if arithmetic is None else arithmetic(raw)
        if value is None:
            return Bad(Quality.BAD)
        return value if low <= value <= high else Bad(Quality.IMPLAUSIBLE, value)

    return convert


def _divided(divisor: int, low: float, high: float) -> Convert:
    """Return what most registers of most products need, in one step."""

    def divided(raw: Raw) -> Value | Bad:
        value = raw / divisor
        return value if low <= value <= high else Bad(Quality.IMPLAUSIBLE, value)

    return divided


def _divided_by(point: RegisterPoint) -> tuple[int, float, float] | None:
    """Return divisor and span of a point of which nothing else is to be known, ``None`` for any other."""
    divisor = _divisor(point)
    plain = point.bit is None and point.negative_from is None and point.encoding not in ("bool", "hex64")
    if divisor is None or point.words or point.invalid or not plain:
        return None
    return divisor, *(point.plausible or (float("-inf"), float("inf")))


def _divisor(point: RegisterPoint) -> int | None:
    """Return the whole number that an integer is divided by where its scale is a part of one, as tenths are."""
    if point.encoding == "f32" or point.offset or not point.scale or point.scale.is_integer():
        return None
    parts = round(1 / point.scale)
    return parts if abs(1 / point.scale - parts) < 1e-9 * abs(parts) else None


def _arithmetic(point: RegisterPoint) -> Arithmetic | None:
    """Return the way from a raw number to the point's unit, ``None`` where they are the same."""
    scaled, start = _linear(point), point.negative_from
    if start is None:
        return scaled
    if scaled is None:
        return lambda raw: raw if raw < start else start - raw
    return lambda raw: scaled(raw if raw < start else start - raw)


def _linear(point: RegisterPoint) -> Arithmetic | None:
    """Return ``raw * scale + offset`` as exact as the device meant it: 3 tenths are 0.3, not 0.30000000000000004."""
    scale, offset = point.scale, point.offset
    if point.encoding == "f32":
        return lambda raw: float(f"{raw * scale + offset:.7g}") if isfinite(raw * scale + offset) else None
    if scale == 1 and offset == 0:
        return None
    if scale.is_integer() and offset.is_integer():
        factor, shift = int(scale), int(offset)
        return lambda raw: int(raw) * factor + shift
    divisor = _divisor(point)
    if divisor is not None:
        return lambda raw: raw / divisor
    return lambda raw: round(raw * scale + offset, 9) if isfinite(raw * scale + offset) else None


def fill_level(empty: float, full: float) -> Callable[[Value], Value | Bad]:
    """Return percent full, one decimal, from a distance downwards; equal distances give no value."""

    def level(distance: Value) -> Value | Bad:
        if not isinstance(distance, int | float) or empty == full:
            return Bad(Quality.MISCONFIGURED)
        return round(min(100.0, max(0.0, 100.0 * (empty - distance) / (empty - full))), 1)

    return level


class StateMachine:
    """A state concluded from other points, remembering the last one it could conclude.

    ``slots`` says where each source stands in the values; cases that name a source the device lacks never hold.
    """

    def __init__(self, point: StatePoint, slots: dict[str, int]) -> None:
        self._cases: list[tuple[list[tuple[int, Scalar]], str]] = [
            ([(slots[key], wanted) for key, wanted in case.when.items()], case.value)
            for case in point.cases
            if slots.keys() >= case.when.keys()
        ]
        self.sources = tuple(sorted({slot for when, _ in self._cases for slot, _ in when}))
        self._after = point.after
        self._otherwise = point.otherwise

    def conclude(self, values: Sequence[Value], qualities: Sequence[int], last: str | None) -> "str | Bad":
        """Return the state, or ``Bad`` with the worst source's quality when a source cannot be used."""
        worst = max((qualities[slot] for slot in self.sources), default=Quality.GOOD)
        if worst > Quality.UNCERTAIN:
            return Bad(worst, self._otherwise)
        for when, state in self._cases:
            if all(values[slot] == wanted for slot, wanted in when):
                return state
        return self._after.get(last, self._otherwise) if last is not None else self._otherwise
