"""Shows problems to people (text with a caret), to programs (JSON) and to a pull request (GitHub annotations)."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal

from config.problems import Lang, Place, Problem

Format = Literal["text", "json", "github"]

_WIDTH: Final = 100
"""Columns of source shown beside the line number; a Chinese character takes two."""

_SEVERITY: Final = {
    "zh": {"error": "错误", "warning": "警告"},
    "en": {"error": "error", "warning": "warning"},
}


def render(problems: Sequence[Problem], file: str, lang: Lang = "zh", style: Format = "text") -> str:
    """Return the whole report, without a last newline; ``file`` is named in the summary."""
    if style == "json":
        return json.dumps(as_data(problems, file), ensure_ascii=False, indent=2)
    if style == "github":
        return "\n".join(_annotation(each, lang) for each in problems)
    return with_last_line(problems, summary(problems, file, lang), lang)


def with_last_line(problems: Sequence[Problem], last: str, lang: Lang) -> str:
    """Return each problem as text with a caret, and ``last`` as the end of it."""
    return "\n\n".join([*(_block(each, lang) for each in problems), last])


def summary(problems: Sequence[Problem], file: str, lang: Lang = "zh") -> str:
    """Return the one line at the end: how many of each, and what the gateway does now."""
    errors = sum(each.severity == "error" for each in problems)
    warnings = len(problems) - errors
    if lang == "zh":
        tail = " — 不能使用; 运行中的网关继续用上一份可用配置。" if errors else " — 可以使用。"
        return f"{file}: {errors} 个错误, {warnings} 个警告{tail}"
    tail = " — not fit for use; a running gateway keeps its last good one." if errors else " — fit for use."
    return f"{file}: {errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}{tail}"


def as_data(problems: Sequence[Problem], file: str) -> dict[str, object]:
    """Return the report as JSON data, with both languages in it."""
    return {
        "file": file,
        "errors": sum(each.severity == "error" for each in problems),
        "warnings": sum(each.severity == "warning" for each in problems),
        "problems": [
            {
                "code": each.code,
                "severity": each.severity,
                "file": each.file,
                "line": each.place.line,
                "col": each.place.col,
                "length": each.place.length,
                "message": {"zh": each.message("zh"), "en": each.message("en")},
                "remedy": {"zh": each.remedy("zh"), "en": each.remedy("en")},
                "source": each.source,
            }
            for each in problems
        ],
    }


def columns(text: str) -> int:
    """Return how many terminal columns ``text`` takes."""
    return sum(_columns_of(char) for char in text)


def _columns_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _block(found: Problem, lang: Lang) -> str:
    shown = found.shown or found.place
    number = str(found.place.line)
    margin = " " * len(number)
    source, before, length = _window(found.source.replace("\t", " "), shown)
    remedy = found.remedy(lang)
    lines = [
        f"{_SEVERITY[lang][found.severity]}[{found.code}]: {found.message(lang)}",
        f"{margin}--> {found.file}:{found.place.line}:{found.place.col}",
        f"{margin} |",
        f"{number} | {source}",
        f"{margin} | {' ' * before}{'^' * length}",
    ]
    if remedy:
        lines.append(f"{margin} = {'怎么改' if lang == 'zh' else 'help'}: {remedy}")
    return "\n".join(lines)


def _window(source: str, shown: Place) -> tuple[str, int, int]:
    """Return the part of the line to show, the columns before the caret and the caret's length, in columns."""
    start = min(shown.col - 1, len(source))
    marked = source[start : start + shown.length] or " "
    caret = max(1, columns(marked))
    if columns(source) <= _WIDTH:
        return source, columns(source[:start]), caret
    budget = max(20, (_WIDTH - min(caret, 40)) // 2)
    left, used = start, 0
    while left > 0 and used + _columns_of(source[left - 1]) <= budget:
        left -= 1
        used += _columns_of(source[left])
    right, used_all = start, used
    while right < len(source) and used_all + _columns_of(source[right]) <= _WIDTH - 4:
        used_all += _columns_of(source[right])
        right += 1
    head = "… " if left else ""
    tail = " …" if right < len(source) else ""
    return (
        head + source[left:right] + tail,
        columns(head + source[left:start]),
        min(caret, columns(source[start:right])),
    )


def _annotation(found: Problem, lang: Lang) -> str:
    text = found.message(lang)
    if remedy := found.remedy(lang):
        text += f" — {remedy}"
    safe = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    end = found.place.col + found.place.length
    place = f"file={found.file},line={found.place.line},col={found.place.col},endColumn={end}"
    return f"::{found.severity} {place},title={found.code}::{safe}"
