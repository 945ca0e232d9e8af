"""How long a device may be silent before it is out of reach: learned from how often it is heard. Pure."""

from typing import Final

LEARNED_FROM: Final = 16
"""So many gaps between advertisements tell a device's pace."""

WOBBLE_S: Final = 5.0
"""Heard so much later than ever before is still in time."""

SHORTEST_S: Final = 60.0
"""Nobody is out of reach sooner: people walk around corners, and radios are busy with others."""

UNKNOWN_S: Final = 195.0
"""What a device may be silent for whose pace is not known yet; BlueZ itself forgets it after three minutes."""

REMEMBERED_S: Final = 3600.0
"""A gap counts until the end of the next such period: a minute of fast advertising does not make a slow device fast."""

_SAME_S: Final = 0.05
"""What is heard in the same breath, by two receivers or on three channels, is one advertisement."""


class Freshness:
    """One device's pace; times are monotonic seconds."""

    def __init__(self) -> None:
        self.last: float | None = None
        self._known = 0
        self._longest, self._before = 0.0, 0.0
        self._until = 0.0

    def heard(self, now: float) -> None:
        """Learn from an advertisement that was heard at ``now``. A device that was out of reach begins anew: its
        absence was no part of its pace.
        """
        last = self.last
        if last is None or self.is_stale(now):
            self.last = now
            return
        gap = now - last
        if gap < _SAME_S:
            return
        self.last = now
        self._known += 1
        if now >= self._until:
            self._before, self._longest, self._until = self._longest, 0.0, now + REMEMBERED_S
        if gap > self._longest:
            self._longest = gap

    def touched(self, now: float) -> None:
        """Learn that the device is there by other means than an advertisement, which says nothing of its pace."""
        self.last = now

    @property
    def usual_s(self) -> float | None:
        """The longest gap that is remembered, ``None`` while too few are known."""
        return max(self._longest, self._before) if self._known >= LEARNED_FROM else None

    def allowed_s(self) -> float:
        """Return how long it may be silent."""
        usual_s = self.usual_s
        return UNKNOWN_S if usual_s is None else max(SHORTEST_S, usual_s + WOBBLE_S)

    def is_stale(self, now: float) -> bool:
        """Tell whether it has been silent for longer than that; never while it was not heard at all."""
        return self.last is not None and now - self.last > self.allowed_s()
