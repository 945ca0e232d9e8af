"""What a quantity can be, from the ranges of a class, and whether a condition can hold at all or can ever fail to."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeAlias

from config.catalog import DeviceClass
from config.terms import (
    Absolute,
    And,
    Between,
    Compare,
    Count,
    Expression,
    In,
    Literal,
    Measure,
    Not,
    Operator,
    Or,
    Point,
    Quantity,
    Scaled,
    UsualCount,
    Word,
)

Span: TypeAlias = tuple[float, float]
_Key: TypeAlias = Any
_Fact: TypeAlias = tuple[_Key, Operator | None, Word]
"""A quantity, an operator and a value; or (no operator) something that is true or false as a whole."""

_MOST: Final = 512
_ANY: Final[Span] = (-math.inf, math.inf)
_OPPOSITE: Final[dict[Operator, Operator]] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def range_of(quantity: Quantity, kind: DeviceClass) -> Span:
    """Return the least and the greatest that ``quantity`` can be on a device of class ``kind``, in its unit."""
    match quantity:
        case Point(name=name):
            point = kind.point(name)
            return point.range if point is not None and point.range is not None else _ANY
        case Literal(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return value, value
        case Measure(what="delta", point=point):
            low, high = range_of(point, kind)
            return low - high, high - low
        case Measure(what="min" | "max" | "mean" | "p95" | "usual", point=point):
            return range_of(point, kind)
        case Count() | UsualCount():
            return 0.0, math.inf
        case Absolute(of=of):
            low, high = range_of(of, kind)
            return max(0.0, low, -high), max(abs(low), abs(high))
        case Scaled(factor=factor, of=of):
            ends = sorted(factor * end if factor else 0.0 for end in range_of(of, kind))
            return ends[0], ends[1]
    return _ANY


def can_be(op: Operator, left: Span, right: Span) -> bool:
    """Tell whether a value within ``left`` can stand in that relation to one within ``right``."""
    match op:
        case ">":
            return left[1] > right[0]
        case ">=":
            return left[1] >= right[0]
        case "<":
            return left[0] < right[1]
        case "<=":
            return left[0] <= right[1]
        case "==":
            return left[0] <= right[1] and right[0] <= left[1]
    return left != right or left[0] != left[1]


def can_hold(tree: Expression, kind: DeviceClass) -> bool:
    """Tell whether the device could ever say what makes ``tree`` true; ``True`` where that is too hard to tell."""
    return _any_way(_ways(tree, True), kind)


def can_fail(tree: Expression, kind: DeviceClass) -> bool:
    """Tell whether the device could ever say what makes ``tree`` false."""
    return _any_way(_ways(tree, False), kind)


def can_clear(when: Expression, clear: Expression, kind: DeviceClass) -> bool:
    """Tell whether ``clear`` can hold while ``when`` does not."""
    return _any_way(_both(_ways(clear, True), _ways(when, False)), kind)


_Ways: TypeAlias = list[frozenset[_Fact]] | None
"""Each of these sets of facts is enough; ``None``: too many to look at."""


def _ways(tree: Expression, wanted: bool) -> _Ways:
    match tree:
        case Not(term=term):
            return _ways(term, not wanted)
        case Between(term=term, spans=spans):
            within: _Ways = [frozenset({(spans, None, wanted)})]
            return _both(_ways(term, True), within) if wanted else _either(_ways(term, False), within)
        case And(terms=terms) | Or(terms=terms):
            parts = [_ways(term, wanted) for term in terms]
            joined = parts[0]
            for part in parts[1:]:
                joined = _both(joined, part) if isinstance(tree, And) == wanted else _either(joined, part)
            return joined
        case Compare(op=op, left=left, right=right) if isinstance(right, Literal):
            return [frozenset({(_key(left), op if wanted else _OPPOSITE[op], right.value)})]
        case In(left=left, values=values):
            facts: list[_Fact] = [(_key(left), "==" if wanted else "!=", each.value) for each in values]
            return [frozenset({fact}) for fact in facts] if wanted else [frozenset(facts)]
    return [frozenset({(_key(tree), None, wanted)})]


def _both(left: _Ways, right: _Ways) -> _Ways:
    if left is None or right is None or len(left) * len(right) > _MOST:
        return None
    return [one | other for one in left for other in right]


def _either(left: _Ways, right: _Ways) -> _Ways:
    return None if left is None or right is None or len(left) + len(right) > _MOST else left + right


def _any_way(ways: _Ways, kind: DeviceClass) -> bool:
    return ways is None or any(_is_possible(way, kind) for way in ways)


def _is_possible(way: frozenset[_Fact], kind: DeviceClass) -> bool:
    by_key: dict[_Key, list[tuple[Operator | None, Word]]] = {}
    for key, op, value in way:
        by_key.setdefault(key, []).append((op, value))
    return all(_may(key, facts, kind) for key, facts in by_key.items())


def _may(key: _Key, facts: list[tuple[Operator | None, Word]], kind: DeviceClass) -> bool:
    if any(op is None for op, _ in facts):
        return len({value for op, value in facts if op is None}) == 1
    if any(isinstance(value, bool | str) for _, value in facts):
        return _some_word(key, facts, kind)
    low, high = range_of(key, kind)
    open_low = open_high = False
    barred: set[float] = set()
    for op, value in facts:
        number = float(value)
        if op in (">", ">=", "==") and (number > low or (number == low and op == ">")):
            low, open_low = number, op == ">"
        if op in ("<", "<=", "==") and (number < high or (number == high and op == "<")):
            high, open_high = number, op == "<"
        if op == "!=":
            barred.add(number)
    if low == high:
        return not (open_low or open_high or low in barred)
    return low < high


def _some_word(key: _Key, facts: list[tuple[Operator | None, Word]], kind: DeviceClass) -> bool:
    point = kind.point(key.name) if isinstance(key, Point) else None
    same = {value for op, value in facts if op == "=="}
    other = {value for op, value in facts if op == "!="}
    if len(same) > 1 or same & other:
        return False
    if same or point is None or point.kind not in ("enum", "bool"):
        return True
    return bool(set(point.values or (True, False)) - other)


def _key(node: Any) -> Any:
    """Return the node without its places, so that two mentions of one thing are equal."""
    if isinstance(node, tuple):
        return tuple(map(_key, node))
    if not is_dataclass(node) or isinstance(node, type):
        return node
    values = {field.name: _key(getattr(node, field.name)) for field in fields(node)}
    return replace(node, **{name: 0 if name in ("offset", "length") else value for name, value in values.items()})


def contradictions(tree: Expression, kind: DeviceClass) -> Iterator[Expression]:
    """Yield the smallest parts of ``tree`` that can never hold though each of their own parts could."""
    if can_hold(tree, kind):
        return
    parts = tree.terms if isinstance(tree, And | Or) else (tree.term,) if isinstance(tree, Not | Between) else ()
    inner = [found for part in parts for found in contradictions(part, kind)]
    yield from inner or [tree]
