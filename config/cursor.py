"""Going through the tokens of a rule expression: one token of look-ahead, and what is said where another belongs."""

from typing import Final

from config.duration import parse_duration
from config.terms import Literal, Scope, Span, Word
from config.tokens import ExpressionError, Token, tokens

MAX_DEPTH: Final = 50
LONGEST_S: Final = 35 * 86400.0
"""The longest window of a rule: what is older is forgotten."""

RESERVED: Final = frozenset({"and", "or", "not", "in", "without", "within", "between"})
NO_VALUES: Final = RESERVED - {"in"}
"""Words that are no values either; a direction may well be ``in``."""

_SCOPES: Final[dict[str, Scope]] = {"place": "place", "building": "building"}
_ON: Final[dict[str, Scope]] = {"gateway": "gateway", "device": "device"}


class Cursor:
    """A place in the tokens of ``text``."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _ahead(self, steps: int = 1) -> Token:
        return self._tokens[min(self._at + steps, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _word(self, *words: str) -> bool:
        return self._next.kind == "name" and self._next.text in words

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(
                f"括号或 not 嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} deep", self._next.offset
            )

    def _name(self, zh: str, en: str) -> Token:
        """Take a name; ``zh`` and ``en`` say what belongs here."""
        if self._next.kind != "name" or self._next.text in RESERVED:
            raise self._unexpected(zh, en)
        return self._take()

    def _open(self, zh: str, en: str) -> int:
        if self._next.kind != "open":
            raise self._unexpected(zh, en)
        return self._take().offset

    def _value(self) -> Token:
        """Take a number, a word or a string."""
        if self._next.kind not in ("name", "number", "string") or self._next.text in NO_VALUES:
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

    def _window(self) -> float:
        """Take a length of time, in seconds."""
        token = self._next
        if token.kind != "duration":
            raise self._no_window(token)
        self._take()
        seconds = parse_duration(token.text)
        if not 0 < seconds <= LONGEST_S:
            raise ExpressionError(
                f"时间 {token.text} 太{'长' if seconds else '短'}",
                f"{token.text} is too {'long' if seconds else 'short'}",
                token.offset, len(token.text), fix_zh="最长 35d, 要大于 0", fix_en="at most 35d, and more than 0",
            )  # fmt: skip
        return seconds

    def _no_window(self, token: Token) -> ExpressionError:
        if token.kind == "number":
            return ExpressionError(
                f"“{token.text}”没有时间单位", f"“{token.text}” has no time unit", token.offset, len(token.text),
                fix_zh=f"写成 {token.text}s、{token.text}m 或 {token.text}h",
                fix_en=f"write {token.text}s, {token.text}m or {token.text}h",
            )  # fmt: skip
        if token.kind == "span":
            return ExpressionError(
                "这里要写时间长度, 不是时段", "a length of time belongs here, not a span of the day",
                token.offset, len(token.text), fix_zh="例如 10m; 时段只用于 min、max、mean、p95 和 between",
                fix_en="like 10m; spans are for min, max, mean, p95 and between",
            )  # fmt: skip
        return self._unexpected(
            "这里写时间长度, 例如 30s、10m、2h、7d", "a length of time belongs here: 30s, 10m, 2h, 7d"
        )

    def _daily(self) -> Span:
        """Take a span of the day."""
        token = self._take()
        ends = [tuple(map(int, end.split(":"))) for end in token.text.replace(" ", "").split("-")]
        (first, start), (last, end) = ends
        minutes = (first * 60 + start, last * 60 + end)
        if start > 59 or end > 59 or minutes[0] >= 1440 or minutes[1] > 1440 or minutes[0] == minutes[1]:
            raise ExpressionError(
                f"没有 {token.text} 这样的时段", f"there is no span {token.text}", token.offset, len(token.text),
                fix_zh="开始 00:00 到 23:59, 结束到 24:00, 两者不同",
                fix_en="it starts from 00:00 to 23:59, ends by 24:00, and the two differ",
            )  # fmt: skip
        return Span(*minutes, token.offset)

    def _scope(self, default: Scope = "device") -> Scope:
        """Take ``in same place`` and its like, where it stands here."""
        if self._word("in") and self._ahead().text == "same":
            self._take(), self._take()
            return _SCOPES[self._one_of(_SCOPES).text]
        if self._word("on") and self._ahead().text == "this":
            self._take(), self._take()
            return _ON[self._one_of(_ON).text]
        return default

    def _one_of(self, words: dict[str, Scope]) -> Token:
        if self._next.kind != "name" or self._next.text not in words:
            choices = ("in same place", "in same building", "on this gateway")
            raise self._unexpected(f"可用: {', '.join(choices)}", f"there are: {', '.join(choices)}")
        return self._take()

    def _unexpected(self, fix_zh: str = "", fix_en: str = "") -> ExpressionError:
        token = self._next
        if token.kind == "end":
            zh, en = "条件没有写完", "the condition ends too early"
        else:
            zh, en = f"“{token.text}”不该出现在这里", f"“{token.text}” does not belong here"
        return ExpressionError(zh, en, token.offset, len(token.text), fix_zh=fix_zh, fix_en=fix_en)


def literal(token: Token) -> Literal:
    """Return the value that a number, a string or a word stands for."""
    value: Word
    match token.kind:
        case "number":
            value = float(token.text) if any(c in token.text for c in ".eE") else int(token.text)
        case "string":
            value = token.text[1:-1]
        case _:
            value = {"true": True, "false": False}.get(token.text, token.text)
    return Literal(value, token.offset, len(token.text))
