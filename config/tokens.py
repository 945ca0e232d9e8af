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
    """``kind`` is number, name, string, op, open, close, comma or end; ``offset`` counts from the text's start."""

    kind: str
    text: str
    offset: int


_TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<string>\"[^\"]*\"|'[^']*')"
    r"|(?P<op>==|!=|<=|>=|<(?!>)|>)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,))"
)
_MISTYPED: Final = {
    "≥": ">=", "≤": "<=", "≠": "!=", "<>": "!=", "＝": "==", "=>": ">=", "=<": "<=", "=": "==", "＞": ">", "＜": "<",
    "（": "(", "）": ")", "，": ",", "&&": "and", "||": "or", "&": "and", "|": "or", "!": "not", "。": ".", "“": '"',
    "”": '"',
}  # fmt: skip


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
    number = re.compile(r"\d[\w.%°]*").match(text, at)
    if number is not None:
        return ExpressionError(
            f"“{number[0]}”不是数字", f"“{number[0]}” is not a number", at, len(number[0]),
            fix_zh="数字后面不写单位, 单位由测点决定", fix_en="write the number alone; the point decides the unit",
        )  # fmt: skip
    return ExpressionError(f"看不懂“{text[at]}”", f"“{text[at]}” has no meaning here", at)
