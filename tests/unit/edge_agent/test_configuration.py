"""A wrong file never stops a gateway: it runs on, or starts on, the last good copy, and says what is wrong where."""

import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge_agent.configuration import LAST_GOOD, Configuration, NoConfiguration
from edge_agent.judge import JudgeFailed, judge

GOOD = """\
version: 1
site: {code: test-gate, name: 测试小区}
buses:
  lan: {type: modbus-tcp, host: 127.0.0.1, port: 15999}
devices:
  bin-1: {name: 垃圾桶, profile: bin/dfrobot-sen0310, bus: lan, unit: 11, empty_mm: 1100, full_mm: 250, every: 5s}
"""
WRONG = GOOD.replace("lan, unit", "nowhere, unit") + "bogus: 1\n"


class _Box:
    def __init__(self, folder: Path) -> None:
        self.file, self.state = folder / "agent.yaml", folder / "state"
        self.state.mkdir()
        self.configuration = Configuration(self.file, self.state)

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")


@pytest.fixture
def box(tmp_path: Path) -> _Box:
    return _Box(tmp_path)


def test_a_good_file_is_planned_and_kept(box: _Box) -> None:
    box.write(GOOD)
    plan = box.configuration.first()
    assert plan.devices["bin-1"].keys() == ("distance_mm", "temperature_c", "fill_pct")
    assert {point.period_s for point in plan.devices["bin-1"].points} == {5.0}
    assert box.configuration.problem == ""
    assert (box.state / LAST_GOOD).read_text(encoding="utf-8") == GOOD
    assert (box.state / LAST_GOOD).stat().st_mode & 0o777 == 0o600


def test_lists_are_kept_with_the_copy_and_a_row_that_is_wrong_is_named(box: _Box) -> None:
    stolen = box.file.parent / "stolen.csv"
    stolen.write_text("tag\nA1\n", encoding="utf-8")
    box.write(GOOD + "lists: {被盗: stolen.csv}\n")
    assert set(box.configuration.first().settings.facts.lists["被盗"].entries) == {"A1"}
    stolen.write_text("tag,from\nA1,soon\n", encoding="utf-8")
    again = Configuration(box.file, box.state)
    assert set(again.first().settings.facts.lists["被盗"].entries) == {"A1"}
    assert again.problem.startswith("E138 stolen.csv:2:")


def test_a_wrong_file_names_every_mistake_and_leaves_the_copy_alone(box: _Box) -> None:
    box.write(GOOD)
    box.configuration.first()
    box.write(WRONG)
    with capture_logs() as logs:
        assert box.configuration.again() is None
    said = [(line["number"], line["place"]) for line in logs if line["event"] == "configuration_problem"]
    assert [code for code, _ in said] == ["E107", "E101"]
    assert said[1][1] == "agent.yaml:7:1"
    assert box.configuration.problem.startswith("E107 agent.yaml:6:")
    assert "(+1)" in box.configuration.problem
    assert (box.state / LAST_GOOD).read_text(encoding="utf-8") == GOOD


def test_a_mended_file_is_taken_and_the_problem_is_over(box: _Box) -> None:
    box.write(WRONG)
    assert box.configuration.again() is None
    box.write(GOOD)
    assert box.configuration.again() is not None
    assert box.configuration.problem == ""


def test_a_start_on_a_wrong_file_uses_the_last_good_copy_and_says_so(box: _Box) -> None:
    box.write(GOOD)
    digest = box.configuration.first().settings.hash
    box.write(WRONG)
    later = Configuration(box.file, box.state)
    with capture_logs() as logs:
        assert later.first().settings.hash == digest
    assert "running_on_last_good_configuration" in [line["event"] for line in logs]
    assert later.problem


def test_no_file_and_no_copy_is_no_configuration(box: _Box) -> None:
    with pytest.raises(NoConfiguration):
        box.configuration.first()
    assert box.configuration.problem


def test_a_missing_file_starts_on_the_copy_too(box: _Box) -> None:
    box.write(GOOD)
    box.configuration.first()
    box.file.unlink()
    assert Configuration(box.file, box.state).first() is not None


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true", "/nowhere"])
def test_a_judge_that_dies_is_a_problem_like_any_other(
    box: _Box, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    box.write(GOOD)
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(JudgeFailed):
        judge(box.file, box.state, box.state)
    assert box.configuration.again() is None
    assert box.configuration.problem.startswith("judge_failed")
