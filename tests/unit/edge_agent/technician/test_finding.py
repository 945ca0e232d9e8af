"""`edge-agent discover --onvif`: what is said of who answered, and what can be added to the file."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.load import load
from drivers.api import Found
from edge_agent.cli import app
from edge_agent.technician import finding_run
from edge_agent.technician.finding import network, to_add
from edge_agent.technician.finding_page import render
from edge_agent.technician.yaml_file import as_yaml
from tests.unit.edge_agent.technician.golden import check_golden

GATE = Found("192.168.1.64", 443, True, "HIKVISION", "DS-2CD4A26FWD-IZHS/P", fingerprint="ab" * 32)
YARD = Found("192.168.1.65", 8080, False, elsewhere="10.0.0.9")
FILE = """
version: 1
site: {code: 330402-test, name: 测试}
buses: {cameras: {type: onvif}}
devices:
  gate-cam: {name: 门口, profile: camera/onvif, bus: cameras, address: https://192.168.1.64, password: !secret p}
  old-cam: {name: 后门, profile: camera/onvif, bus: cameras, address: 192.168.1.70, password: !secret p}
"""


class FakeFinder:
    """Finds what it was given; remembers what it was asked."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found, self.asked = found, list[tuple[float, Sequence[tuple[str, int]]]]()

    async def find(self, seconds: float, hosts: Sequence[tuple[str, int]] = ()) -> Sequence[Found]:
        self.asked.append((seconds, hosts))
        return self.found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "p").write_text("pretend-1")
    path = tmp_path / "agent.yaml"
    path.write_text(FILE, "utf-8")
    return path


def run(finder: FakeFinder, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(finding_run, "finder", lambda kind: finder)
    result = CliRunner().invoke(app, ["discover", "--onvif", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(file: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    code, output = run(FakeFinder((GATE, YARD)), monkeypatch, "--config", str(file), "--lang", lang)
    check_golden(f"discover-onvif.{lang}.txt", output)
    assert code == 0


def test_another_certificate_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = ":".join(["AB"] * 32)
    file.write_text(file.read_text("utf-8").replace("https://192.168.1.64,", f'https://192.168.1.64, pin: "{pin}",'))
    same = run(FakeFinder((GATE,)), monkeypatch, "--config", str(file), "--json")[1]
    other = run(FakeFinder((replace(GATE, fingerprint="cd" * 32),)), monkeypatch, "--config", str(file), "--json")[1]
    assert [json.loads(one)["changed"] for one in (same, other)] == [[], ["gate-cam"]]


def test_nobody_is_an_answer_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = FakeFinder(())
    missing = str(tmp_path / "none.yaml")
    code, output = run(finder, monkeypatch, "--config", missing, "--lang", "zh", "10.0.0.7", "10.0.0.8:3703")
    assert (code, "没有设备回答" in output) == (1, True)
    assert finder.asked == [(3.0, [("10.0.0.7", 3702), ("10.0.0.8", 3703)])]
    code, output = run(finder, monkeypatch, "--lang", "en", "/dev/ttyUSB0")
    assert (code, "no host" in output) == (2, True)


def test_a_program_reads_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, output = run(FakeFinder((GATE, YARD)), monkeypatch, "--config", str(file), "--json")
    said = json.loads(output)
    assert [(one["address"], one["device"]) for one in said["found"]] == [
        ("https://192.168.1.64", "gate-cam"),
        ("http://192.168.1.65:8080", ""),
    ]
    assert said["unheard"] == ["old-cam"]
    assert list(said["suggested"]["devices"]) == ["camera-1"]


def test_what_is_offered_passes_the_check(tmp_path: Path) -> None:
    seen = network((GATE, YARD), None, 3)
    new = to_add(seen, None)
    new.devices, new.locked = new.locked, {}
    (tmp_path / "secrets").mkdir()
    for name in new.devices:
        (tmp_path / "secrets" / f"{name}-password").write_text("pretend-1")
    path = tmp_path / "agent.yaml"
    path.write_text("version: 1\nsite: {code: 330402-test, name: 测试}\n" + as_yaml(new, ""), "utf-8")
    loaded = load(path)
    assert loaded.settings is not None, loaded.problems
    assert [device.options["address"] for device in loaded.settings.devices] == [
        "https://192.168.1.64",
        "http://192.168.1.65:8080",
    ]
    assert "没有报" in render(seen, "zh")
