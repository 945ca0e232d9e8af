"""The symbols that rule expressions are written in, and the error that says where they went wrong."""

import re
from dataclasses import dataclass
from typing import Final


class ExpressionError(ValueError):
    """Text that is not in the language: what is wrong and what to write, in both languages, and where.

    ``offset`` and ``length`` count characters of the text given to ``parse``.
    """

    def __init__(self, zh: str, en: str, offset: int, length: int = 1, *, fix_zh: str = "", fix_en: str = "") -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
        self.fix_zh, self.fix_en = fix_zh, fix_en
        self.offset, self.length = offset, max(1, length)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is span, duration, number, name, string, arrow, op, open, close, comma, star, dot or end; ``offset``
    counts from the text's start.
    """

    kind: str
    text: str
    offset: int


_TOKEN = re.compile(
    r"\s*(?:(?P<span>\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}(?![\w:.]))"
    r"|(?P<duration>\d+(?:\.\d+)?(?:ms|s|m|h|d)(?![\w.]))"
    r"|(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.:]))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<string>\"[^\"]*\"|'[^']*')"
    r"|(?P<arrow>->)"
    r"|(?P<op>==|!=|<=|>=|<(?!>)|>)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<star>\*)|(?P<dot>\.))"
)
_MISTYPED: Final = {
    "≥": ">=", "≤": "<=", "≠": "!=", "<>": "!=", "＝": "==", "=>": ">=", "=<": "<=", "=": "==", "＞": ">", "＜": "<",
    "（": "(", "）": ")", "，": ",", "&&": "and", "||": "or", "&": "and", "|": "or", "!": "not", "。": ".", "“": '"',
    "”": '"', "×": "*", "→": "->", "、": ",", "：": ":",
}  # fmt: skip
_TIMES: Final = {
    "ms": ("毫秒", "msec", "millis"), "s": ("秒", "秒钟", "sec", "secs", "second", "seconds", "S"),
    "m": ("分", "分钟", "min", "mins", "minute", "minutes", "M"),
    "h": ("时", "小时", "hour", "hours", "hr", "hrs", "H"), "d": ("天", "日", "day", "days", "D"),
}  # fmt: skip
_SUMS: Final = "+-/^"


def tokens(text: str) -> list[Token]:
    """Return the tokens of ``text``, ending with one of kind ``end``; ``ExpressionError`` at what is no token."""
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _strange(text, at + len(text[at:]) - len(text[at:].lstrip()))
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    found.append(Token("end", "", len(text.rstrip())))
    return found


def _strange(text: str, at: int) -> ExpressionError:
    for wrong in sorted(_MISTYPED, key=len, reverse=True):
        if text.startswith(wrong, at):
            right = _MISTYPED[wrong]
            return ExpressionError(
                f"“{wrong}”不是规则里的符号", f"“{wrong}” is not a symbol of the rule language", at, len(wrong),
                fix_zh=f"写成 {right}", fix_en=f"write {right}",
            )  # fmt: skip
    number = re.compile(r"\d[\w.:%°~～–—-]*").match(text, at)
    if number is not None:
        return _strange_number(number[0], at)
    if text[at] in "%°℃":
        return _strange_number(text[at], at)
    if text[at] in _SUMS:
        return ExpressionError(
            f"规则里没有“{text[at]}”运算", f"the rule language has no “{text[at]}”", at,
            fix_zh="只能用一个数乘以测点或统计量, 例如 3 * p95(flow_m3h, 30d)",
            fix_en="a number may multiply a point or a figure, like 3 * p95(flow_m3h, 30d); there is no other sum",
        )  # fmt: skip
    return ExpressionError(f"看不懂“{text[at]}”", f"“{text[at]}” has no meaning here", at)


def _strange_number(given: str, at: int) -> ExpressionError:
    digits = re.match(r"\d+(?:\.\d+)?", given)
    unit = given[digits.end() :] if digits else ""
    short = next((short for short, words in _TIMES.items() if unit in words), None)
    if digits and short:
        return ExpressionError(
            f"“{given}”不是时间长度的写法", f"“{given}” is not how a length of time is written", at, len(given),
            fix_zh=f"写成 {digits[0]}{short}", fix_en=f"write {digits[0]}{short}",
        )  # fmt: skip
    if ":" in given:
        return ExpressionError(
            f"“{given}”不是时段", f"“{given}” is not a span of the day", at, len(given),
            fix_zh="写成 23:00-05:00 (开始-结束, 24 小时制)", fix_en="write it like 23:00-05:00 (start-end, 24 hours)",
        )  # fmt: skip
    return ExpressionError(
        f"“{given}”不是数字", f"“{given}” is not a number", at, len(given),
        fix_zh="数字后面不写单位, 单位由测点决定", fix_en="write the number alone; the point decides the unit",
    )  # fmt: skip
