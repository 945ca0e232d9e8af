"""What a rule remembers of things that happen: how often, how long ago, with or without others. All in little memory.

Every term writes one figure or verdict into its device's values and says when that may change by itself (``due``).
"""

from array import array
from bisect import bisect_right, insort
from collections.abc import Mapping
from typing import Final

from rules.watch import NEVER
from rules.windows import Saved
from wire.reading import Value

KEPT: Final = 64
"""So many occurrences are told apart."""

SETTLE_US: Final = 2_000_000
"""What excuses an occurrence may come so much later: devices are not asked at the same moment."""

HOLD_US: Final = 300_000_000
"""An occurrence without its excuse counts for so long."""

_PARTS: Final = 32
_NOTHING: Final[Mapping[str, Value]] = {}


class Occurrences:
    """How often something came in the last ``width`` µs: the newest exactly, those before by parts of the window."""

    __slots__ = ("_parts", "_step", "_times", "_width", "due", "fields")

    def __init__(self, width: int) -> None:
        self._width, self._step = width, max(1, width // _PARTS)
        self._times = array("q")
        self._parts: dict[int, int] = {}
        self.due = NEVER
        self.fields: Mapping[str, Value] = _NOTHING

    def occur(self, at: int, fields: Mapping[str, Value] = _NOTHING) -> None:
        """It came at ``at``."""
        self.fields = fields
        self._times.insert(bisect_right(self._times, at), at)
        if len(self._times) > KEPT:
            part = self._times.pop(0) // self._step
            self._parts[part] = self._parts.get(part, 0) + 1

    def verdict(self, at: int) -> Value:
        """Return how often it came, and set ``due``."""
        begins = at - self._width
        for old in [part for part in self._parts if (part + 1) * self._step <= begins]:
            del self._parts[old]
        del self._times[: bisect_right(self._times, begins)]
        if self._parts:
            self.due = (min(self._parts) + 1) * self._step + self._width
        else:
            self.due = self._times[0] + self._width if self._times else NEVER
        return len(self._times) + sum(self._parts.values())

    def begin(self, at: int) -> None:
        """Nothing to do: what never came is counted none."""

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set."""
        self._times = array("q", (each + delta for each in self._times))
        self._parts = {part + round(delta / self._step): count for part, count in self._parts.items()}

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (list(self._times), list(self._parts.items()))

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        times, parts = saved
        self._times = array("q", sorted(times)[-KEPT:])
        self._parts = {int(part): int(count) for part, count in parts}


class Recently:
    """Whether it came in the last ``width`` µs."""

    __slots__ = ("_last", "_width", "due", "fields")

    def __init__(self, width: int) -> None:
        self._width, self._last, self.due = width, -NEVER, NEVER
        self.fields: Mapping[str, Value] = _NOTHING

    def occur(self, at: int, fields: Mapping[str, Value] = _NOTHING) -> None:
        """It came at ``at``."""
        if at >= self._last:
            self._last, self.fields = at, fields

    def verdict(self, at: int) -> Value:
        """Return whether it is recent, and set ``due``."""
        recent = at < self._last + self._width
        self.due = self._last + self._width if recent else NEVER
        return recent

    def begin(self, at: int) -> None:
        """Nothing to do: what never came is not recent."""

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set."""
        self._last += delta

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (self._last,)

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        self._last = int(saved[0])


class Absence:
    """Whether ``width`` µs passed without it. ``holding``: it is still so, and the time begins when it ends."""

    __slots__ = ("_holding", "_last", "_width", "due", "fields")

    def __init__(self, width: int) -> None:
        self._width, self._last, self._holding, self.due = width, -NEVER, False, NEVER
        self.fields: Mapping[str, Value] = _NOTHING

    def occur(self, at: int, fields: Mapping[str, Value] = _NOTHING) -> None:
        """It came at ``at``, or was still so."""
        self._last = max(self._last, at)

    def hold(self, at: int, holding: bool) -> None:
        """It is so, or not so (any more), at ``at``."""
        if holding or self._holding:
            self._last = max(self._last, at)
        self._holding = holding

    def verdict(self, at: int) -> Value:
        """Return whether it is long ago (``None`` before ``begin``), and set ``due``."""
        if self._holding or self._last == -NEVER:
            self.due = NEVER
            return False if self._holding else None
        absent = at >= self._last + self._width
        self.due = NEVER if absent else self._last + self._width
        return absent

    def begin(self, at: int) -> None:
        """Count from ``at`` where nothing was counted from before."""
        if self._last == -NEVER:
            self._last = at

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set."""
        if self._last != -NEVER:
            self._last += delta

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (self._last, self._holding)

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; the ``away`` µs in which nobody could have noticed do not count. ``ValueError`` or
        ``TypeError`` for anything else.
        """
        last, holding = saved
        self._last = -NEVER if last == -NEVER else int(last) + away
        self._holding = bool(holding)


class Unexcused:
    """Whether it came, and none of what excuses it from ``within`` µs before to two seconds after, or all the time."""

    __slots__ = ("_excuses", "_fired", "_holding", "_open", "_within", "due", "fields")

    def __init__(self, within: int) -> None:
        self._within, self._fired, self.due = within, -NEVER, NEVER
        self._open: list[int] = []
        self._excuses: list[int] = []
        self._holding: set[str] = set()
        self.fields: Mapping[str, Value] = _NOTHING

    def occur(self, at: int, fields: Mapping[str, Value] = _NOTHING) -> None:
        """It came at ``at``."""
        self.fields = fields
        if not self._holding and not any(self._excused(at, excuse) for excuse in self._excuses):
            insort(self._open, at)
            del self._open[KEPT:]

    def excuse(self, at: int, source: str = "", *, holding: bool = False) -> None:
        """What excuses it came at ``at``, or began (``holding``) or ceased to be so at a ``source``."""
        self._open = [each for each in self._open if not self._excused(each, at)]
        insort(self._excuses, at)
        del self._excuses[:-KEPT]
        if holding:
            self._holding.add(source)
        else:
            self._holding.discard(source)

    def verdict(self, at: int) -> Value:
        """Return whether one is unexcused, and set ``due``."""
        while self._open and self._open[0] + SETTLE_US <= at:
            self._fired = max(self._fired, self._open.pop(0) + SETTLE_US)
        ends = self._fired + HOLD_US
        self.due = min(self._open[0] + SETTLE_US if self._open else NEVER, ends if at < ends else NEVER)
        return at < ends

    def begin(self, at: int) -> None:
        """Nothing to do: what never came needs no excuse."""

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set."""
        self._fired += delta
        self._open = [each + delta for each in self._open]
        self._excuses = [each + delta for each in self._excuses]

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (self._fired, list(self._open), list(self._excuses), sorted(self._holding))

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        fired, waiting, excuses, holding = saved
        self._fired = int(fired)
        self._open = sorted(int(each) for each in waiting)
        self._excuses = sorted(int(each) for each in excuses)
        self._holding = {str(each) for each in holding}

    def _excused(self, at: int, excuse: int) -> bool:
        return at - self._within <= excuse <= at + SETTLE_US
