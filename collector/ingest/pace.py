"""Paces the backlog: after an outage of a whole district each gateway gets its turn, and nobody's live data waits.

One virtual queue in bytes. What a gateway is granted is booked behind what others were granted, at the pace that the
store was measured to take, less what live uploads need; the wait until its turn is told in the receipts.
"""

from dataclasses import dataclass
from random import Random

from runtime.clock import Clock

CYCLE_S = 15.0
"""Every gateway that has a backlog should come to its turn about so often."""

LEAST_CREDIT = 64 * 1024
MOST_CREDIT = 1024 * 1024
"""Bytes of bodies in one upload; a gateway always may send one chunk, whatever its size."""

LONGEST_WAIT_S = 300.0
"""No gateway is told to wait longer; it is told again."""

SHARE = 0.8
"""The part of the store's time that live uploads and backlog may take together."""

LEAST_SHARE = 0.3
"""The part that the backlog has at least, or it would never end."""

FORGET_S = 120.0
"""A gateway that did not come for its turn by then has none."""

FIRST_PACE = 256 * 1024.0
"""Bytes a second that the store is thought to take before it was measured."""

_EARLY_S = 0.5
_TELLING_BYTES = 4 * 1024
_WINDOW_S = 10.0


@dataclass(frozen=True, slots=True)
class Grant:
    """A gateway's next turn: in ``wait_s`` seconds it may send ``credit`` bytes of history."""

    wait_s: float
    credit: int


class Pace:
    """The turns of all gateways' backlogs at one collector."""

    def __init__(self, clock: Clock, seed: int | None = None) -> None:
        self._clock, self._random = clock, Random(seed)
        self._bytes_per_s = FIRST_PACE
        self._free_at = 0.0
        self._turns: dict[str, float] = {}
        self._live_s, self._live_since = 0.0, clock.monotonic()

    @property
    def behind(self) -> int:
        """How many gateways have a turn booked or had one lately."""
        self._forget(self._clock.monotonic())
        return len(self._turns)

    @property
    def backlog_pace(self) -> float:
        """Bytes a second that are handed out to the backlog now."""
        return self._bytes_per_s * max(LEAST_SHARE, SHARE - self._live_part())

    def measured(self, size: int, busy_s: float, *, live: bool) -> None:
        """Learn from one commit: ``size`` bytes of bodies took the store ``busy_s`` seconds."""
        if live:
            self._live_s += busy_s
        if size < _TELLING_BYTES or busy_s <= 0:
            return  # the fixed cost of a commit says nothing about a full one
        self._bytes_per_s += 0.3 * (size / busy_s - self._bytes_per_s)

    def admits(self, gateway: str, size: int) -> bool:
        """Tell whether ``size`` bytes of a gateway's backlog may be stored now: its turn has come, or nobody waits.

        Then ``grant`` books the next turn.
        """
        now = self._clock.monotonic()
        turn = self._turns.get(gateway)
        if turn is not None and turn > now + _EARLY_S:
            return False
        if turn is None:
            if self._free_at > now + _EARLY_S:
                return False
            self._turns[gateway] = now
            self._free_at = max(now, self._free_at) + size / self.backlog_pace
        return True

    def grant(self, gateway: str) -> Grant:
        """Return a gateway's next turn: the one it was told already while that lies ahead, else a new one."""
        now = self._clock.monotonic()
        self._forget(now)
        turn = self._turns.get(gateway)
        credit = self._credit()
        if turn is None or turn <= now + _EARLY_S:
            turn = max(now, self._free_at)
            self._free_at = turn + credit / self.backlog_pace
            self._turns[gateway] = turn
        wait_s = turn - now
        if wait_s > LONGEST_WAIT_S:  # asks again before its turn, and not all at once
            wait_s = LONGEST_WAIT_S * self._random.uniform(0.8, 1.0)
        return Grant(round(wait_s, 3), credit)

    def _credit(self) -> int:
        fair = self.backlog_pace * CYCLE_S / max(1, len(self._turns))
        return int(min(max(fair, LEAST_CREDIT), MOST_CREDIT))

    def _live_part(self) -> float:
        now = self._clock.monotonic()
        passed = now - self._live_since
        part = min(1.0, self._live_s / max(passed, 1.0))
        if passed > _WINDOW_S:
            self._live_s, self._live_since = part * _WINDOW_S / 2, now - _WINDOW_S / 2
        return part

    def _forget(self, now: float) -> None:
        gone = [gateway for gateway, turn in self._turns.items() if turn < now - FORGET_S]
        for gateway in gone:
            del self._turns[gateway]
