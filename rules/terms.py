"""Makes what a part of a rule's tree has to remember: a window, a count, a moment, a place in the day."""

from config.terms import Absent, Between, Count, Measure, Node, Recent, Span, UsualCount, Without
from rules.condition import is_eager
from rules.measures import ScheduleTerm, SpanTerm, UsualOccurrences, UsualTerm, WindowTerm
from rules.signals import Absence, Occurrences, Recently, Unexcused
from rules.wallclock import WallClock

Term = (
    WindowTerm | SpanTerm | UsualTerm | UsualOccurrences | ScheduleTerm | Occurrences | Recently | Absence | Unexcused
)


def make_term(node: Node, op: str, clock: WallClock) -> Term:
    """Return a fresh term for ``node``, which stands left of ``op`` (empty where it does not); ``TypeError`` for a node
    that remembers nothing.
    """
    match node:
        case Measure(what="usual"):
            return UsualTerm(clock)
        case Measure(what=what, window=Span() as span):
            return SpanTerm(what, span, clock)
        case Measure(what=what, window=float() | int() as window):
            return WindowTerm(what, _us(window), eager=is_eager(what, op))
        case Count(window=window):
            return Occurrences(_us(window))
        case UsualCount():
            return UsualOccurrences(clock)
        case Recent(within=within):
            return Recently(_us(within))
        case Absent(window=window):
            return Absence(_us(window))
        case Without(within=within):
            return Unexcused(_us(within))
        case Between(spans=spans):
            return ScheduleTerm(spans, clock)
    raise TypeError(f"{type(node).__name__} is no term")


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)
