"""Numbers as health devices write them: the two small floats of IEEE 11073, and the moment of a measurement."""

from datetime import UTC, datetime
from typing import Final

SFLOAT_NAN: Final[bytes] = bytes.fromhex("FF07")
FLOAT_NAN: Final[bytes] = bytes.fromhex("FFFF7F00")


def sfloat(value: float | None, decimals: int = 0) -> bytes:
    """Return the 16-bit form with so many decimals; ``None`` is "not a number"; ``ValueError`` if too large."""
    if value is None:
        return SFLOAT_NAN
    mantissa: int = round(value * 10**decimals)
    if not -2045 <= mantissa <= 2045 or not 0 <= decimals <= 8:
        raise ValueError(f"{value} with {decimals} decimals is no SFLOAT")
    return ((-decimals & 0xF) << 12 | mantissa & 0xFFF).to_bytes(2, "little")


def medical_float(value: float | None, decimals: int = 1) -> bytes:
    """Return the 32-bit form with so many decimals; ``None`` is "not a number"."""
    if value is None:
        return FLOAT_NAN
    mantissa: int = round(value * 10**decimals)
    return (mantissa & 0xFFFFFF).to_bytes(3, "little") + (-decimals & 0xFF).to_bytes(1, "little")


def date_time(at: int) -> bytes:
    """Return the seven bytes of ``at`` (µs since the epoch), by this machine's local clock, as a device's shows it."""
    moment = datetime.fromtimestamp(at / 1e6, UTC).astimezone()
    rest = (moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return moment.year.to_bytes(2, "little") + bytes(rest)
