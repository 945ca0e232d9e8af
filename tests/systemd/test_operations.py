"""docs/operations.md is true: its commands, files, units, metrics and log words are in the tree."""

import re
from pathlib import Path

import pytest

from collector.fleet.presence import Link
from edge_agent import metrics
from tests.house import cli_help
from tests.house.sources import ROOT, of_kind, read, tracked
from tests.systemd.units import SYSTEMD, UNITS, value

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
HELP = dict(cli_help.commands())
CODE = "\n".join(read(path) for path in of_kind(".py") if path.parts[0] in {"edge_agent", "collector", "drivers"})


def _rows(heading: str) -> list[str]:
    """Return the first cell of each row of the table that begins with ``heading``."""
    table = PAGE[PAGE.index(heading) :].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


@pytest.mark.parametrize("line", re.findall(r"^.*(?:edge-agent|collector) [a-z]+.*$", PAGE, re.MULTILINE))
def test_every_command_and_option_exists(line: str) -> None:
    for program, words in re.findall(r"(?:bin/|u linli-\w+ |`|^)(edge-agent|collector) ([^`|\n]+)", line):
        found = [name for name in HELP if f"{program} {words} ".startswith(f"{name} ") and name != program]
        assert found, f"there is no command {program} {words}"
        options = re.findall(r"(?<= )--[a-z-]+", words)
        assert [option for option in options if option not in HELP[max(found, key=len)]] == []


def test_every_file_of_the_folder_is_installed() -> None:
    ours = {path.name for path in tracked() if path.parts[0] == SYSTEMD.name}
    assert {name for name in ours if f"systemd/{name} " not in PAGE} == set()


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_programs_and_folders_are_where_the_units_say(unit: Path) -> None:
    program = value(unit, "ExecStart").split()[0]
    assert f"sudo ln -sf {program} " in PAGE
    assert f"`/var/lib/{value(unit, 'StateDirectory')}`" in PAGE
    assert f"`{value(unit, 'User')}`" in PAGE


def test_every_metric_is_one() -> None:
    counters = {f"{name}_total" for name, _ in metrics._COUNTERS.values()}
    named = _rows("| 指标 metric")
    assert len(named) > 5
    for name in named:
        short = name.removeprefix("linli_collector_").removesuffix("_total")
        of_agent = name in counters or (not name.endswith("_total") and f'"{name}"' in CODE)
        assert of_agent or f'"{short}"' in CODE or short in {f"gateways_{link.value}" for link in Link}, name


def test_every_word_of_the_log_is_logged() -> None:
    named = _rows("| 日志里的词")
    assert len(named) > 4
    assert [word for word in named if f'("{word}"' not in CODE] == []
