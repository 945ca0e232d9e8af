"""Every file opens with the sentence that justifies it, stays small, and names nothing that does not belong here."""

import ast
import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("path", of_kind(".py"), ids=str)
def test_a_python_file_opens_with_its_sentence(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(read(path)))
    assert docstring, f"{path} has no opening sentence"
    first = docstring.split("\n\n")[0].strip()
    assert re.search(r"[.!?:]$|[.!?]", first), f"{path} opens with {first!r}, which is no sentence"


@pytest.mark.parametrize("path", of_kind(*OPENINGS), ids=str)
def test_other_files_open_with_their_sentence(path: Path) -> None:
    assert re.match(OPENINGS[path.suffix], read(path)), f"{path} does not open with its sentence"


@pytest.mark.parametrize("path", of_kind(".py", ".ts", ".vue"), ids=str)
def test_a_file_is_small_or_says_why_not(path: Path) -> None:
    lines = read(path).splitlines()
    if len(lines) > FILE_LIMIT:
        assert any(REASON.search(line) for line in lines[:10]), f"{path} has {len(lines)} lines"


@pytest.mark.parametrize("path", of_kind(".py"), ids=str)
def test_a_function_is_small_or_says_why_not(path: Path) -> None:
    text = read(path)
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LIMIT:
                assert REASON.search(lines[node.lineno - 1]), f"{path}:{node.lineno} {node.name} has {length} lines"


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
