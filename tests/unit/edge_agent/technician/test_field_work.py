"""docs/field-work.md is true: what it shows of each command is what the command prints."""

import re

from edge_agent.technician import discover_page, listening_page, plan_page, trial_page, watching_page
from tests.house.cli_help import commands
from tests.house.sources import ROOT
from tests.unit.edge_agent.technician.golden import HOME

PAGE = (ROOT / "docs" / "field-work.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n\$ (edge-agent [^\n]+)\n(.*?)```", PAGE, re.DOTALL)
PRINTED = {line for path in HOME.glob("*.zh.txt") for line in path.read_text("utf-8").splitlines()}


def test_every_output_is_one() -> None:
    assert {command.split()[1] for command, _ in BLOCKS} == {"plan", "discover", "try", "record"}
    shown = [line for _, output in BLOCKS for line in output.splitlines() if line != "…"]
    assert [line for line in shown if line not in PRINTED] == []


def test_every_option_exists() -> None:
    known = dict(commands())
    typed = re.findall(r"`(edge-agent [^`\n]+)`", PAGE) + [command for command, _ in BLOCKS]
    for command in typed:
        for option in re.findall(r" (--[a-z-]+)", command):
            assert option in known[" ".join(command.split()[:2])], command
    for option in re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE):
        assert option in known["edge-agent discover"]


def test_every_page_says_the_same_in_both_languages() -> None:
    for page in (discover_page, listening_page, plan_page, trial_page, watching_page):
        words: dict[str, dict[str, object]] = page._WORDS
        assert words["zh"].keys() == words["en"].keys()
        for key in words["zh"]:
            fields = [sorted(re.findall(r"{(\w+)", str(words[lang][key]))) for lang in ("zh", "en")]
            assert fields[0] == fields[1], key
