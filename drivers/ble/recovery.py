"""The ladder by which a deaf radio is brought back: what is done next, when, and how long it gets to show an effect."""

from enum import Enum
from typing import Final, NamedTuple


class Rung(Enum):
    """What can be done, from the mildest on; the value is for people."""

    NEW_SCANNER = "a new scanner"
    POWER_CYCLE = "switching the adapter off and on"
    RESET = "resetting its hardware"


PATIENCE_S: Final = {Rung.NEW_SCANNER: 15.0, Rung.POWER_CYCLE: 20.0, Rung.RESET: 25.0}
"""How long each gets, what it takes itself included: together a minute."""

LONGEST_PAUSE_S: Final = 30.0
"""The longest rest between two rounds."""

RARELY_S: Final = 600.0
"""Where nothing is broken that anybody could see, and nothing heard, what ends connections is done this often."""

_FIRST_PAUSE_S: Final = 5.0
_SELDOM_S: Final = 60.0


class Step(NamedTuple):
    """Do ``rung`` at ``at`` and give it until ``until`` (monotonic seconds)."""

    rung: Rung
    at: float
    until: float


class Ladder:
    """One adapter's. Pure: it is told what time it is."""

    def __init__(self) -> None:
        self._cannot: set[Rung] = set()
        self._step: Step | None = None
        self._hard = False
        self._round = 0
        self._gap_s = _SELDOM_S
        self._hard_from = self._recovered_at = float("-inf")
        self._vain: list[Rung] = []

    @property
    def vain(self) -> tuple[Rung, ...]:
        """What did not help in the last round that was gone through to its end, since the radio became deaf."""
        return tuple(self._vain)

    def cannot(self, rung: Rung) -> None:
        """Leave ``rung`` out from now on: this adapter cannot do it."""
        self._cannot.add(rung)

    def fall(self, now: float) -> Step:
        """Return the first step of a radio that has just become deaf."""
        if now - self._recovered_at >= RARELY_S:
            self._gap_s, self._hard_from = _SELDOM_S, now
        self._round, self._vain = 0, []
        return self._first(now)

    def further(self, now: float, *, well: bool) -> Step:
        """Return the next step, as the last one did not help. ``well``: the stack says that the adapter scans."""
        after = self._next_rung(now, well=well)
        if after is not None:
            self._hard = True
            self._step = Step(after, now, now + PATIENCE_S[after])
            return self._step
        if self._hard:
            self._vain = [rung for rung in Rung if rung not in self._cannot]
            self._gap_s = min(self._gap_s * 2, RARELY_S) if well else _SELDOM_S
            self._hard_from = now + self._gap_s if well else now
        pause_s = min(_FIRST_PAUSE_S * 2**self._round, LONGEST_PAUSE_S)
        self._round = min(self._round + 1, 8)
        return self._first(now + pause_s)

    def recovered(self, now: float) -> None:
        """Take note that the radio hears again."""
        self._recovered_at, self._step = now, None

    def _first(self, at: float) -> Step:
        self._hard = False
        self._step = Step(Rung.NEW_SCANNER, at, at + PATIENCE_S[Rung.NEW_SCANNER])
        return self._step

    def _next_rung(self, now: float, *, well: bool) -> Rung | None:
        """Return what comes after the present rung in this round, ``None`` at its end."""
        if self._step is None or (well and not self._hard and now < self._hard_from):
            return None
        rungs = list(Rung)
        left = rungs[rungs.index(self._step.rung) + 1 :]
        return next((rung for rung in left if rung not in self._cannot), None)
