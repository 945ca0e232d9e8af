"""One mistake in a gateway file: its code, its place, what to say about it, and the line as it may be shown."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from config.codes import CODES

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: 1-based ``line`` and ``col``, and ``length`` in characters on that line."""

    line: int
    col: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake (code E...) or a warning (W...) at ``place`` of ``file``.

    ``fields`` fill the templates of its code. ``source`` is the line as it may be shown, secrets replaced, and
    ``shown`` the place within it; both empty until ``Masks.apply``.
    """

    code: str
    place: Place
    fields: dict[str, object] = field(default_factory=dict)
    file: str = ""
    source: str = ""
    shown: Place | None = None

    @property
    def severity(self) -> Literal["error", "warning"]:
        """Errors keep the file from being used; warnings do not."""
        return "error" if self.code.startswith("E") else "warning"

    def message(self, lang: Lang) -> str:
        """Return the one line that says what is wrong."""
        wording = CODES[self.code]
        return (wording.zh if lang == "zh" else wording.en).format_map(self.fields)

    def remedy(self, lang: Lang) -> str:
        """Return what to write instead, perhaps empty."""
        wording = CODES[self.code]
        return (wording.fix_zh if lang == "zh" else wording.fix_en).format_map(self.fields).strip()


def problem(code: str, place: Place, /, **fields: object) -> Problem:
    """Return a problem; ``fields`` are what the code's templates name."""
    return Problem(code, place, fields)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, by place, then code; those of files beside it come last."""
    unique = {(each.file, each.place, each.code): each for each in problems}
    return tuple(unique[key] for key in sorted(unique))


def has_errors(problems: Iterable[Problem]) -> bool:
    """Tell whether any of them keeps the file from being used."""
    return any(each.severity == "error" for each in problems)


def nearest(given: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that ``given`` was probably meant to be, if any is near.

    Near is a few letters off, or sharing the first word (``fill_level`` and ``fill_pct``).
    """
    names = list(known)
    found = difflib.get_close_matches(given, names, n=1, cutoff=0.6)
    if found:
        return found[0]
    head = re.split(r"[_/-]", given)[0]
    sharing = [name for name in names if re.split(r"[_/-]", name)[0] == head]
    return sharing[0] if len(head) > 2 and sharing else None


def near(given: str, known: Iterable[str]) -> dict[str, str]:
    """Return ``near_zh`` and ``near_en``: the question whether the nearest of ``known`` was meant, or empty."""
    match = nearest(given, known)
    if match is None:
        return {"near_zh": "", "near_en": ""}
    return {"near_zh": f"是不是 “{match}”? ", "near_en": f"did you mean “{match}”? "}


def located(found: Problem, file: str) -> Problem:
    """Return the problem naming its file."""
    return replace(found, file=file)
