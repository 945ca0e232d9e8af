"""`edge-agent rules show`: which rules are in effect, and where each of their values comes from."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app

FILE = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  line: {type: modbus-rtu, port: /dev/serial/by-id/a, baud: 19200}
devices:
  bin-1: {name: 桶1, profile: bin/dfrobot-sen0310, bus: line, unit: 11, empty_mm: 1100, full_mm: 250}
  bin-2: {name: 桶2, profile: bin/dfrobot-sen0310, bus: line, unit: 12, empty_mm: 1100, full_mm: 250}
rules:
  change:
    bin_full:
      for: 3 readings
      devices: [bin-2]
      author: 王
"""


@pytest.fixture
def show(tmp_path: Path) -> "Show":
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE, encoding="utf-8")
    return Show(file)


class Show:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, *words: str, lang: str = "en") -> Result:
        return CliRunner().invoke(app, ["rules", "show", *words, "--config", str(self.file), "--lang", lang])


def test_a_rule_is_shown_as_each_of_its_devices_has_it(show: Show) -> None:
    first, second = ([line.split("  <- ") for line in block.splitlines()] for block in _blocks(show("bin_full")))
    assert first[0] == ["bin_full  (Smart waste bin: bin-1)"]
    assert _row(first, "for") == ("10m", "class smart_bin")
    assert second[0] == ["bin_full  (Smart waste bin: bin-2)"]
    assert _row(second, "when") == ("fill_pct >= 80", "class smart_bin")
    assert _row(second, "for") == ("3 readings", "gateway.yaml:11")
    assert _row(second, "author") == ("王", "gateway.yaml:13")


def _blocks(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.output.strip().split("\n\n")


def _row(block: list[list[str]], key: str) -> tuple[str, str]:
    said, origin = next(line for line in block if line[0].split()[0] == key)
    return said.removeprefix(f"    {key}").strip(), origin


def test_one_device_alone(show: Show) -> None:
    shown = show("--device", "bin-1", lang="zh").output
    assert "bin-2" not in shown
    assert "device_offline  (智能垃圾桶: bin-1)" in shown
    assert "<- common" in shown


def test_programs_get_the_settings(show: Show) -> None:
    (rule,) = json.loads(show("bin_full", "--device", "bin-2", "--json").output)
    assert (rule["for_readings"], rule["devices"], rule["origin"]["for"]) == (3, ["bin-2"], "gateway.yaml:11")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bin_ful"], "did you mean “bin_full”?"),
        (["gas_leak"], "there is no device of its class"),
        (["gateway_offline"], "the collector judges it"),
        (["bin_tipped"], "no device has the points"),
        (["--device", "bin-3"], "there is no device bin-3"),
    ],
)
def test_what_is_not_there_is_explained(show: Show, words: list[str], said: str) -> None:
    result = show(*words)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_a_wrong_file_is_shown_as_check_shows_it(show: Show) -> None:
    show.file.write_text(FILE.replace("for: 3 readings", "for: 3"), encoding="utf-8")
    result = show()
    assert result.exit_code == 1
    assert "error[E103]" in result.output
