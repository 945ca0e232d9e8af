"""What devices say about themselves: readings, which travel as batches of one device at one instant."""

from enum import IntEnum
from typing import TypeAlias

from msgspec import Struct

Value: TypeAlias = bool | int | float | str | None
"""A point's value; ``None`` only where the quality is not usable (nothing was obtained)."""


class Quality(IntEnum):
    """How far a value may be believed; one byte on the wire.

    0 good, 1 uncertain, 2 stale, 16..63 bad for a named reason, 64 + n bad because the device refused
    with its protocol's number n (Modbus exception code, DL/T 645 error word, CJ/T 188 status). ``STUCK`` is
    stale for a named reason: the value is old, though it was read. ``NO_VALUE`` is nobody's fault: the device itself
    says that it has none at present (no skin contact, not measuring, NaN).
    """

    GOOD = 0
    UNCERTAIN = 1
    STALE = 2
    BAD = 16
    TIMEOUT = 17
    CORRUPT = 18
    OUT_OF_RANGE = 19
    IMPLAUSIBLE = 20
    STUCK = 21
    OFFLINE = 22
    MISCONFIGURED = 23
    NO_VALUE = 24


_EXCEPTION_BASE = 64


def exception_quality(code: int) -> int:
    """Return the quality byte for the number ``code`` (1..127) with which a device refused."""
    if not 1 <= code <= 127:
        raise ValueError(f"a device's error number is 1..127, not {code}")
    return _EXCEPTION_BASE + code


def is_usable(quality: int) -> bool:
    """Tell whether rules and charts may use a value of this quality (good or uncertain)."""
    return quality <= Quality.UNCERTAIN


def describe_quality(quality: int) -> str:
    """Return ``good``, ``uncertain``, ``stale``, ``stale(stuck)``, ``no_value`` or ``bad(reason)``, for logs."""
    if quality == Quality.STUCK:
        return "stale(stuck)"
    if quality == Quality.NO_VALUE:
        return "no_value"
    if quality < Quality.BAD:
        return Quality(quality).name.lower() if 0 <= quality <= Quality.STALE else f"bad({quality})"
    if quality > _EXCEPTION_BASE:
        return f"bad(exception-{quality - _EXCEPTION_BASE})"
    try:
        reason = Quality(quality)
    except ValueError:
        return f"bad({quality})"
    return "bad" if reason is Quality.BAD else f"bad({reason.name.lower()})"


class Batch(Struct, array_like=True, frozen=True, gc=False):
    """The readings of one device taken at one instant (one poll cycle, one advertisement burst).

    ``at`` is microseconds since the Unix epoch, UTC, by the gateway's clock. ``values[i]`` belongs to
    ``points[i]``; a value is a finite number, a truth value, text, or ``None``. ``quality`` is either
    empty (all good) or one quality byte for each point. Raises ``ValueError`` when the lengths disagree.
    """

    device: str
    at: int
    points: tuple[str, ...]
    values: tuple[Value, ...]
    quality: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.points)
        if len(self.values) != n or (self.quality and len(self.quality) != n):
            raise ValueError("points, values and quality of a batch must have the same length")
