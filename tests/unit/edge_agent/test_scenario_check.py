"""``edge-agent check`` plays the scenarios beside a gateway file: the page's example, and what goes wrong."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from edge_agent.scenario_check import files_beside

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "config" / "examples" / "community.yaml"
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
(STORIES,) = re.findall(r"```yaml\n(# 本小区的规则.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path / "community.yaml"))


def beside(site: Path, text: str, name: str = "community.scenarios.yaml") -> None:
    (site.parent / name).write_text(text, encoding="utf-8")


def test_the_example_of_the_page_comes_true(runner: CliRunner, site: Path) -> None:
    beside(site, STORIES)
    result = runner.invoke(app, ["check", str(site), "--lang", "en"])
    assert "community.scenarios.yaml: 3 scenarios, 0 not as written" in result.output
    assert result.exit_code == 0


def test_a_file_without_scenarios_says_nothing_of_them(runner: CliRunner, site: Path) -> None:
    result = runner.invoke(app, ["check", str(site), "--lang", "en"])
    assert "as written" not in result.output
    assert result.exit_code == 0


def test_a_story_that_does_not_come_true_is_pointed_at(runner: CliRunner, site: Path) -> None:
    beside(site, STORIES.replace("100s                           -> raised yellow", "70s  -> raised yellow"))
    result = runner.invoke(app, ["check", str(site), "--lang", "en"])
    assert result.exit_code == 1
    assert "error[E403]: scenario “movers prop the door” is not what rule door_held_open does: " in result.output
    assert "written is raised at 1m10s (yellow); what came is raised at 1m40s (yellow)" in result.output
    assert "--> community.scenarios.yaml:8:7" in result.output
    assert "community.scenarios.yaml: 3 scenarios, 1 not as written" in result.output
    assert "3 个场景, 1 个不符" in runner.invoke(app, ["check", str(site), "--lang", "zh"]).output


def test_programs_are_told_the_same(runner: CliRunner, site: Path) -> None:
    beside(site, STORIES.replace("cleared", "changed red"))
    report = json.loads(runner.invoke(app, ["check", str(site), "--format", "json"]).output)
    assert {each["code"] for each in report["problems"]} == {"E403"}
    assert {each["file"] for each in report["problems"]} == {"community.scenarios.yaml"}
    shown = runner.invoke(app, ["check", str(site), "--format", "github"]).output
    assert "::error file=community.scenarios.yaml,line=" in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("undervoltage:\n  - {name: x, steps: 0s}\n", "no rule “undervoltage” is in effect here"),
        ("charger_overload:\n  - {name: x, device: meter-light, steps: 0s}\n", "does not watch meter-light"),
        ("door_held_open: [\n", "is never closed"),
    ],
)
def test_what_cannot_be_played_is_a_mistake(runner: CliRunner, site: Path, text: str, said: str) -> None:
    beside(site, text)
    result = runner.invoke(app, ["check", str(site), "--lang", "en"])
    assert result.exit_code == 1
    assert said in result.output
    assert "1 mistake" in result.output


def test_a_file_that_is_not_text_is_a_mistake(runner: CliRunner, site: Path) -> None:
    (site.parent / "community.scenarios.yaml").write_bytes(b"\xff\xfe\x00")
    result = runner.invoke(app, ["check", str(site), "--lang", "en"])
    assert result.exit_code == 1
    assert "error[E005]" in result.output


def test_a_gateway_file_has_its_own_scenarios_and_no_others(site: Path) -> None:
    for name in ("community.scenarios.yaml", "community.night.scenarios.yaml", "other.scenarios.yaml"):
        beside(site, "{}", name)
    assert [each.name for each in files_beside(site)] == ["community.night.scenarios.yaml", "community.scenarios.yaml"]
    assert files_beside(site.parent / "nowhere" / "x.yaml") == []


def test_a_wrong_gateway_file_is_told_alone(runner: CliRunner, site: Path) -> None:
    beside(site, STORIES)
    site.write_text(site.read_text(encoding="utf-8").replace("version: 1", "version: 9"), encoding="utf-8")
    result = runner.invoke(app, ["check", str(site), "--lang", "en"])
    assert result.exit_code == 1
    assert "as written" not in result.output
