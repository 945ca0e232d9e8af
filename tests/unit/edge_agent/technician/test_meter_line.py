"""What a technician's commands say on lines of meters: bytes and reasons, who is there, a recording without numbers."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app
from runtime.testing import FakeClock
from simulators.cjt188.meter import FlowMeter
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine
from simulators.meters.wires import PtyWire
from tests.recordings import load
from tests.unit.edge_agent.technician.golden import check_golden

FILE = """
version: 1
site: {code: 330402-test, name: 测试}
buses:
  power: {type: meter-serial, port: PORT, timeout: 300ms}
devices:
  meter-lift: {name: 电梯电表, profile: meter/dlt645-2007, bus: power, address: "000012345678"}
  water: {name: 总水表, profile: water/cjt188, bus: power, address: "00002020120218"}
  meter-gone: {name: 另一块, profile: meter/dlt645-2007, bus: power, address: "000012345679"}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A gateway file for a line with one meter."""
    folder = tmp_path_factory.mktemp("meters")
    clock = FakeClock()
    line = MeterLine("power")
    line.add(EnergyMeter("000012345678", clock, start_kwh=100, watts=4400, phases=1))
    line.add(FlowMeter("00002020120218", clock, start_m3=12.5))
    wire = PtyWire(line, clock, folder / "power")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="pretend meters", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(wire.start(), loop).result(10)
    file = folder / "agent.yaml"
    file.write_text(FILE.replace("PORT", str(wire.link)), "utf-8")
    yield file
    asyncio.run_coroutine_threadsafe(wire.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def run(config: Path, *arguments: str, lang: str = "en") -> Result:
    """Run a command on the file."""
    return CliRunner().invoke(app, [*arguments, "--config", str(config), "--lang", lang])


def steady(text: str) -> str:
    """Return ``text`` without measured times and paths."""
    text = re.sub(r"(✔|用时|took|最短|中位|最长|shortest|median|longest) [\d.]+ m?s", r"\1 2 ms", text)
    return re.sub(r"/\S*/power\b", "/demo/power", text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_meter_is_tried_with_every_byte_and_step(config: Path, lang: str) -> None:
    result = run(config, "try", "meter-lift", "--times", "1", lang=lang)
    assert result.exit_code == 0, result.output
    check_golden(f"try-meter.{lang}.txt", steady(result.output))


def test_a_silent_meter_is_compared_with_its_plate(config: Path) -> None:
    result = run(config, "try", "meter-gone", "--times", "1")
    assert result.exit_code != 0
    assert "plate" in result.output
    assert "edge-agent discover power" in result.output


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_meters_are_searched_for_by_number(config: Path, lang: str) -> None:
    result = run(config, "discover", "power", "--timeout", "60ms", "--models", "meter/dlt645,water", lang=lang)
    assert result.exit_code == 0, result.output
    check_golden(f"discover-meters.{lang}.txt", steady(result.output))


def test_a_port_without_a_file_can_be_searched_for_meters(config: Path, tmp_path: Path) -> None:
    port = config.parent / "power"
    command = ["discover", str(port), "--meters", "--timeout", "60ms", "--config", str(tmp_path / "none.yaml")]
    result = CliRunner().invoke(app, [*command, "--lang", "en"])
    assert result.exit_code == 0, result.output
    assert f"meters-1: {{type: meter-serial, port: {port}, baud: 2400, format: '8E1'}}" in result.output
    assert "address: '000012345678'" in result.output
    assert "address: '00002020120218', medium: cold_water, di_order: 901F" in result.output
    assert "unit:" not in result.output


def test_a_recording_of_a_meter_has_a_made_up_number_and_replays(config: Path, tmp_path: Path) -> None:
    for device, profile, number in (
        ("meter-lift", "meter-dlt645-2007", "000012345678"),
        ("water", "water-cjt188", "00002020120218"),
    ):
        result = run(config, "record", device, str(tmp_path), "--seconds", "0")
        assert result.exit_code == 0, result.output
        text = (tmp_path / f"{profile}.yaml").read_text("utf-8")
        assert f'"address": "{1:0{len(number)}d}"' in text
        for told in (number, bytes.fromhex(number)[::-1].hex(" ").upper()):
            assert told not in text
        recording = load(tmp_path / f"{profile}.yaml")
        assert recording.polls[0].values
        assert not recording.polls[0].error


def test_the_load_of_a_line_of_meters_is_planned(config: Path) -> None:
    result = CliRunner().invoke(app, ["plan", str(config), "--lang", "en"])
    assert result.exit_code == 0, result.output
    assert "meter-serial 2400 8E1" in result.output
    assert "100 ms" in result.output
