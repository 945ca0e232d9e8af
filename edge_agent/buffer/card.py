"""The memory card's life as a budget: what this process makes it write, for how long that can go on, and what to do."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DAY_S = 86_400.0
YEAR_DAYS = 365.0

SAMPLE_S = 900.0
"""How often the day that slides along moves on."""

JUDGE_S = 3600.0
"""The commit interval is widened or narrowed no more often than this, by what the last such time has shown."""

KNOWN_S = 600.0
"""After a start so much must have gone by before its rate says anything: opening files is no pace."""

_NARROW_BELOW = 0.4  # half the interval can double what is written, and that must still be within the budget


@dataclass(frozen=True, slots=True)
class CardLife:
    """``written`` bytes in ``seconds``, in all runs that this buffer remembers; ``per_day`` at the present pace (0: not
    known yet), allowed ``budget_per_day``; ``years`` that a new card would last at that pace (0: not known yet).
    Commits of readings are to be ``flush_s`` apart.
    """

    written: int = 0
    seconds: int = 0
    per_day: int = 0
    budget_per_day: int = 0
    years: float = 0.0
    flush_s: float = 0.0

    @property
    def over(self) -> bool:
        """Whether more is written than the card can bear for as long as it has to last."""
        return self.per_day > self.budget_per_day > 0


class Card:
    """Watches one process's writing and says how long its commits should be apart.

    ``written`` returns the bytes that this process caused to be written since it began (``None``: nobody counts them),
    ``monotonic`` seconds; ``before`` are the bytes and seconds of earlier runs. Lent, so that a test's day is short.
    """

    def __init__(
        self,
        endurance_bytes: int,
        years: float,
        flush_s: float,
        *,
        monotonic: Callable[[], float],
        written: Callable[[], int | None] | None = None,
        before: tuple[int, int] = (0, 0),
        widest_s: float = 60.0,
    ) -> None:
        self._endurance, self._budget = endurance_bytes, endurance_bytes / (years * YEAR_DAYS)
        self._narrowest, self._widest, self._before = flush_s, max(widest_s, flush_s), before
        self._written, self._monotonic = written or written_by_this_process, monotonic
        self.flush_s = flush_s
        """How long readings should wait for their commit now."""
        self._started = self._judged = monotonic()
        first = self._written()
        self._first = first or 0
        self._samples = deque([(self._started, self._first)] if first is not None else [])
        self._at_judging = self._first
        self.life = CardLife(*before, budget_per_day=round(self._budget), flush_s=flush_s)
        """As of the last ``look``."""

    def look(self) -> CardLife:
        """Measure, judge if it is time to, and return how it stands; meant for every commit (some microseconds)."""
        found, now = self._written(), self._monotonic()
        if found is None:
            return self.life
        if not self._samples or now - self._samples[-1][0] >= SAMPLE_S:
            self._samples.append((now, found))
            while now - self._samples[0][0] > DAY_S and len(self._samples) > 1:
                self._samples.popleft()
        if now - self._judged >= JUDGE_S:
            self._judge(found, now)
        total = self._before[0] + found - self._first
        seconds = self._before[1] + round(now - self._started)
        per_day = self._per_day(found, now)
        if per_day is None:
            per_day = total / seconds * DAY_S if seconds >= KNOWN_S else 0.0
        years = self._endurance / (per_day * YEAR_DAYS) if per_day else 0.0
        self.life = CardLife(total, seconds, round(per_day), round(self._budget), round(years, 2), self.flush_s)
        return self.life

    def _per_day(self, found: int, now: float) -> float | None:
        since, at_first = self._samples[0]
        return (found - at_first) / (now - since) * DAY_S if now - since >= KNOWN_S else None

    def _judge(self, found: int, now: float) -> None:
        lately = (found - self._at_judging) / (now - self._judged) * DAY_S
        if lately > self._budget and (self._per_day(found, now) or lately) > self._budget:
            self.flush_s = min(self.flush_s * 2, self._widest)
        elif lately < self._budget * _NARROW_BELOW:
            self.flush_s = max(self.flush_s / 2, self._narrowest)
        self._judged, self._at_judging = now, found


def written_by_this_process(io: Path = Path("/proc/self/io")) -> int | None:
    """Return the bytes that this process caused to be sent to storage, ``None`` where the kernel does not count them.

    The kernel counts what is made dirty in its cache, so what is written over before it got out counts twice, and what
    the file system writes for itself does not count.
    """
    try:
        for line in io.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "write_bytes":
                return int(value)
    except (OSError, ValueError):
        return None
    return None
