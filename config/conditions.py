"""Holds a rule's condition against the device class: points that exist, words they say, values they can reach."""

from collections.abc import Iterator

from config.catalog import ClassPoint, DeviceClass
from config.document import Scalar
from config.expression import ExpressionError, parse
from config.problems import Place, Problem, near, nearest, problem
from config.terms import And, Compare, Expression, In, Literal, Not, Or, Point, walk_points


def check_condition(
    node: Scalar, kind: DeviceClass, reported: frozenset[str]
) -> tuple[Expression | None, list[Problem]]:
    """Return the tree of the condition in ``node`` and what is wrong with it.

    ``reported`` are the points that some profile of the class here gives, listed first among what may be used.
    """
    if not isinstance(node.value, str):
        return None, []
    try:
        tree = parse(node.value)
    except ExpressionError as error:
        at = node.part(error.offset, error.length)
        fields = {"zh": error.zh, "en": error.en, "fix_zh": error.fix_zh, "fix_en": error.fix_en}
        return None, [problem("E126", at, **fields)]
    return tree, [*_unknown_points(node, tree, kind, reported), *_wrong_values(node, tree, kind)]


def _unknown_points(node: Scalar, tree: Expression, kind: DeviceClass, reported: frozenset[str]) -> Iterator[Problem]:
    keys = [point.key for point in kind.points]
    known = ", ".join(sorted(keys, key=lambda key: (key not in reported, keys.index(key))))
    for point in walk_points(tree):
        if point.name not in keys:
            at = node.part(point.offset, len(point.name))
            yield problem(
                "E123", at, given=point.name, kind_zh=kind.name.zh, kind_en=kind.name.en, known=known,
                **near(point.name, keys),
            )  # fmt: skip


def _wrong_values(node: Scalar, tree: Expression, kind: DeviceClass) -> Iterator[Problem]:
    for op, name, value in _comparisons(tree):
        point = kind.point(name)
        if point is None:
            continue
        at = node.part(value.offset, value.length)
        wrong = _mismatch(op, point, value)
        if wrong is not None:
            zh, en = wrong
            yield problem("E125", at, point=name, given=_said(value), fix_zh=zh, fix_en=en)
        elif not _reachable(op, point, value):
            yield _unreachable(at, point, value)


def _comparisons(tree: Expression) -> Iterator[tuple[str, str, Literal]]:
    match tree:
        case Compare(op=op, left=Point(name=name), right=Literal() as right):
            yield op, name, right
        case In(left=left, values=values):
            for value in values:
                yield "==", left.name, value
        case Not(term=term):
            yield from _comparisons(term)
        case And(terms=terms) | Or(terms=terms):
            for term in terms:
                yield from _comparisons(term)


def _mismatch(op: str, point: ClassPoint, value: Literal) -> tuple[str, str] | None:
    """Return what to write instead where the value is of the wrong kind for the point, else ``None``."""
    given = value.value
    ordered = op not in ("==", "!=")
    if point.kind == "enum":
        words = ", ".join(point.values)
        if not isinstance(given, str) or given not in point.values:
            match = nearest(str(given), point.values)
            hint = (f"是不是 “{match}”? ", f"did you mean “{match}”? ") if match else ("", "")
            return f"{hint[0]}它的取值: {words}", f"{hint[1]}its words: {words}"
        return ("只能用 == 或 !=", "use == or !=") if ordered else None
    if point.kind == "bool":
        if not isinstance(given, bool):
            return "它只有 true 和 false", "it is true or false"
        return ("只能用 == 或 !=", "use == or !=") if ordered else None
    if point.kind == "string":
        return ("只能用 == 或 !=", "use == or !=") if ordered else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return f"写一个数, 单位 {point.unit or '1'}", f"write a number, in {point.unit or '1'}"
    return None


def _reachable(op: str, point: ClassPoint, value: Literal) -> bool:
    """Tell whether some value within the point's physical range satisfies the comparison."""
    given = value.value
    if point.range is None or isinstance(given, bool | str):
        return True
    low, high = point.range
    match op:
        case ">":
            return high > given
        case ">=":
            return high >= given
        case "<":
            return low < given
        case "<=":
            return low <= given
        case "==":
            return low <= given <= high
    return True


def _unreachable(at: Place, point: ClassPoint, value: Literal) -> Problem:
    low, high = point.range or (0.0, 0.0)
    return problem(
        "E124", at, point=point.key, given=_said(value), low=f"{low:g}", high=f"{high:g}", unit=point.unit
    )  # fmt: skip


def _said(value: Literal) -> str:
    return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)
