"""What a technician's commands say on a line of meters, which keeps no bytes and cannot be scanned."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app
from runtime.testing import FakeClock
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine
from simulators.meters.wires import PtyWire

FILE = """
version: 1
site: {code: 330402-test, name: 测试}
buses:
  power: {type: dlt645-serial, port: PORT, timeout: 300ms}
devices:
  meter-lift: {name: 电梯电表, profile: meter/dlt645-2007, bus: power, address: "000012345678"}
  meter-gone: {name: 另一块, profile: meter/dlt645-2007, bus: power, address: "000012345679"}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A gateway file for a line with one meter."""
    folder = tmp_path_factory.mktemp("meters")
    clock = FakeClock()
    line = MeterLine("power")
    line.add(EnergyMeter("000012345678", clock, start_kwh=100, watts=4400))
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


def test_a_meter_is_read_under_its_number(config: Path) -> None:
    result = run(config, "try", "meter-lift", "--times", "1")
    assert result.exit_code == 0, result.output
    assert "power unit 000012345678" in result.output
    assert "keeps no bytes" in result.output
    assert "4400 W" in result.output
    assert "not one byte came" not in result.output


def test_a_silent_meter_is_compared_with_its_plate_and_not_looked_for(config: Path) -> None:
    result = run(config, "try", "meter-gone", "--times", "1")
    assert result.exit_code != 0
    assert "plate" in result.output
    assert "discover" not in result.output


@pytest.mark.parametrize(("lang", "word"), [("en", "number on the plate"), ("zh", "照铭牌")])
def test_meters_cannot_be_looked_for(config: Path, lang: str, word: str) -> None:
    result = run(config, "discover", "power", lang=lang)
    assert result.exit_code == 2
    assert word in result.output
    assert "functions 1-4" not in result.output


def test_nothing_is_recorded_where_no_bytes_are_kept(config: Path, tmp_path: Path) -> None:
    result = run(config, "record", "meter-lift", str(tmp_path), "--seconds", "0")
    assert result.exit_code == 2
    assert "dlt645-serial bus keeps no bytes" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_load_of_a_line_of_meters_is_planned(config: Path) -> None:
    result = CliRunner().invoke(app, ["plan", str(config), "--lang", "en"])
    assert result.exit_code == 0, result.output
    assert "dlt645-serial 2400 8E1" in result.output
    assert "100 ms" in result.output
