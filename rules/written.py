"""A condition's tree as text again, term by term, as a technician would write it."""

from config.duration import format_duration
from config.terms import (
    Absent,
    Absolute,
    And,
    Bad,
    Becomes,
    Between,
    Compare,
    Count,
    Happened,
    Holds,
    In,
    InList,
    Literal,
    Measure,
    Node,
    Not,
    Or,
    Point,
    Recent,
    Reported,
    Scaled,
    Setting,
    Signal,
    Span,
    Stale,
    UsualCount,
    Without,
)

_SCOPES = {"device": "", "place": " in same place", "building": " in same building", "gateway": " on this gateway"}


def write(node: Node) -> str:
    """Return the text of ``node``."""
    match node:
        case Compare(op, left, right):
            return f"{write(left)} {op} {write(right)}"
        case In(left, values):
            return f"{write(left)} in ({', '.join(map(write, values))})"
        case InList(left, name):
            return f"{write(left)} in list {name}"
        case Recent(signal, within):
            return f"event {write(signal)} within {format_duration(within)}"
        case Absent(signal, window):
            return f"absent({write(signal)}, {format_duration(window)})"
        case Without(signal, others, within):
            excuses = (write(one) + (" on this device" if one.scope == "device" else "") for one in others)
            return f"{write(signal)} without ({' or '.join(excuses)}) within {format_duration(within)}"
        case Between(term, spans):
            return f"{write(term)} between {write_spans(spans)}"
        case Not(term):
            return f"not {_bracketed(term)}"
        case And(terms):
            return " and ".join(map(_bracketed, terms))
        case Or(terms):
            return " or ".join(map(_bracketed, terms))
        case _:
            return _part(node)


def write_spans(spans: tuple[Span | str, ...]) -> str:
    """Return the text of daily spans and schedules."""
    return ", ".join(one if isinstance(one, str) else write(one) for one in spans)


def _part(node: Node) -> str:
    match node:
        case Point(name) | Reported(name):
            return name
        case Literal(value):
            return (
                str(value).lower() if isinstance(value, bool) else f"{value:g}" if type(value) is float else str(value)
            )
        case Setting(name):
            return f"setting({name})"
        case Span(start, end):
            return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
        case Measure(what, point, window):
            width = (
                "" if window is None else f", {write(window) if isinstance(window, Span) else format_duration(window)}"
            )
            return f"{what}({write(point)}{width})"
        case Count(signal, window):
            return f"count({write(signal)}, {format_duration(window)})"
        case UsualCount(signal):
            return f"usual_count({write(signal)})"
        case Absolute(of):
            return f"abs({write(of)})"
        case Scaled(factor, of):
            return f"{factor:g} * {write(of)}"
        case Stale(point):
            return f"stale({write(point)})"
        case Bad(point):
            return f"bad({write(point)})"
        case Signal(what, scope):
            return write(what) + _SCOPES[scope]
        case Happened(event, where):
            return event if where is None else f"{event}({write(where)})"
        case Becomes(point, value):
            return f"{write(point)} -> {write(value)}"
        case Holds(condition):
            return write(condition)
    raise NotImplementedError(type(node).__name__)


def _bracketed(node: Node) -> str:
    return f"({write(node)})" if isinstance(node, And | Or | Not | Between | Without) else write(node)
