"""The commands by which documents prove what they promise: modules, options, scenarios and tests that are there."""

import re
import shlex
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.faults.__main__ import words
from tests.faults.scenario import FOLDER
from tests.house.sources import ROOT, of_kind, read
from tests.house.test_docs import PAGES, TOP, spans

RELIABILITY = Path("docs/reliability.md")
SCENARIOS = {path.stem for path in FOLDER.glob("*.yaml")}


def _said(path: Path) -> list[tuple[str, list[str]]]:
    """Return each of our modules that a page says how to run, and the words after it."""
    lines = [match for span in spans(path) if (match := re.search(r"python -m ([\w.]+)([^|#;&]*)", span))]
    return [(match[1], shlex.split(match[2])) for match in lines if match[1].split(".")[0] in TOP]


@cache
def _help(module: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_module_that_is_to_be_run_is_there_and_takes_its_words(path: Path) -> None:
    for module, said in _said(path):
        assert find_spec(module), f"{path} runs what is not there: {module}"
        if module == "tests.faults":
            assert set(words().parse_args(said).scenario) <= SCENARIOS, f"{path} plays what is not there: {said}"
        elif said:
            known = re.findall(r"--?[\w-]+|[a-z]+", _help(module))
            assert [word for word in said if not word.isdigit() and word not in known] == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_test_that_is_to_be_run_is_there(path: Path) -> None:
    for span in spans(path):
        if match := re.search(r"(?:^| )pytest ([^#]+)", span):
            places, _, chosen = match[1].partition(" -k ")
            found = [file for place in places.split() if not place.startswith("-") for file in _tests(place)]
            assert found, f"{path} runs tests that are not there: {span}"
            names = re.findall(r"def (test_\w+)", "\n".join(map(read, found)))
            assert any(chosen.strip() in name for name in names), f"{path} chooses no test: {span}"


def _tests(place: str) -> list[Path]:
    """Return the files of a folder, or a file itself; ``AssertionError`` for what is not there."""
    assert (ROOT / place).exists(), f"{place} is not there"
    return [path for path in of_kind(".py") if path == Path(place) or Path(place) in path.parents]


def test_every_scenario_proves_something_that_is_promised() -> None:
    played = {name for module, said in _said(RELIABILITY) if module == "tests.faults" for name in said}
    assert SCENARIOS - played == set(), "docs/reliability.md plays none of these"


def test_every_promise_has_its_proof() -> None:
    table = read(RELIABILITY).split("## ")[1:]
    rows = [line for part in table if "promised" in part[:80] for line in part.splitlines() if line.startswith("| ")]
    proven = [row for row in rows if re.search(r"`(?:python -m|pytest) ", row)]
    assert len(proven) > 20
    assert [row for row in rows if row not in proven and not row.startswith(("| 承诺", "| ---"))] == []
