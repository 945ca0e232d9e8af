"""A rule's tree as text again: what is left of a condition when a device cannot say all of it."""

from config.cursor import RESERVED
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
    Expression,
    Happened,
    Holds,
    In,
    InList,
    Literal,
    Measure,
    Not,
    Or,
    Point,
    Quantity,
    Recent,
    Reported,
    Scaled,
    Scope,
    Setting,
    Signal,
    Span,
    Stale,
    UsualCount,
    Without,
)

_SCOPES: dict[Scope, str] = {
    "device": " on this device", "place": " in same place", "building": " in same building",
    "gateway": " on this gateway",
}  # fmt: skip


def text_of(tree: Expression) -> str:
    """Return text that ``config.expression.parse`` reads as ``tree`` again, places aside."""
    match tree:
        case And(terms=terms):
            return " and ".join(_within(term, Or | And) for term in terms)
        case Or(terms=terms):
            return " or ".join(_within(term, Or | Between) for term in terms)
        case Not(term=term):
            return f"not {_within(term, And | Or | Between | Without)}"
        case Between(term=term, spans=spans):
            inside = ", ".join(_span(each) for each in spans)
            return f"{_within(term, And | Or | Between)} between {f'({inside})' if len(spans) > 1 else inside}"
        case Compare(op=op, left=left, right=right):
            return f"{_quantity(left)} {op} {_quantity(right)}"
        case In(left=left, values=values):
            return f"{left.name} in ({', '.join(map(_value, values))})"
        case InList(left=point, list=name):
            return f"{point.name} in list {_word(name)}"
        case Stale(point=point):
            return f"stale({point.name})"
        case Bad(point=point):
            return f"bad({point.name})"
        case Recent(signal=signal, within=window):
            return f"{_event(signal)} within {format_duration(window)}"
        case Absent(signal=signal, window=window):
            return f"absent({_signal(signal)}, {format_duration(window)})"
        case Without(signal=signal, others=others, within=within):
            any_of = " or ".join(_signal(each, "place") for each in others)
            return f"{_signal(signal)} without ({any_of}) within {format_duration(within)}"
    raise TypeError(type(tree).__name__)


def _within(term: Expression, loose: object) -> str:
    text = text_of(term)
    return f"({text})" if isinstance(term, loose) else text  # type: ignore[arg-type]  # a union of classes


def _quantity(quantity: Quantity) -> str:
    match quantity:
        case Point(name=name):
            return name
        case Literal():
            return _value(quantity)
        case Setting(name=name):
            return f"setting({name})"
        case Measure(what="usual", point=point):
            return f"usual({point.name})"
        case Measure(what=what, point=point, window=window):
            return (
                f"{what}({point.name}, {_span(window) if isinstance(window, Span) else format_duration(window or 0)})"
            )
        case Count(signal=signal, window=window):
            return f"count({_signal(signal)}, {format_duration(window)})"
        case UsualCount(signal=signal):
            return f"usual_count({_signal(signal)})"
        case Absolute(of=of):
            return f"abs({_quantity(of)})"
        case Scaled(factor=factor, of=of):
            return f"{factor!r} * {_quantity(of)}"
    raise TypeError(type(quantity).__name__)


def _signal(signal: Signal, default: Scope = "device") -> str:
    scope = "" if signal.scope == default else _SCOPES[signal.scope]
    match signal.what:
        case Reported(word=word):
            return word + scope
        case Happened():
            return _happened(signal.what) + scope
        case Becomes(point=point, value=value):
            return f"{point.name} -> {_value(value)}{scope}"
        case Holds(condition=condition):
            return f"({text_of(condition)}){scope}"
    raise TypeError(type(signal.what).__name__)


def _event(signal: Signal) -> str:
    text = _signal(signal)
    return text if isinstance(signal.what, Happened) and signal.what.where is not None else f"event {text}"


def _happened(happened: Happened) -> str:
    return happened.event if happened.where is None else f"{happened.event}({text_of(happened.where)})"


def _span(span: Span | str) -> str:
    if isinstance(span, str):
        return _word(span)
    return f"{span.start // 60:02}:{span.start % 60:02}-{span.end // 60:02}:{span.end % 60:02}"


def _value(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _word(value) if isinstance(value, str) else repr(value)


def _word(text: str) -> str:
    if text.isidentifier() and text not in ("true", "false") and text not in RESERVED:
        return text
    return f"'{text}'" if "'" not in text else f'"{text}"'
