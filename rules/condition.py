"""From a parsed expression to a closure over one device's readings, in logic of three values.

A verdict is true, false or ``None``: unknown. A comparison with a point that was never read, or whose newest reading
is not usable, is unknown; ``and``, ``or`` and ``not`` follow Kleene (false decides an ``and``, true an ``or``).
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any, Final, TypeAlias

from config.settings import ListSettings
from config.terms import (
    Absent,
    Absolute,
    And,
    Bad,
    Between,
    Compare,
    Count,
    Expression,
    In,
    InList,
    Literal,
    Measure,
    MeasureName,
    Not,
    Or,
    Point,
    Quantity,
    Recent,
    Scaled,
    Setting,
    Stale,
    UsualCount,
    Without,
)
from wire.reading import Value

Verdict: TypeAlias = bool | None

Condition: TypeAlias = Callable[[list[Value], list[Verdict]], Verdict]
"""Takes a device's newest values (``None``: no usable one) and, by the same slots, whether each point is without a
usable value (``None``: never read). The first value is the time of judging (µs).
"""

Slots: TypeAlias = Mapping[Any, int]
"""A place in both lists for each point (by name) and each term (by ``term_key``)."""

Lists: TypeAlias = Mapping[str, ListSettings]

_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EAGER: Final = {"delta": ">", "rate": ">", "max": ">", "min": "<"}
"""In which direction of comparison a part of the window says as much as the whole."""


def strip(node: Any) -> Any:
    """Return a tree without the places of its text, so that what means the same is equal."""
    changes: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name in ("offset", "length"):
            changes[field.name] = 0
        elif isinstance(value, tuple):
            changes[field.name] = tuple(strip(each) if is_dataclass(each) else each for each in value)
        elif is_dataclass(value):
            changes[field.name] = strip(value)
    return replace(node, **changes)


def is_eager(what: MeasureName, op: str) -> bool:
    """Tell whether a measure left of ``op`` has a figure as soon as it has a value."""
    return op[:1] == _EAGER.get(what, "-")


def term_key(node: Any, op: str = "") -> object:
    """Return what names the term that ``node`` needs; ``op`` is the comparison that it stands left of."""
    match node:
        case Measure(what=what):
            return strip(node), is_eager(what, op)
        case Between(spans=spans):
            return Between, tuple(each if isinstance(each, str) else strip(each) for each in spans)
        case Bad(point=point):
            return Bad, point.name
        case Setting(name=name):
            return Setting, name
        case _:
            return strip(node)


def compile_condition(expression: Expression, slots: Slots, lists: Lists | None = None) -> Condition:
    """Return ``expression`` as a closure; ``slots`` gives each of its points and terms a place in the lists."""
    again = partial(compile_condition, slots=slots, lists=lists)
    match expression:
        case Compare(op, left, right):
            return _compared(op, left, right, slots)
        case In(left, values):
            return _among(slots[left.name], frozenset(literal.value for literal in values))
        case InList(left, name):
            return _listed(slots[left.name], (lists or {}).get(name, ListSettings()))
        case Stale(point):
            return _stale(slots[point.name])
        case Bad() | Recent() | Absent() | Without():
            return _verdict(slots[term_key(expression)])
        case Between(term):
            return _all([_verdict(slots[term_key(expression)]), again(term)])
        case Not(term):
            return _not(again(term))
        case And(terms):
            return _all([again(term) for term in terms])
        case Or(terms):
            return _any([again(term) for term in terms])


def _compared(op: str, left: Quantity, right: Quantity, slots: Slots) -> Condition:
    slot = _slot(left, slots, op)
    if slot is None or not isinstance(right, Literal):
        return _related(op, _quantity(left, slots, op), _quantity(right, slots))
    if op == "==":
        return _equal(slot, right.value)
    if op == "!=":
        return _not(_equal(slot, right.value))
    return _ordered(_ORDER[op], slot, right.value)


def _slot(node: Quantity, slots: Slots, op: str) -> int | None:
    match node:
        case Point(name):
            return slots[name]
        case Setting() | Measure() | Count() | UsualCount():
            return slots[term_key(node, op)]
        case _:
            return None


def _quantity(node: Quantity, slots: Slots, op: str = "") -> Callable[[list[Value]], Value]:
    match node:
        case Literal(value):
            return lambda values: value
        case Absolute(of):
            inner = _quantity(of, slots, op)
            return lambda values: abs(found) if isinstance(found := inner(values), int | float) else None
        case Scaled(factor, of):
            part = _quantity(of, slots, op if factor > 0 else "")
            return lambda values: factor * found if isinstance(found := part(values), int | float) else None
        case _:
            return operator.itemgetter(_slot(node, slots, op))


def _related(op: str, left: Callable[[list[Value]], Value], right: Callable[[list[Value]], Value]) -> Condition:
    compare = {"==": operator.eq, "!=": operator.ne, **_ORDER}[op]

    def related(values: list[Value], missing: list[Verdict]) -> Verdict:
        one, other = left(values), right(values)
        if one is None or other is None:
            return None
        try:
            return bool(compare(one, other))
        except TypeError:  # a word where a number was expected: there is nothing to say about it
            return None

    return related


def _equal(slot: int, wanted: Value) -> Condition:
    def equal(values: list[Value], missing: list[Verdict]) -> Verdict:
        value = values[slot]
        return None if value is None else value == wanted

    return equal


def _ordered(compare: Callable[[Any, Any], bool], slot: int, bound: Value) -> Condition:
    def ordered(values: list[Value], missing: list[Verdict]) -> Verdict:
        value = values[slot]
        if value is None:
            return None
        try:
            return compare(value, bound)
        except TypeError:  # a word where a number was expected: there is nothing to say about it
            return None

    return ordered


def _among(slot: int, wanted: frozenset[Value]) -> Condition:
    def among(values: list[Value], missing: list[Verdict]) -> Verdict:
        value = values[slot]
        return None if value is None else value in wanted

    return among


def _listed(slot: int, entries: ListSettings) -> Condition:
    def listed(values: list[Value], missing: list[Verdict]) -> Verdict:
        value, now = values[slot], values[0]
        if value is None:
            return None
        span = entries.entries.get(str(value))
        if span is None or not isinstance(now, int):
            return False
        begins, ends = span
        return (begins is None or begins <= now) and (ends is None or now < ends)

    return listed


def _stale(slot: int) -> Condition:
    def stale(values: list[Value], missing: list[Verdict]) -> Verdict:
        return missing[slot]

    return stale


def _verdict(slot: int) -> Condition:
    def verdict(values: list[Value], missing: list[Verdict]) -> Verdict:
        value = values[slot]
        return None if value is None else bool(value)

    return verdict


def _not(term: Condition) -> Condition:
    def negated(values: list[Value], missing: list[Verdict]) -> Verdict:
        verdict = term(values, missing)
        return None if verdict is None else not verdict

    return negated


def _all(terms: list[Condition]) -> Condition:
    def all_of(values: list[Value], missing: list[Verdict]) -> Verdict:
        result: Verdict = True
        for term in terms:
            verdict = term(values, missing)
            if verdict is False:
                return False
            if verdict is None:
                result = None
        return result

    return all_of


def _any(terms: list[Condition]) -> Condition:
    def any_of(values: list[Value], missing: list[Verdict]) -> Verdict:
        result: Verdict = False
        for term in terms:
            verdict = term(values, missing)
            if verdict:
                return True
            if verdict is None:
                result = None
        return result

    return any_of
