"""`edge-agent discover` on pretend lines: what it says, what it writes, and what it leaves alone."""

import asyncio
import json
import socket

import pytest

from config.bus_settings import ModbusRtuBus, ModbusRtuTcpBus
from config.load import load
from drivers.api import driver_factory
from edge_agent.technician.discovery import parse_units, usual_units
from edge_agent.technician.obstacles import of_obstacle
from edge_agent.technician.ports import connected, obstacle
from runtime.clock import SystemClock
from tests.unit.edge_agent.technician.bench import Bench
from tests.unit.edge_agent.technician.golden import check_golden

PATIENT = ("--timeout", "200ms")
FOUR_MODELS = ("--models", "door/waveshare-relay-d8,barrier/dry-contact-waveshare-d8,bin/dfrobot-sen0310,meter/eastron")
"""So that a model that is added some day does not change what is shown here."""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(bench: Bench, lang: str) -> None:
    bench.community.faults("bin-2").wrong = "bad_frame"
    arguments = ["discover", "--config", str(bench.config), "--units", "1-3,11,12,21,30", *FOUR_MODELS, *PATIENT]
    result = bench.run(*arguments, lang=lang)
    check_golden(f"discover.{lang}.txt", bench.steady(result.output))
    assert result.exit_code == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_line_where_nobody_is_heard(bench: Bench, lang: str) -> None:
    for name in ("bin-1", "bin-2", "meter-1", "stranger"):
        bench.community.faults(name).wrong = "bad_frame"
    bad = bench.run("discover", "rs485-1", "--config", str(bench.config), "--units", "11,12,21,30", *PATIENT, lang=lang)
    silent = bench.run("discover", "rs485-1", "--config", str(bench.config), "--units", "4-6", *PATIENT, lang=lang)
    check_golden(f"discover-trouble.{lang}.txt", bench.steady(bad.output + silent.output))


def test_what_is_written_passes_the_check_and_is_written_once(bench: Bench) -> None:
    before = bench.config.read_text("utf-8")
    arguments = ["discover", "rs485-1", "--write", str(bench.config), "--units", "1,11,12,21", *FOUR_MODELS, *PATIENT]
    result = bench.run(*arguments)
    assert result.exit_code == 0, result.output
    after = bench.config.read_text("utf-8")
    check_golden("discover-written.yaml.txt", bench.steady(after))
    assert bench.run("check", str(bench.config)).exit_code == 0
    settings = load(bench.config).settings
    assert settings is not None
    assert [device.id for device in settings.devices] == ["door-1", "meter-2", "bin-1", "bin-2", "meter-1"]
    assert before != after
    again = bench.run(*arguments)
    assert "没有可写的新设备" in again.output
    assert bench.config.read_text("utf-8") == after


def test_a_file_that_would_not_pass_is_left_as_it_was(bench: Bench) -> None:
    wrong = bench.config.read_text("utf-8").replace("use: defaults", "use: something")
    other = bench.folder / "wrong.yaml"
    other.write_text(wrong, encoding="utf-8")
    result = bench.run("discover", bench.community.links["rs485-1"], "--write", str(other), "--units", "11", *PATIENT)
    assert result.exit_code == 2
    assert other.read_text("utf-8") == wrong
    assert list(bench.folder.glob(".*")) == []


def test_a_port_without_any_file_will_do(bench: Bench) -> None:
    port = bench.community.links["rs485-1"]
    result = bench.run(
        "discover", port, "--config", "/nowhere/agent.yaml", "--bauds", "19200", "--units", "11", *PATIENT
    )
    assert f"rs485-1: {{type: modbus-rtu, port: {port}, baud: 19200, format: 8N1}}" in result.output
    assert "empty_mm: " in result.output


def test_programs_get_everything(bench: Bench) -> None:
    arguments = ["discover", "--config", str(bench.config), "--units", "2,11", "--json", *PATIENT]
    found = json.loads(bench.run(*arguments).output)
    assert [line["bus"] for line in found["lines"]] == ["rs485-1", "lan-1"]
    assert [one["address"] for one in found["lines"][0]["sightings"]] == [11]
    assert found["lines"][1]["sightings"][0]["known"] == ["meter-2"]
    assert list(found["suggested"]["devices"]) == ["bin-1"]
    assert found["suggested"]["todo"] == {"bin-1": ["empty_mm", "full_mm"]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_port_that_is_in_use_is_left_alone(bench: Bench, lang: str) -> None:
    asked = bench.community.truth()["buses"]["rs485-1"]["requests"]
    with _Held(bench.community.links["rs485-1"]):
        result = bench.run("discover", "rs485-1", "--config", str(bench.config), lang=lang)
    assert result.exit_code == 2
    assert ("占用" if lang == "zh" else "in use") in result.output
    assert "PID" in result.output
    assert bench.community.truth()["buses"]["rs485-1"]["requests"] == asked


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rs485-2"], "rs485-1"),
        (["/dev/no-such-port"], "没有串口 /dev/no-such-port"),
        (["--units", "0-5"], "地址 1 到 247"),
        (["--units", "a"], "--units 1-10,80"),
        (["--bauds", "fast"], "--bauds 4800,9600"),
        (["--timeout", "3"], "--timeout 300ms"),
        (["--models", "boat"], "--models meter"),
        (["lan-9:x"], "没有总线"),
    ],
)
def test_wrong_input_is_a_sentence_and_status_2(bench: Bench, arguments: list[str], said: str) -> None:
    result = bench.run("discover", "--config", str(bench.config), *arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_no_file_and_no_port_lists_what_there_is(bench: Bench) -> None:
    result = bench.run("discover", "--config", "/nowhere/agent.yaml")
    assert (result.exit_code, "本机的串口" in result.output) == (2, True)


def test_a_connection_of_this_box_is_seen(bench: Bench) -> None:
    port = bench.community.ports["lan-1"]
    assert not connected("127.0.0.1", port)
    bus = load(bench.config).settings.buses[1]  # type: ignore[union-attr]  # it is good

    async def look() -> bool:
        driver = driver_factory("modbus-tcp")(bus, (), SystemClock())
        await driver.open()
        try:
            return connected("localhost", port) or connected("127.0.0.1", port)
        finally:
            await driver.close()

    assert asyncio.run(look())
    assert obstacle(bus) is None  # a Modbus TCP server knows turns: the agent may go on


def test_a_converter_that_only_passes_bytes_on_is_left_to_whoever_is_connected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        bus = ModbusRtuTcpBus(id="far", type="modbus-rtu-tcp", host="127.0.0.1", port=port)
        assert obstacle(bus) is None
        with socket.create_connection(("127.0.0.1", port)):
            found = obstacle(bus)
    assert found is not None
    assert (found.word, found.agent) == ("shared", True)
    assert f"127.0.0.1:{port}" in of_obstacle(found, "zh")
    assert "systemctl stop linli-agent" in of_obstacle(found, "en")


def test_units_are_written_as_a_person_writes_them() -> None:
    assert parse_units("1-3, 11") == (1, 2, 3, 11)
    assert set(range(1, 33)) <= set(usual_units())
    assert max(usual_units()) <= 247


class _Held:
    """A serial port that a driver has open, as the running agent has."""

    def __init__(self, port: str) -> None:
        self._loop = asyncio.new_event_loop()
        bus = ModbusRtuBus(id="line", type="modbus-rtu", port=port)
        self._driver = driver_factory("modbus-rtu")(bus, (), SystemClock())

    def __enter__(self) -> None:
        self._loop.run_until_complete(self._driver.open())

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._driver.close())
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
