"""Terms that take a point's values or the wall clock: windows, daily spans, the day's baseline, schedules."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from config.terms import MeasureName, Span
from rules.percentile import Percentile
from rules.signals import Occurrences
from rules.usual import Usual
from rules.wallclock import WallClock
from rules.watch import NEVER
from rules.windows import Change, Least, Mean, Saved, Window
from wire.reading import Value

_WINDOWS: Final[dict[MeasureName, Callable[[int], Window]]] = {
    "delta": Change,
    "rate": lambda width: Change(width, hourly=True),
    "min": Least,
    "max": lambda width: Least(width, sign=-1),
    "mean": Mean,
    "p95": Percentile,
}
_PARTS: Final[dict[MeasureName, float]] = {"mean": 0.25, "p95": 0.25}
_WHOLE: Final = 0.95
_DAY_US: Final = 86_400_000_000
_INF: Final = float("inf")
_FIELDS: Final[Mapping[str, Value]] = {}


class WindowTerm:
    """A measure over a window that moves along; an ``eager`` one has a figure as soon as there is a value. It has none
    while it is ``blind``: the point's newest reading is not usable.
    """

    __slots__ = ("_part", "_window", "blind", "due")
    fields = _FIELDS

    def __init__(self, what: MeasureName, width: int, *, eager: bool) -> None:
        self._window, self._part, self.due = _WINDOWS[what](width), 0.0 if eager else _PARTS.get(what, _WHOLE), NEVER
        self.blind = False

    def add(self, at: int, value: float) -> None:
        """Take the point's value at ``at``."""
        self._window.add(at, value)

    def verdict(self, at: int) -> Value:
        """Return the figure, and set ``due``."""
        figure = self._window.figure(at, self._part)
        full, due = self._window.full_at(self._part), self._window.due(at)
        self.due = min(due if due > at else at + 1, full if full > at else NEVER)
        return None if self.blind else figure

    def begin(self, at: int) -> None:
        """Nothing to do: a window begins with its first value."""

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set."""
        self._window.shift(delta)

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return self._window.save()

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        self._window.recall(saved)


class SpanTerm:
    """A measure over a daily span: its figure is there from the span's end until the next one begins. A span in which
    the point was ``blind``, not readable at the end of it, has none.
    """

    __slots__ = (
        "_clock",
        "_count",
        "_figure",
        "_first",
        "_last",
        "_least",
        "_most",
        "_running",
        "_span",
        "_sum",
        "_what",
        "blind",
        "due",
    )
    fields = _FIELDS

    def __init__(self, what: MeasureName, span: Span, clock: WallClock) -> None:
        self._what, self._span, self._clock = what, (span,), clock
        self._running, self.blind, self.due = False, False, NEVER
        self._figure: float | None = None
        self._first = self._last = self._sum = 0.0
        self._least, self._most, self._count = _INF, -_INF, 0

    def add(self, at: int, value: float) -> None:
        """Take the point's value at ``at``."""
        self._turn(at)
        if self._running:
            self._first = value if self._count == 0 else self._first
            self._least, self._most = min(self._least, value), max(self._most, value)
            self._last, self._sum, self._count = value, self._sum + value, self._count + 1

    def verdict(self, at: int) -> Value:
        """Return the figure of the last whole span, ``None`` while one runs, and set ``due``."""
        self._turn(at)
        self.due = self._clock.next_edge(self._span, at)
        return None if self._running else self._figure

    def begin(self, at: int) -> None:
        """Know where in the day it is. A span that has begun already is no whole one."""

    def shift(self, delta: int) -> None:
        """Forget what was gathered: the clock was set."""
        self._clear()

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (
            self._running, self._figure, self._first, self._last, self._least, self._most, self._sum, self._count,
        )  # fmt: skip

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        running, figure, *rest, count = saved
        if not isinstance(count, int) or len(rest) != 5:
            raise ValueError("no measure of a span")
        self._figure = None if figure is None else float(figure)
        self._first, self._last, self._least, self._most, self._sum = (float(each) for each in rest)
        self._running, self._count = bool(running), count

    def _turn(self, at: int) -> None:
        running = self._clock.is_on(self._span, at)
        if self._running and not running:
            self._figure = self._whole()
            self._clear()
        elif running and not self._running:
            self._clear()
        self._running = running

    def _whole(self) -> float | None:
        if not self._count or self.blind:
            return None
        match self._what:
            case "min":
                return self._least
            case "max":
                return self._most
            case "mean":
                return self._sum / self._count
            case "p95":
                return self._most
            case _:
                return self._last - self._first

    def _clear(self) -> None:
        self._first = self._last = self._sum = 0.0
        self._least, self._most, self._count = _INF, -_INF, 0


class UsualTerm:
    """What a point usually is at this hour of the day."""

    __slots__ = ("_clock", "_usual", "blind", "due")
    fields = _FIELDS

    def __init__(self, clock: WallClock) -> None:
        self._usual, self._clock, self.blind, self.due = Usual(), clock, False, NEVER

    def add(self, at: int, value: float) -> None:
        """Take the point's value at ``at``."""
        self._usual.add(self._clock.day_and_hour(at), value)

    def verdict(self, at: int) -> Value:
        """Return the baseline of this hour, ``None`` before three days of it are known, and set ``due``."""
        self.due = self._clock.next_hour(at)
        return self._usual.figure(self._clock.day_and_hour(at)[1])

    def begin(self, at: int) -> None:
        """Nothing to do: a baseline grows day by day."""

    def shift(self, delta: int) -> None:
        """Nothing to do: an hour of the day stays what it is."""

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return self._usual.save()

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        self._usual.recall(saved)


class UsualOccurrences:
    """How often something usually comes in 24 hours that end at this hour of the day."""

    __slots__ = ("_clock", "_daily", "_since", "_usual", "due")
    fields = _FIELDS

    def __init__(self, clock: WallClock) -> None:
        self._daily, self._usual, self._clock, self.due = Occurrences(_DAY_US), Usual(), clock, NEVER
        self._since = NEVER

    def occur(self, at: int, fields: Mapping[str, Value] = _FIELDS) -> None:
        """It came at ``at``."""
        self._daily.occur(at)

    def verdict(self, at: int) -> Value:
        """Return the baseline of this hour, ``None`` before three days of it are known, and set ``due``."""
        hour = self._clock.day_and_hour(at)
        if at - self._since >= _DAY_US:
            count = self._daily.verdict(at)
            self._usual.add(hour, float(count or 0))
        self.due = self._clock.next_hour(at)
        return self._usual.figure(hour[1])

    def begin(self, at: int) -> None:
        """Count from ``at`` where nothing was counted from before."""
        self._since = min(self._since, at)

    def shift(self, delta: int) -> None:
        """Move along with a clock that was set."""
        self._daily.shift(delta)
        if self._since != NEVER:
            self._since += delta

    def save(self) -> Saved:
        """Return what ``recall`` takes."""
        return (self._since, self._daily.save(), self._usual.save())

    def recall(self, saved: Saved, away: int) -> None:
        """Be as ``save`` found it; ``ValueError`` or ``TypeError`` for anything else."""
        since, daily, usual = saved
        self._daily.recall(tuple(daily), away)
        self._usual.recall(tuple(usual))
        self._since = int(since)


class ScheduleTerm:
    """Whether daily spans or schedules are on."""

    __slots__ = ("_clock", "_spans", "due")
    fields = _FIELDS

    def __init__(self, spans: Sequence[Span | str], clock: WallClock) -> None:
        self._spans, self._clock, self.due = spans, clock, NEVER

    def verdict(self, at: int) -> Value:
        """Return whether one is on, and set ``due``."""
        self.due = self._clock.next_edge(self._spans, at)
        return self._clock.is_on(self._spans, at)

    def begin(self, at: int) -> None:
        """Nothing to do: the wall clock says it all."""

    def shift(self, delta: int) -> None:
        """Nothing to do: the wall clock says it all."""

    def save(self) -> Saved:
        """Return nothing worth keeping."""
        return ()

    def recall(self, saved: Saved, away: int) -> None:
        """Nothing to do."""
