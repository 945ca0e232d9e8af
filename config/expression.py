"""The grammar of rule expressions: the technician's text becomes a typed tree, or an error with its place and remedy.

The language: comparisons of a point with a number, a word or true/false (``== != < <= > >=``, ``in (a, b)``,
``not in``), ``stale(point)``, joined by ``and``, ``or``, ``not`` and parentheses. ``not`` binds closest, then ``and``,
then ``or``. A bare name beside a comparison's number or word is a point; the other side is a word of the catalogue.
"""

from typing import Final

from config.terms import And, Compare, Expression, In, Literal, Not, Operator, Or, Point, Stale, Word
from config.tokens import ExpressionError as ExpressionError
from config.tokens import Token, tokens

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 50

FUTURE: Final = frozenset(
    {"count", "absent", "delta", "rate", "event", "sequence", "all", "any", "abs", "min", "between"}
)
"""Words of operators that are planned and not built; using one gets its own message."""


def parse(text: str) -> Expression:
    """Return the tree of ``text``; ``ExpressionError`` for anything outside the language. Offsets are into ``text``."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"表达式超过 {MAX_LENGTH} 个字符", f"the expression is longer than {MAX_LENGTH} characters", MAX_LENGTH
        )
    return _Parser(text).whole()


_FLIPPED: Final[dict[str, Operator]] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _Parser:
    """Recursive descent with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

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

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        return self._next.kind == "name" and self._next.text == word

    def _or(self) -> Expression:
        start = self._next.offset
        terms = [self._and()]
        while self._word("or"):
            self._take()
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else Or(tuple(terms), start)

    def _and(self) -> Expression:
        start = self._next.offset
        terms = [self._not()]
        while self._word("and"):
            self._take()
            terms.append(self._not())
        return terms[0] if len(terms) == 1 else And(tuple(terms), start)

    def _not(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(
                f"括号或 not 嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} deep", self._next.offset
            )
        try:
            if self._word("not"):
                start = self._take().offset
                return Not(self._not(), start)
            return self._term()
        finally:
            self._depth -= 1

    def _term(self) -> Expression:
        if self._next.kind == "open":
            start = self._take().offset
            tree = self._or()
            self._close(start)
            return tree
        if self._next.kind == "name":
            follows = self._tokens[self._at + 1]
            if self._next.text == "stale" and follows.kind == "open":
                return self._stale()
            if self._next.text in FUTURE and (follows.kind in ("open", "name")):
                raise self._future()
        return self._comparison()

    def _stale(self) -> Stale:
        start = self._take().offset
        bracket = self._take().offset
        if self._next.kind != "name":
            raise self._unexpected("stale( ) 里写一个测点", "stale( ) takes one point")
        token = self._take()
        self._close(bracket)
        return Stale(Point(token.text, token.offset), start)

    def _comparison(self) -> Compare | In | Not:
        left = self._operand()
        if self._word("in") or (self._word("not") and self._tokens[self._at + 1].text == "in"):
            return self._membership(left)
        if self._next.kind != "op":
            if self._next.kind == "name" and self._next.text in FUTURE:
                raise self._future()
            raise self._bare(left)
        op = self._take()
        right = self._operand()
        if self._next.kind == "op":
            raise self._unexpected("一次只能比较两样, 用 and 连接", "compare two things at a time; join with and")
        operator: Operator = op.text  # type: ignore[assignment]
        if left.kind == "name" and left.text not in ("true", "false"):
            return Compare(operator, Point(left.text, left.offset), _literal(right), left.offset)
        if right.kind == "name" and right.text not in ("true", "false"):
            return Compare(_FLIPPED[operator], Point(right.text, right.offset), _literal(left), left.offset)
        raise ExpressionError(
            "比较里没有测点", "the comparison names no point", left.offset,
            right.offset + len(right.text) - left.offset,
            fix_zh="左边写测点, 例如 fill_pct >= 80", fix_en="put a point on the left, such as fill_pct >= 80",
        )  # fmt: skip

    def _membership(self, left: Token) -> In | Not:
        negated = self._take().text == "not"
        if negated:
            self._take()
        if left.kind != "name":
            raise ExpressionError("in 的左边要写测点", "the left of in must be a point", left.offset, len(left.text))
        if self._next.kind != "open":
            raise self._unexpected("in 后面写括号, 例如 in (opening, closing)", "write in (opening, closing)")
        bracket = self._take().offset
        values = [_literal(self._operand())]
        while self._next.kind == "comma":
            self._take()
            values.append(_literal(self._operand()))
        self._close(bracket)
        found = In(Point(left.text, left.offset), tuple(values), left.offset)
        return Not(found, left.offset) if negated else found

    def _operand(self) -> Token:
        if self._next.kind not in ("name", "number", "string") or self._next.text in ("and", "or", "not", "in"):
            raise self._unexpected()
        return self._take()

    def _close(self, bracket: int) -> None:
        if self._next.kind == "end":
            raise ExpressionError(
                "这个括号没有配对的 )", "this bracket is never closed", bracket, fix_zh="补上 )", fix_en="add )"
            )
        if self._next.kind != "close":
            raise self._unexpected()
        self._take()

    def _bare(self, left: Token) -> ExpressionError:
        return ExpressionError(
            f"“{left.text}”后面缺少比较", f"“{left.text}” is not compared with anything", left.offset, len(left.text),
            fix_zh=f"例如 {left.text} == true", fix_en=f"for example {left.text} == true",
        )  # fmt: skip

    def _future(self) -> ExpressionError:
        token = self._next
        return ExpressionError(
            f"本版本还不支持 {token.text}", f"{token.text} is not supported in this version",
            token.offset, len(token.text),
            fix_zh="可用: 比较、in、and、or、not、stale(测点)",
            fix_en="there are: comparisons, in, and, or, not, stale(point)",
        )  # fmt: skip

    def _unexpected(self, fix_zh: str = "", fix_en: str = "") -> ExpressionError:
        token = self._next
        if token.kind == "end":
            zh, en = "条件没有写完", "the condition ends too early"
        else:
            zh, en = f"“{token.text}”不该出现在这里", f"“{token.text}” does not belong here"
        return ExpressionError(zh, en, token.offset, len(token.text), fix_zh=fix_zh, fix_en=fix_en)


def _literal(token: Token) -> Literal:
    value: Word
    match token.kind:
        case "number":
            value = float(token.text) if any(c in token.text for c in ".eE") else int(token.text)
        case "string":
            value = token.text[1:-1]
        case _:
            value = {"true": True, "false": False}.get(token.text, token.text)
    return Literal(value, token.offset, len(token.text))
