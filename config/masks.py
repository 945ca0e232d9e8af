"""Hides secrets and personal numbers in a line before anybody sees it, and tells where things then stand."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from config.document import Mapping, SecretRef, mappings, scalars
from config.problems import Place, Problem

STARS: Final = "********"
"""What stands for a hidden value, whatever its length."""

_SECRET_WORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "secret",
    "api_key",
    "access_key",
    "private_key",
)
_SECRET_KEY = re.compile(
    r"passw|passphrase|pwd|token|secret|api_?key|access_?key|private_?key|credential|密码|口令|密钥", re.IGNORECASE
)
_SECRET_PAIR = re.compile(
    r"(?P<key>[^\s\"'{},:]+)[\"']?\s*:(?!\s*!secret\b)\s*(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s,{}#][^,{}#]*)"
)
_SECRET_REST = re.compile(
    rf"(?:{_SECRET_KEY.pattern})[\w-]*[\"']?\s*[:=]?\s*(?!!secret\b)(?P<value>\S.*)$", re.IGNORECASE
)
_BLOCK = re.compile(
    rf"(?P<indent>\s*).*(?:{_SECRET_KEY.pattern})[\w-]*[\"']?\s*:\s*(?:[|>][+-]?\d?)?\s*$", re.IGNORECASE
)
_USERINFO = re.compile(r"(?<=://)[^/\s@\"']+(?=@)")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]|(?:\+?86[- ]?)?1[3-9]\d{9})(?![0-9A-Za-z])"
)


def is_secret_key(key: str) -> bool:
    """Tell whether what stands under ``key`` is to be kept from sight; a mistyped ``pasword`` counts."""
    return bool(_SECRET_KEY.search(key) or difflib.get_close_matches(key.lower(), _SECRET_WORDS, n=1, cutoff=0.75))


def is_personal(text: str) -> bool:
    """Tell whether ``text`` holds what looks like a Chinese identity or mobile phone number."""
    return _IDENTITY.search(text) is not None


class Masks:
    """What must not be shown of one file: ``lines`` of its text, and its tree where it has one.

    Beside what looks secret, it hides what ``problems`` call so (E301, E303), and what stands under a key that nobody
    knows (E101): it may be a secret whose key was garbled.
    """

    def __init__(self, lines: list[str], tree: Mapping | None, problems: Iterable[Problem] = ()) -> None:
        self._lines = lines
        self._hidden: dict[int, list[tuple[int, int]]] = {}
        self._values: set[str] = set()
        self._pattern = _SECRET_REST if tree is None else _SECRET_PAIR
        for number, line in enumerate(lines, 1):
            if block := _BLOCK.match(line):
                self._hide_block(number, len(block["indent"]))
        unknown = set()
        for each in problems:
            if each.code in ("E301", "E303"):
                self._hide(each.place, each.place.line)
            elif each.code == "E101" and not each.fields["match"]:
                unknown.add(each.place)
        if tree is not None:
            self._hide_tree(tree, unknown)

    def _hide_tree(self, tree: Mapping, unknown: set[Place]) -> None:
        for key, scalar in scalars(tree):
            if is_secret_key(key) and not isinstance(scalar.value, SecretRef):
                self._hide(scalar.place, scalar.end_line)
                self._values.add(str(scalar.value))
        for branch in mappings(tree):
            for key, place in branch.keys.items():
                if place in unknown:
                    for _, scalar in scalars(branch.entries[key]):
                        self._hide(scalar.place, scalar.end_line)

    def _hide_block(self, number: int, indent: int) -> None:
        for at, line in enumerate(self._lines[number:], number + 1):
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                return
            self._hide(Place(at, 1, len(line)), at)

    def _hide(self, place: Place, end_line: int) -> None:
        self._hidden.setdefault(place.line, []).append((place.col - 1, place.col - 1 + place.length))
        for line in range(place.line + 1, min(end_line, len(self._lines)) + 1):
            self._hidden.setdefault(line, []).append((0, len(self._lines[line - 1])))

    def apply(self, found: Problem) -> Problem:
        """Return the problem with its line and words as they may be shown, and its place in that line."""
        number = found.place.line
        line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
        start = min(found.place.col - 1, len(line))
        stop = min(start + found.place.length, len(line))
        shown, at, to = _starred(line, self._spans(number, line), start, stop)
        fields = {name: self._clean(value) for name, value in found.fields.items()}
        return replace(found, fields=fields, source=shown, shown=Place(number, at + 1, max(1, to - at)))

    def _clean(self, value: object) -> object:
        text = str(value)
        return STARS if text in self._values or is_personal(text) else value

    def _spans(self, number: int, line: str) -> list[tuple[int, int]]:
        spans = list(self._hidden.get(number, ()))
        spans += [match.span() for match in _IDENTITY.finditer(line)]
        spans += [match.span() for match in _USERINFO.finditer(line)]
        for match in self._pattern.finditer(line):
            if self._pattern is _SECRET_REST or is_secret_key(match["key"]):
                spans.append(match.span("value"))
        merged: list[tuple[int, int]] = []
        for start, stop in sorted(span for span in spans if span[0] < span[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
            else:
                merged.append((start, stop))
        return merged


def _starred(line: str, spans: list[tuple[int, int]], start: int, stop: int) -> tuple[str, int, int]:
    """Return the line with ``spans`` replaced, and where its part from ``start`` to ``stop`` then is."""
    out, position, marks = "", 0, {start: 0, stop: 0}
    for begin, end in spans:
        for mark in marks:
            if position <= mark < begin:
                marks[mark] = len(out) + mark - position
            elif begin <= mark < end:
                marks[mark] = len(out) + begin - position + (len(STARS) if mark == stop and mark > begin else 0)
        out += line[position:begin] + STARS
        position = end
    for mark in marks:
        if mark >= position:
            marks[mark] = len(out) + mark - position
    return out + line[position:], marks[start], marks[stop]
