"""Holds a rule's condition against the device class and the site: what exists, what it says, what it can reach."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.calendar import no_schedule
from config.catalog import ClassPoint, DeviceClass, class_names, load_class
from config.document import Scalar
from config.expression import ExpressionError, parse
from config.problems import Place, Problem, near, nearest, problem
from config.ranges import can_be, contradictions, range_of
from config.terms import (
    Absolute,
    Becomes,
    Between,
    Compare,
    Expression,
    Happened,
    Holds,
    In,
    InList,
    Literal,
    Measure,
    Node,
    Operator,
    Point,
    Quantity,
    Scaled,
    Setting,
    Signal,
    parts,
    walk,
)

_NUMBERS = ("int", "float", "counter")


@dataclass(frozen=True, slots=True)
class Names:
    """What a condition may name beside its class: the site's ``lists`` and ``schedules``, and the classes of its other
    devices. ``reported`` are the points that some profile of the class here gives, listed first among what may be used.
    """

    reported: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    schedules: frozenset[str] = frozenset()
    others: tuple[DeviceClass, ...] = ()


def check_condition(node: Scalar, kind: DeviceClass, names: Names) -> tuple[Expression | None, list[Problem]]:
    """Return the tree of the condition in ``node`` and what is wrong with it."""
    if not isinstance(node.value, str):
        return None, []
    try:
        tree = parse(node.value)
    except ExpressionError as error:
        at = node.part(error.offset, error.length)
        fields = {"zh": error.zh, "en": error.en, "fix_zh": error.fix_zh, "fix_en": error.fix_en}
        return None, [problem("E126", at, **fields)]
    check = _Check(node, kind, names)
    found = [*check.names(tree), *check.values(tree)]
    if not found:
        found = [_never(node, each) for each in contradictions(tree, kind)]
    return tree, found


def _never(node: Scalar, part: Expression) -> Problem:
    return problem("E136", node.part(part.offset, len(str(node.value)) - part.offset))


class _Check:
    """One condition, the text of ``node``, against class ``kind``."""

    def __init__(self, node: Scalar, kind: DeviceClass, names: Names) -> None:
        self._node = node
        self._kind = kind
        self._names = names

    def _nodes(self, node: Node, kind: DeviceClass) -> Iterator[tuple[Node, DeviceClass]]:
        """Yield ``node`` and everything in it, each with the class that it is about."""
        if isinstance(node, Signal) and node.scope != "device":
            kind = self._somewhere(node.what, kind)
        yield node, kind
        for part in parts(node):
            yield from self._nodes(part, kind)

    def names(self, tree: Expression) -> Iterator[Problem]:
        """Yield what ``tree`` names and does not exist."""
        for node, kind in self._nodes(tree, self._kind):
            match node:
                case Point(name=name) if kind.point(name) is None:
                    yield self._no_point(node, kind)
                case Happened():
                    yield from self._event(node, kind)
                case InList(list=name):
                    yield from self._list(name, node.offset)
                case Between(spans=spans):
                    yield from self._schedules(node.offset, spans)

    def _schedules(self, offset: int, spans: tuple[object, ...]) -> Iterator[Problem]:
        text = str(self._node.value)
        for name in spans:
            if isinstance(name, str) and name not in self._names.schedules:
                at = text.find(name, text.find("between", offset))
                yield no_schedule(name, self._node, self._names.schedules, at)

    def _somewhere(self, what: object, kind: DeviceClass) -> DeviceClass:
        """Return the class that is meant by a signal of another device, ``kind`` itself if none fits better."""
        for each in (kind, *self._names.others):
            if _knows(each, what):
                return each
        return next((each for each in map(load_class, class_names()) if _knows(each, what)), kind)

    def _no_point(self, point: Point, kind: DeviceClass) -> Problem:
        keys = [each.key for each in kind.points]
        known = ", ".join(sorted(keys, key=lambda key: (key not in self._names.reported, keys.index(key))))
        return problem(
            "E123", self._node.part(point.offset, len(point.name)), given=point.name, kind_zh=kind.name.zh,
            kind_en=kind.name.en, known=known, **near(point.name, keys),
        )  # fmt: skip

    def _event(self, happened: Happened, kind: DeviceClass) -> Iterator[Problem]:
        at = self._node.part(max(0, str(self._node.value).find(happened.event, happened.offset)), len(happened.event))
        event, point = kind.event(happened.event), kind.point(happened.event)
        if event is None and (point is None or point.kind != "bool" or happened.where is not None):
            names = [each.name for each in kind.events]
            hint = near(happened.event, names)
            if point is not None:
                hint = {
                    "near_zh": f"{point.key} 是测点, 写比较 (例如 {point.key} == …); ",
                    "near_en": f"{point.key} is a point: compare it ({point.key} == …); ",
                }
            yield problem(
                "E132", at, given=happened.event, kind_zh=kind.name.zh, kind_en=kind.name.en,
                known=", ".join(names) or "—", **hint,
            )  # fmt: skip
            return
        if event is None or happened.where is None:
            return
        for each in walk(happened.where):
            if isinstance(each, Point) and each.name not in event.fields:
                yield problem(
                    "E133", self._node.part(each.offset, len(each.name)), event=event.name, given=each.name,
                    known=", ".join(event.fields) or "—", **near(each.name, event.fields),
                )  # fmt: skip
            if isinstance(each, InList):
                yield from self._list(each.list, each.offset)

    def _list(self, name: str, offset: int) -> Iterator[Problem]:
        if name not in self._names.lists:
            at = self._node.part(max(0, str(self._node.value).find(name, offset)), len(name))
            known = ", ".join(sorted(self._names.lists)) or "—"
            yield problem("E134", at, given=name, known=known, **near(name, self._names.lists))

    def values(self, tree: Expression) -> Iterator[Problem]:
        """Yield the comparisons of unlike things, and those that can never hold."""
        for node, kind in self._nodes(tree, self._kind):
            match node:
                case Measure(what=what, point=point) if not _is_number(point, kind):
                    yield self._no_number(what, point, kind)
                case Absolute(of=Point() as point) | Scaled(of=Point() as point) if not _is_number(point, kind):
                    yield self._no_number("abs" if isinstance(node, Absolute) else "*", point, kind)
                case Compare():
                    yield from self._comparison(node, kind)
                case Becomes(point=point, value=value):
                    yield from self._literal("==", point, value, kind)
                case In(left=left, values=values):
                    for value in values:
                        yield from self._literal("==", left, value, kind)

    def _no_number(self, what: str, point: Point, kind: DeviceClass) -> Problem:
        known = kind.point(point.name)
        words = {"enum": ("状态词", "words"), "bool": ("是/否", "yes or no"), "string": ("文字", "text")}
        zh, en = words.get(known.kind if known else "", ("", ""))
        at = self._node.part(point.offset, len(point.name))
        return problem("E135", at, what=what, point=point.name, zh=zh, en=en)

    def _comparison(self, compare: Compare, kind: DeviceClass) -> Iterator[Problem]:
        left, right = compare.left, compare.right
        if isinstance(right, Literal):
            yield from self._literal(compare.op, left, right, kind)
            return
        for side, other in ((left, right), (right, left)):
            if isinstance(side, Point) and not _is_number(side, kind):
                fix = ("两边都要是数", "both have to be numbers")
                yield self._unlike(side.name, _named(other), self._place(compare), *fix)
                return
        if not can_be(compare.op, range_of(left, kind), range_of(right, kind)):
            yield self._unreachable(self._place(compare), left, _named(right), kind)

    def _literal(self, op: Operator, left: Quantity, value: Literal, kind: DeviceClass) -> Iterator[Problem]:
        at = self._node.part(value.offset, value.length)
        if isinstance(left, Point):
            point = kind.point(left.name)
            if point is None:
                return
            wrong = _mismatch(op, point, value)
        else:
            number = isinstance(value.value, int | float) and not isinstance(value.value, bool)
            wrong = None if number else ("写一个数", "write a number")
        if wrong is not None:
            yield self._unlike(_named(left), _said(value), at, *wrong)
        elif not isinstance(value.value, bool | str) and not can_be(op, range_of(left, kind), range_of(value, kind)):
            yield self._unreachable(at, left, _said(value), kind)

    def _place(self, compare: Compare) -> Place:
        return self._node.part(compare.offset, max(1, compare.right.offset - compare.offset))

    def _unlike(self, point: str, given: str, at: Place, zh: str, en: str) -> Problem:
        return problem("E125", at, point=point, given=given, fix_zh=zh, fix_en=en)

    def _unreachable(self, at: Place, left: Quantity, given: str, kind: DeviceClass) -> Problem:
        low, high = range_of(left, kind)
        of = left.point.name if isinstance(left, Measure) else left.name if isinstance(left, Point) else ""
        point = kind.point(of)
        return problem(
            "E124", at, point=_named(left), given=given, low=f"{low:g}", high=f"{high:g}",
            unit=point.unit if point is not None else "",
        )  # fmt: skip


def _knows(kind: DeviceClass, what: object) -> bool:
    match what:
        case Happened(event=event):
            point = kind.point(event)
            return kind.event(event) is not None or (point is not None and point.kind == "bool")
        case Becomes(point=point):
            return kind.point(point.name) is not None
        case Holds(condition=condition):
            return all(kind.point(each.name) for each in walk(condition) if isinstance(each, Point))
    return True


def _is_number(point: Point, kind: DeviceClass) -> bool:
    known = kind.point(point.name)
    return known is None or known.kind in _NUMBERS


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


def _said(value: Literal) -> str:
    return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)


def _named(quantity: Quantity) -> str:
    match quantity:
        case Point(name=name):
            return name
        case Literal():
            return _said(quantity)
        case Setting(name=name):
            return f"setting({name})"
        case Measure(what=what, point=point):
            return f"{what}({point.name})"
        case Absolute(of=of):
            return f"abs({_named(of)})"
        case Scaled(factor=factor, of=of):
            return f"{factor:g} * {_named(of)}"
    return "count( )"
