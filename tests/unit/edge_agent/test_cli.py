"""The command line: exit statuses, languages, and what a technician reads."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from tests.unit.edge_agent.test_configuration import GOOD, WRONG


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner(env={"LANG": "zh_CN.UTF-8"})


def test_help_lists_every_command(runner: CliRunner) -> None:
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    for command in ("run", "check", "enrol", "status", "profiles", "schema", "buffer"):
        assert command in result.output


def test_check_passes_a_good_file_and_fails_a_wrong_one(runner: CliRunner, tmp_path: Path) -> None:
    good, wrong = tmp_path / "good.yaml", tmp_path / "wrong.yaml"
    good.write_text(GOOD, encoding="utf-8")
    wrong.write_text(WRONG, encoding="utf-8")
    assert runner.invoke(app, ["check", str(good)]).exit_code == 0
    result = runner.invoke(app, ["check", str(good), str(wrong)])
    assert result.exit_code == 1
    assert "错误[E107]" in result.output
    assert "error[E107]" in runner.invoke(app, ["check", str(wrong), "--lang", "en"]).output


def test_check_speaks_json_and_github(runner: CliRunner, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG, encoding="utf-8")
    report = json.loads(runner.invoke(app, ["check", str(wrong), "--format", "json"]).output)
    assert report["errors"] == 2
    assert "::error " in runner.invoke(app, ["check", str(wrong), "--format", "github"]).output


def test_enrol_needs_a_name_from_somewhere(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(
        app, ["enrol", "--collector", "http://127.0.0.1:9", "--code", "X", "--config", str(tmp_path / "none.yaml")]
    )
    assert result.exit_code == 2
    assert "--gateway" in result.output


def test_enrol_without_a_collector_fails_plainly_and_writes_nothing(runner: CliRunner, tmp_path: Path) -> None:
    arguments = ["enrol", "--collector", "http://127.0.0.1:9", "--code", "X", "--gateway", "gate-a"]
    result = runner.invoke(app, [*arguments, "--state", str(tmp_path)])
    assert result.exit_code == 2
    assert "登记未成功" in result.output
    assert not (tmp_path / "identity.json").exists()


def test_status_without_an_agent_says_so(runner: CliRunner) -> None:
    result = runner.invoke(app, ["status", "--url", "http://127.0.0.1:9", "--lang", "en"])
    assert result.exit_code == 2
    assert "No gateway answers" in result.output


def test_profiles_names_models_in_the_chosen_language(runner: CliRunner) -> None:
    assert "智能垃圾桶" in runner.invoke(app, ["profiles", "--kind", "smart_bin"]).output
    english = runner.invoke(app, ["profiles", "--lang", "en"]).output
    assert "meter/eastron-sdm120" in english


def test_schema_is_json(runner: CliRunner) -> None:
    assert "properties" in json.loads(runner.invoke(app, ["schema"]).output)
