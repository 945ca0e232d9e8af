"""The grammar of rule expressions: the technician's text becomes a typed tree, or an error with its place and remedy.

Conditions are comparisons of quantities (``config/quantities.py``), signals (``config/signals.py``) that happened
(``event pressed within 30s``, ``A without (B or C) within 5s``) or did not (``absent(any, 12h)``), and quality
(``stale``, ``bad``); with spans of the day (``between night``), ``and``, ``or``, ``not`` and brackets. ``not`` binds
closest, then ``without`` and ``between``, then ``and``, then ``or``. On the right of a point a bare name is a word.
"""

from typing import Final

from config.cursor import MAX_DEPTH as MAX_DEPTH
from config.cursor import RESERVED, literal
from config.signals import Signals
from config.terms import (
    Absent,
    And,
    Bad,
    Between,
    Compare,
    Expression,
    In,
    InList,
    Literal,
    Not,
    Operator,
    Or,
    Point,
    Quantity,
    Recent,
    Setting,
    Signal,
    Span,
    Stale,
    Without,
)
from config.tokens import ExpressionError as ExpressionError

MAX_LENGTH: Final = 2000
RECENT_S: Final = 300.0
"""How long an event counts as having happened, unless ``within`` says otherwise."""


def parse(text: str) -> Expression:
    """Return the tree of ``text``; ``ExpressionError`` for anything outside the language. Offsets are into ``text``."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"表达式超过 {MAX_LENGTH} 个字符", f"the expression is longer than {MAX_LENGTH} characters", MAX_LENGTH
        )
    return _Parser(text).whole()


_FLIPPED: Final[dict[str, Operator]] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _Parser(Signals):
    """Recursive descent with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._loose: int | None = None  # where the newest `between` without brackets around it stands

    def whole(self) -> Expression:
        if self._next.kind == "end":
            raise ExpressionError(
                "规则条件是空的", "the condition is empty", 0,
                fix_zh="例如 fill_pct >= 80", fix_en="for example fill_pct >= 80",
            )  # fmt: skip
        tree = self._or()
        if self._next.kind != "end":
            raise self._unexpected()
        return tree

    def _or(self) -> Expression:
        start = self._next.offset
        terms = [self._and()]
        while self._word("or"):
            self._take()
            self._loose = None
            terms.append(self._and())
        if len(terms) == 1:
            return terms[0]
        if self._loose is not None:
            raise ExpressionError(
                "between 管到哪里不清楚", "it is unclear how much this between is about", self._loose, 7,
                fix_zh="加括号: (a or b) between …, 或 a or (b between …)",
                fix_en="add brackets: (a or b) between …, or a or (b between …)",
            )  # fmt: skip
        return Or(tuple(terms), start)

    def _and(self) -> Expression:
        start = self._next.offset
        terms = [self._bounded()]
        while self._word("and"):
            self._take()
            terms.append(self._bounded())
        return terms[0] if len(terms) == 1 else And(tuple(terms), start)

    def _bounded(self) -> Expression:
        start = self._next.offset
        term = self._not()
        if self._word("without"):
            term = self._without(self._as_signal(term, start), start)
        if self._word("between"):
            self._loose = self._take().offset
            term = Between(term, self._spans(), start)
        return term

    def _spans(self) -> tuple[Span | str, ...]:
        if self._next.kind != "open":
            return (self._one_span(),)
        bracket, loose = self._take().offset, self._loose
        spans = [self._one_span()]
        while self._next.kind == "comma":
            self._take()
            spans.append(self._one_span())
        self._close(bracket)
        self._loose = loose
        return tuple(spans)

    def _one_span(self) -> Span | str:
        if self._next.kind == "span":
            return self._daily()
        if self._next.kind == "string":
            return self._take().text[1:-1]
        return self._name(
            "between 后面写时段 23:00-05:00 或时间表的名字", "write a span like 23:00-05:00 or a schedule's name"
        ).text

    def _not(self) -> Expression:
        self._deeper()
        if self._word("not"):
            start = self._take().offset
            found: Expression = Not(self._not(), start)
        else:
            found = self._term()
        self._depth -= 1
        return found

    def _term(self) -> Expression:
        token, follows = self._next, self._ahead()
        if token.kind == "open":
            self._take()
            tree = self._or()
            self._close(token.offset)
            self._loose = None
            return tree
        if token.kind == "name" and token.text not in RESERVED:
            if token.text in ("stale", "bad") and follows.kind == "open":
                return self._quality()
            if token.text == "absent" and follows.kind == "open":
                return self._absent()
            if follows.kind == "arrow" or follows.text == "without":
                return self._sequence()
            if self._is_event():
                return self._recent()
        return self._comparison()

    def _quality(self) -> Stale | Bad:
        function = self._take()
        bracket = self._take().offset
        point = self._point(function)
        self._close(bracket)
        return Stale(point, function.offset) if function.text == "stale" else Bad(point, function.offset)

    def _absent(self) -> Absent:
        function = self._take()
        bracket = self._take().offset
        signal = self._signal()
        window = self._second(function)
        self._close(bracket)
        return Absent(signal, window, function.offset)

    def _recent(self) -> Expression:
        start = self._next.offset
        signal = Signal(self._happened(), self._scope(), start)
        if self._word("without"):
            return self._without(signal, start)
        within = RECENT_S
        if self._word("within"):
            self._take()
            within = self._window()
        return Recent(signal, within, start)

    def _sequence(self) -> Without:
        start = self._next.offset
        signal = self._signal()
        if not self._word("without"):
            raise ExpressionError(
                "-> 说的是变成的那一刻, 不能单独作条件", "-> is the moment of a change and no condition by itself",
                start, fix_zh="用 == 表示状态; -> 写在 without、count、absent 里",
                fix_en="use == for a state; -> goes with without, count and absent",
            )  # fmt: skip
        return self._without(signal, start)

    def _comparison(self) -> Expression:
        start = self._next
        left = self._quantity(word=False)
        if self._word("in") or (self._word("not") and self._ahead().text == "in"):
            return self._membership(left, start.offset)
        if self._next.kind != "op":
            raise self._bare(left)
        op = self._take()
        right = self._quantity(word=isinstance(left, Point))
        if self._next.kind == "op":
            raise self._unexpected("一次只能比较两样, 用 and 连接", "compare two things at a time; join with and")
        operator: Operator = op.text  # type: ignore[assignment]
        if not isinstance(left, Literal | Setting):
            return Compare(operator, left, right, start.offset)
        if not isinstance(right, Literal | Setting):
            return Compare(_FLIPPED[operator], right, left, start.offset)
        last = self._ahead(-1)
        raise ExpressionError(
            "比较里没有测点", "the comparison names no point", start.offset,
            last.offset + len(last.text) - start.offset,
            fix_zh="左边写测点, 例如 fill_pct >= 80", fix_en="put a point on the left, such as fill_pct >= 80",
        )  # fmt: skip

    def _membership(self, left: Quantity, start: int) -> In | InList | Not:
        negated = self._take().text == "not"
        if negated:
            self._take()
        if not isinstance(left, Point):
            raise ExpressionError("in 的左边要写测点", "the left of in must be a point", start)
        found: In | InList
        if self._word("list") and self._ahead().kind in ("name", "string"):
            self._take()
            name = self._take()
            found = InList(left, str(literal(name).value), start)
        else:
            bracket = self._open(
                "in 后面写括号, 例如 in (opening, closing), 或 in list 名单",
                "write in (opening, closing) or in list NAME",
            )
            values = [literal(self._value())]
            while self._next.kind == "comma":
                self._take()
                values.append(literal(self._value()))
            self._close(bracket)
            found = In(left, tuple(values), start)
        return Not(found, start) if negated else found

    def _bare(self, left: Quantity) -> ExpressionError:
        token = self._tokens[self._at - 1]
        if not isinstance(left, Point):
            return self._unexpected("后面写比较, 例如 >= 5", "a comparison belongs here, like >= 5")
        example = f"{token.text} == true"
        fix_zh, fix_en = f"例如 {example}; 事件写 event {token.text}", f"like {example}; an event is event {token.text}"
        if token.text in ("offline", "online", "any", "event"):
            examples = "count(offline, 1h) >= 4, absent(any, 5m), event pressed"
            fix_zh, fix_en = f"例如 {examples}", f"like {examples}"
        return ExpressionError(
            f"“{token.text}”后面缺少比较", f"“{token.text}” is not compared with anything", token.offset,
            len(token.text), fix_zh=fix_zh, fix_en=fix_en,
        )  # fmt: skip
