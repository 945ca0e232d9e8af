"""What a rule's text means, as a typed tree: quantities that are compared, signals that happen, conditions that hold.

The grammar is in ``config/expression.py``, the meaning in ``rules``. Every ``offset`` counts characters of the text.
"""
# long: one tree, read as one

import typing
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeAlias

Word: TypeAlias = bool | int | float | str
Operator: TypeAlias = typing.Literal["==", "!=", "<", "<=", ">", ">="]
MeasureName: TypeAlias = typing.Literal["delta", "rate", "min", "max", "mean", "p95", "usual"]
Scope: TypeAlias = typing.Literal["device", "place", "building", "gateway"]
ReportName: TypeAlias = typing.Literal["any", "bad", "offline", "online"]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the device, by catalogue key; within an event's brackets a field of the event."""

    name: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal: number, ``true``/``false`` or a word (an enum value)."""

    value: Word
    offset: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """``setting(name)``: a number that the device's entry in the gateway file gives."""

    name: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A daily span by the site's wall clock, in minutes since midnight; one that ends before it starts crosses it."""

    start: int
    end: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """What a point did in a ``window`` (seconds back from now, or a daily span); ``usual`` has none."""

    what: MeasureName
    point: Point
    window: float | Span | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How often ``signal`` came in the last ``window`` seconds."""

    signal: "Signal"
    window: float
    offset: int = 0


@dataclass(frozen=True, slots=True)
class UsualCount:
    """How often ``signal`` has usually come by this time of the day."""

    signal: "Signal"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Absolute:
    """``abs(of)``."""

    of: "Quantity"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Scaled:
    """``factor * of``."""

    factor: float
    of: "Quantity"
    offset: int = 0


Quantity: TypeAlias = Point | Literal | Setting | Measure | Count | UsualCount | Absolute | Scaled


@dataclass(frozen=True, slots=True)
class Reported:
    """Something about the device's readings themselves: any came, one of bad quality came, it went off or on line."""

    word: ReportName
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and what its fields must be (the points of ``where`` are the event's fields).

    A name alone in a signal may also be a yes/no point: then this is the moment at which it becomes true. The class
    tells which; one that has both means either.
    """

    event: str
    where: "Expression | None" = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Becomes:
    """``point -> value``: the point had another value and now has this one."""

    point: Point
    value: Literal
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Holds:
    """A condition over points alone: to count it, it becomes true; for its absence, it is true in a reading."""

    condition: "Expression"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """``what`` happens at the device itself, or at any device of its place, its building or its gateway."""

    what: Reported | Happened | Becomes | Holds
    scope: Scope = "device"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``; ``left`` is never a literal: what was written literal-first is turned round."""

    op: Operator
    left: Quantity
    right: Quantity
    offset: int = 0


@dataclass(frozen=True, slots=True)
class In:
    """``left in (values)``; never empty."""

    left: Point
    values: tuple[Literal, ...]
    offset: int = 0


@dataclass(frozen=True, slots=True)
class InList:
    """``left in list name``: one of the site's lists."""

    left: Point
    list: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Stale:
    """``stale(point)``: the point has no usable value (frozen, offline, timeout, out of range ...)."""

    point: Point
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Bad:
    """``bad(point)``: the newest reading of the point is bad, which is more than old."""

    point: Point
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Recent:
    """``event NAME within N``: ``signal`` (an event) happened in the last ``within`` seconds."""

    signal: Signal
    within: float
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Absent:
    """``absent(signal, window)``: so many seconds passed without it."""

    signal: Signal
    window: float
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Without:
    """``signal without (others) within N``: it happened, and none of the others around it."""

    signal: Signal
    others: tuple[Signal, ...]
    within: float
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Between:
    """``term between spans``: only in these daily spans or named schedules; false outside."""

    term: "Expression"
    spans: tuple[Span | str, ...]
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    """``not term``."""

    term: "Expression"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class And:
    """Every term holds; at least two terms."""

    terms: "tuple[Expression, ...]"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Or:
    """Some term holds; at least two terms."""

    terms: "tuple[Expression, ...]"
    offset: int = 0


Expression: TypeAlias = Compare | In | InList | Stale | Bad | Recent | Absent | Without | Between | Not | And | Or
Node: TypeAlias = Expression | Quantity | Signal | Reported | Happened | Becomes | Holds | Span


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything in it, in the order of the text; an event's ``where`` is not gone into."""
    yield node
    for part in parts(node):
        yield from walk(part)


def points(node: Node) -> tuple[str, ...]:
    """Return the names of the device's points in ``node``, in order of appearance, each once."""
    return tuple(dict.fromkeys(each.name for each in walk_points(node)))


def walk_points(node: Node) -> Iterator[Point]:
    """Yield every mention of a point that the device itself must have, in order of appearance."""
    if isinstance(node, Signal) and node.scope != "device":
        return
    if isinstance(node, Point):
        yield node
    for part in parts(node):
        yield from walk_points(part)


def walk_signals(node: Node) -> Iterator[Signal]:
    """Yield every signal, in order of appearance."""
    return (each for each in walk(node) if isinstance(each, Signal))


def walk_events(node: Node) -> Iterator[Happened]:
    """Yield every event that is named, in order of appearance."""
    return (each for each in walk(node) if isinstance(each, Happened))


def parts(node: Node) -> Iterator[Node]:
    """Yield what ``node`` consists of, one level down, in the order of the text; nothing of an event's ``where``."""
    if isinstance(node, Happened):
        return
    for field in fields(node):
        value = getattr(node, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if is_dataclass(each) and not isinstance(each, type):
                yield each  # type: ignore[misc]  # every dataclass in a tree is a node of it


def settings(node: Node) -> tuple[str, ...]:
    """Return the names of the settings that a device must have for ``node`` to mean anything, each once."""
    return tuple(dict.fromkeys(each.name for each in walk(node) if isinstance(each, Setting)))


def without_points(node: Expression, lacking: Collection[str]) -> Expression | None:
    """Return ``node`` for a device that can never tell the points ``lacking``: of an ``or`` the terms that are left, of
    anything else all or nothing (``None``).
    """
    if isinstance(node, Or):
        left = tuple(term for each in node.terms if (term := without_points(each, lacking)) is not None)
        return None if not left else left[0] if len(left) == 1 else Or(left, node.offset)
    if isinstance(node, And | Not | Between):
        terms = node.terms if isinstance(node, And) else (node.term,)
        parts = tuple(without_points(each, lacking) for each in terms)
        if any(part is None for part in parts):
            return None
        kept = tuple(part for part in parts if part is not None)
        return And(kept, node.offset) if isinstance(node, And) else replace(node, term=kept[0])
    return None if any(name in lacking for name in points(node)) else node
