"""Numbers as medical devices write them (IEEE 11073-20601): SFLOAT of 16 bits, FLOAT of 32, decimal exponents."""

from typing import Final

_SFLOAT_SPECIAL: Final = frozenset((0x07FF, 0x0800, 0x07FE, 0x0802, 0x0801))
_FLOAT_SPECIAL: Final = frozenset((0x007FFFFF, 0x00800000, 0x007FFFFE, 0x00800002, 0x00800001))
"""NaN, "not at this resolution", plus and minus infinity, and what is reserved: none of them is a value."""


def sfloat(raw: int) -> float | None:
    """Return what the 16 bits of ``raw`` mean: a mantissa of 12 bits times ten to an exponent of 4, both signed."""
    if raw & 0x0FFF in _SFLOAT_SPECIAL and raw >> 12 == 0:
        return None
    return _number(_signed(raw & 0x0FFF, 12), _signed(raw >> 12, 4))


def float32(raw: int) -> float | None:
    """Return what the 32 bits of ``raw`` mean: a mantissa of 24 bits times ten to an exponent of 8, both signed."""
    if raw & 0x00FFFFFF in _FLOAT_SPECIAL and raw >> 24 == 0:
        return None
    return _number(_signed(raw & 0x00FFFFFF, 24), _signed(raw >> 24, 8))


def _signed(raw: int, bits: int) -> int:
    return raw - (1 << bits) if raw >> (bits - 1) else raw


def _number(mantissa: int, exponent: int) -> float:
    # a division is rounded once, so that 364 / 10 is 36.4; a multiplication by 0.1 would not be
    return mantissa / 10**-exponent if exponent < 0 else float(mantissa * 10**exponent)
