"""From a parsed expression to a closure over one device's readings, in logic of three values.

A verdict is true, false or ``None``: unknown. A comparison with a point that was never read, or whose newest reading
is not usable, is unknown; ``and``, ``or`` and ``not`` follow Kleene (false decides an ``and``, true an ``or``).
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from config.terms import And, Compare, Expression, In, Literal, Not, Or, Point, Stale
from wire.reading import Value

Verdict: TypeAlias = bool | None

Condition: TypeAlias = Callable[[list[Value], list[Verdict]], Verdict]
"""Takes a device's newest values (``None``: no usable one) and, by the same slots, whether each point is without a
usable value (``None``: never read).
"""

_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_condition(expression: Expression, slots: Mapping[str, int]) -> Condition:
    """Return ``expression`` as a closure; ``slots`` gives each of its points a place in the lists."""
    match expression:
        case Compare("==", Point() as left, Literal() as right):
            return _equal(slots[left.name], right.value)
        case Compare("!=", Point() as left, Literal() as right):
            return _not(_equal(slots[left.name], right.value))
        case Compare(op, Point() as left, Literal() as right):
            return _ordered(_ORDER[op], slots[left.name], right.value)
        case In(left, values):
            return _among(slots[left.name], frozenset(literal.value for literal in values))
        case Stale(point):
            return _stale(slots[point.name])
        case Not(term):
            return _not(compile_condition(term, slots))
        case And(terms):
            return _all([compile_condition(term, slots) for term in terms])
        case Or(terms):
            return _any([compile_condition(term, slots) for term in terms])
    raise NotImplementedError(type(expression).__name__)


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


def _stale(slot: int) -> Condition:
    def stale(values: list[Value], missing: list[Verdict]) -> Verdict:
        return missing[slot]

    return stale


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
