"""Data that a profile lays out itself, field by field: how any pendant is read without a line of code."""

from collections.abc import Callable, Mapping
from typing import Final

from config.bluetooth import Field, Word
from drivers.api.errors import CorruptAnswer
from drivers.ble.decoded import Fields
from wire.reading import Value

_SIZES: Final = {"u8": 1, "i8": 1, "u16": 2, "i16": 2, "u24": 3, "u32": 4, "i32": 4, "fixed88": 2, "address": 6}
_SIGNED: Final = frozenset(("i8", "i16", "i32", "fixed88"))
_LONGEST_TEXT: Final = 200


class FieldMap:
    """A layout made ready. It keeps nothing from one payload to the next."""

    def __init__(self, layout: Mapping[str, Field]) -> None:
        self._steps = [
            (name, field, _SIZES.get(field.type, field.length), _reader(field), bool(field.only_if or field.unless))
            for name, field in layout.items()
        ]

    def decode(self, data: bytes) -> Fields:
        """Return every field that is there, in order; ``CorruptAnswer`` where ``data`` ends before one does."""
        found: dict[str, Value] = {}
        behind, whole = 0, len(data)
        for name, field, size, read, conditional in self._steps:
            if conditional and not _is_there(field, found):
                continue
            at = field.at
            start = behind if at == "next" else at if at >= 0 else whole + at
            behind = start + size if size else whole
            if start < 0 or behind > whole or (not size and start > whole):
                raise CorruptAnswer(f"{whole} bytes do not reach {name}")
            found[name] = read(data[start:behind])
        return found


def _is_there(field: Field, found: Mapping[str, Value]) -> bool:
    met = all(_equals(found.get(name), word) for name, word in field.only_if.items())
    return met and not any(_equals(found.get(name), word) for name, word in field.unless.items())


def _equals(value: Value, word: Word) -> bool:
    return value is not None and value == word


def _reader(field: Field) -> Callable[[bytes], Value]:
    match field.type:
        case "hex":
            return lambda data: data.hex()
        case "text":
            return _text
        case "address":
            step = -1 if field.order == "little" else 1
            return lambda data: data[::step].hex(":").upper()
    return _number(field)


def _text(data: bytes) -> str | None:
    try:
        return data.decode().rstrip("\0")[:_LONGEST_TEXT]
    except UnicodeDecodeError:
        return None


def _number(field: Field) -> Callable[[bytes], Value]:
    order, signed, invalid, mask = field.order, field.type in _SIGNED, frozenset(field.invalid), field.mask
    shift = 0 if mask is None else (mask & -mask).bit_length() - 1
    scale, offset, decimals = field.scale / (256 if field.type == "fixed88" else 1), field.offset, field.decimals
    scaled = scale != 1.0 or offset != 0.0 or decimals is not None

    def read(data: bytes) -> Value:
        raw = int.from_bytes(data, order, signed=signed)
        if mask is not None:
            raw = (raw & mask) >> shift
        if raw in invalid:
            return None
        if not scaled:
            return raw
        return float(f"{raw * scale + offset:.12g}") if decimals is None else round(raw * scale + offset, decimals)

    return read
