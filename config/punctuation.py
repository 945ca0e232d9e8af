"""Finds Chinese punctuation where YAML needs its own: what an input method types, and the eye does not see."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from config.problems import Place, Problem, problem

_RIGHT: Final = {"：": ":", "，": ",", "｛": "{", "｝": "}", "［": "[", "］": "]"}
_SPACE: Final = re.compile("[ ]*(?P<wide>[\u3000\u00a0]+)")
_AFTER_KEY: Final = re.compile(r"[ ]*(?:- )?[A-Za-z_][\w-]*[ ]*(?P<wide>：)")
_BRACE: Final = re.compile(r"[ ]*(?:- )?[A-Za-z_][\w-]*:[ ]+(?P<wide>[｛［])")
_IN_BRACES: Final = re.compile(r"""[^#"'{\[]*[{\[][^"'#]*?(?P<wide>[：，｛｝［］])""")


def wide_punctuation(lines: Sequence[str], numbers: Iterable[int]) -> Problem | None:
    """Return the first such mistake among the lines with these 0-based ``numbers``, if there is one.

    Only for lines that are known to be wrong: text may hold any punctuation.
    """
    for number in sorted({each for each in numbers if 0 <= each < len(lines)}):
        for form in (_SPACE, _AFTER_KEY, _BRACE, _IN_BRACES):
            if found := form.match(lines[number]):
                return wide_mark(found["wide"], Place(number + 1, found.start("wide") + 1, len(found["wide"])))
    return None


def wide_mark(given: str, at: Place) -> Problem:
    """Return the problem of the Chinese punctuation ``given`` (one sign, or a run of wide spaces)."""
    right = _RIGHT.get(given)
    zh, en = (f"“{right}”", f"“{right}”") if right else ("普通空格", "plain spaces")
    name_zh, name_en = (f"“{given}”", f"“{given}”") if right else ("全角空格", "a wide space")
    return problem("E007", at, zh=name_zh, en=name_en, fix_zh=f"切换到英文输入法, 改成{zh}", fix_en=f"write {en}")
