"""What the documents say, held to the tree: generated parts are current, and what is named in them is there."""

import re
from pathlib import Path

import pytest

from tests.house import cli_help, rooms, rules_catalogue
from tests.house.sources import PACKAGES, ROOT, of_kind, read, tracked

PAGES = [path for path in of_kind(".md") if path.parts[0] == "docs" or len(path.parts) == 1]
ADRS = sorted(path for path in PAGES if re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name))
TOP = {path.parts[0] for path in tracked() if len(path.parts) > 1}
BUILT = ("collector/console/static", "collector/console/web/node_modules")
"""Folders that git ignores: they are there once they are built."""

COMMANDS = {name for name, _ in cli_help.commands()}
DEEDS = set(re.findall(r"^([a-z]+):.*## ", read(Path("Makefile")), re.MULTILINE))


def spans(path: Path) -> list[str]:
    """Return the code of a page: what stands in backticks within a line, and the lines of its blocks."""
    text = read(path)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose) + [line.strip() for block in blocks for line in block.splitlines()]


def test_the_help_of_every_command_is_in_the_docs() -> None:
    assert cli_help.is_current(), "docs/cli.md is not what the programs say: run `make docs`"


def test_the_map_names_every_module() -> None:
    assert rooms.is_current(), "docs/map.md is not what the modules say of themselves: run `make docs`"


def test_the_page_of_rules_is_the_catalogue() -> None:
    assert rules_catalogue.is_current(), "docs/rules-catalogue.md is not what the catalogue says: run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", read(path))
    lost = [
        target
        for target in targets
        if not target.startswith(("http://", "https://", "#"))
        and not (ROOT / path.parent / target.partition("#")[0]).exists()
    ]
    assert lost == [], f"{path} links to what is not there"


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_path_that_is_named_exists(path: Path) -> None:
    named = [span for span in spans(path) if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", span)]
    ours = [span for span in named if span.split("/")[0] in TOP and not span.startswith(BUILT)]
    assert [span for span in ours if not (ROOT / span).exists()] == [], f"{path} names what is not there"


@pytest.mark.parametrize("path", [page for page in PAGES if page.name != "cli.md"], ids=str)
def test_every_command_that_is_named_exists(path: Path) -> None:
    for span in spans(path):
        if match := re.match(r"(?:sudo )?(edge-agent|collector|simulators) ([a-z]+)(?: ([a-z]+))?(?![\w:.-])", span):
            program, first, second = match.groups()
            known = f"{program} {first}" in COMMANDS or f"{program} {first} {second}" in COMMANDS
            assert known, f"{path} names a command that is not there: {span}"
        if match := re.match(r"make ([a-z]+)\b", span):
            assert match[1] in DEEDS, f"{path} names a deed that is not there: {span}"


def test_every_word_on_the_security_page_is_said_by_a_program() -> None:
    tables = [line for line in read(Path("docs/security.md")).splitlines() if line.startswith("| ")]
    words = set(re.findall(r"`([a-z_]+)`", "\n".join(tables)))
    programs = "\n".join(read(path) for path in of_kind(".py") if path.parts[0] in PACKAGES)
    assert len(words) > 30
    assert [word for word in sorted(words) if not re.search(rf"[\"' ]{word}[\"':]", programs)] == []


def test_there_are_decisions() -> None:
    numbers = [path.name[:4] for path in ADRS]
    assert numbers == [f"{number:04}" for number in range(1, len(ADRS) + 1)]
    assert len(ADRS) >= 12


@pytest.mark.parametrize("path", ADRS, ids=str)
def test_every_decision_is_listed_and_whole(path: Path) -> None:
    assert f"]({path.name})" in read(Path("docs/adr/README.md")), f"docs/adr/README.md does not list {path.name}"
    headings = re.findall(r"^## (.+)$", read(path), re.MULTILINE)
    assert headings == ["Context", "Decision", "Roads not taken", "Consequences"]
