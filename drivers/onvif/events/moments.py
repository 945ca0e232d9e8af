"""When it was by the camera's own clock, and how far that can be believed: cameras live in 1970 and in wrong zones."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

AHEAD_US: Final = 5_000_000
BEHIND_US: Final = 60_000_000
"""A clock that is further from the time of receipt than these is said to be far."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER_BEFORE_US: Final = 1_577_836_800_000_000
_LONGEST: Final = 40


class Belief(StrEnum):
    """How far a camera's time is to be believed."""

    NEAR = "near"
    """With a zone, and about when it was received."""
    FAR = "far"
    """With a zone, but the clock is wrong or the message is late."""
    ZONELESS = "zoneless"
    """Nobody says in which zone; ``at`` takes it for UTC."""
    IMPOSSIBLE = "impossible"
    """Before 2020: a clock that was never set."""
    UNSAID = "unsaid"
    """No time, or none that can be read."""


class Moment(NamedTuple):
    """``at``: µs since the epoch by the camera, ``None`` where unsaid; ``offset_s``: that less the time of receipt."""

    at: int | None
    belief: Belief
    offset_s: float | None


def moment(written: str, zoned: bool, received: int) -> Moment:
    """Return when it was by ``written`` (ISO 8601, or Unix seconds); ``received`` in µs. Never raises."""
    at, has_zone = _read(written.strip())
    if at is None:
        return Moment(None, Belief.UNSAID, None)
    off = at - received
    if at < _NEVER_BEFORE_US:
        belief = Belief.IMPOSSIBLE
    elif not (zoned and has_zone):
        belief = Belief.ZONELESS
    else:
        belief = Belief.NEAR if -BEHIND_US <= off <= AHEAD_US else Belief.FAR
    return Moment(at, belief, off / 1e6)


def _read(text: str) -> tuple[int | None, bool]:
    if not text or len(text) > _LONGEST:
        return None, False
    if text.isascii() and text.isdigit():
        return (int(text) * 1_000_000 if len(text) <= 11 else None), True
    try:
        read = datetime.fromisoformat(text)
        zoned = read.tzinfo is not None
        return ((read if zoned else read.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1), zoned
    except (ValueError, OverflowError):
        return None, False
