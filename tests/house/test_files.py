"""Every file opens with the sentence that justifies it, stays small, and names nothing that does not belong here."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.house.sources import of_kind, read, tracked

FILE_LIMIT, FUNCTION_LIMIT = 300, 50
REASON = re.compile(r"(#|//|<!--) long: \S+")
"""A limit may be passed where the reason is written: ``# long: why`` in the file's first ten lines or on ``def``."""

BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "misc"}
ALLOWED_COMMON = {Path("config/classes/common.yaml"), Path("config/scenarios/common.yaml")}
"""The catalogue's rules that are common to every class are called common rules in the field."""

OPENINGS = {
    ".yaml": r"# \S+",
    ".yml": r"# \S+",
    ".toml": r"# \S+",
    ".ts": r"(//|/\*\*) \S+",
    ".vue": r"<!-- \S+",
    ".css": r"/\* \S+",
    ".sh": r"#!.*\n# \S+",
    ".service": r"# \S+",
    ".rules": r"# \S+",
    ".conf": r"# \S+",
    ".md": r"(# |\S)",
}


@cache
def facts(path: Path) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """Return a Python file's opening paragraph, and the line, length and name of each of its functions.

    The tree itself is not kept: all of them together would be many times the sources.
    """
    tree = ast.parse(read(path))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = [(node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1, node.name) for node in functions]
    return (ast.get_docstring(tree) or "").split("\n\n")[0], tuple(lengths)


def test_every_python_file_opens_with_its_sentence() -> None:
    openings = {path: facts(path)[0] for path in of_kind(".py")}
    assert {path: said for path, said in openings.items() if not re.search(r"[.!?:]", said)} == {}


def test_every_other_file_opens_with_its_sentence() -> None:
    assert [path for path in of_kind(*OPENINGS) if not re.match(OPENINGS[path.suffix], read(path))] == []


def test_every_file_is_small_or_says_why_not() -> None:
    lines = {path: read(path).splitlines() for path in of_kind(".py", ".ts", ".vue")}
    long = {path: text for path, text in lines.items() if len(text) > FILE_LIMIT}
    assert {path: len(text) for path, text in long.items() if not any(map(REASON.search, text[:10]))} == {}


def test_every_function_is_small_or_says_why_not() -> None:
    long = [
        f"{path}:{line} {name} has {length} lines"
        for path in of_kind(".py")
        for line, length, name in facts(path)[1]
        if length > FUNCTION_LIMIT and not REASON.search(read(path).splitlines()[line - 1])
    ]
    assert long == []


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    drawers = [path for path in tracked() if path.stem in BANNED_NAMES and path not in ALLOWED_COMMON]
    assert drawers == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    words = ["/wo" + "rk/", "/ro" + "ot/", "pypi" + ".org", "npmjs" + ".org", "npmjs" + ".com", "deb" + ".debian.org"]
    words += ["bash" + "_jobs", "python" + "hosted"]
    found = [
        f"{path}: {word}"
        for path in tracked()
        if path.suffix not in {".png", ".jpg", ".ico", ".whl"}
        for word in words
        if word in read(path)
    ]
    assert found == []
