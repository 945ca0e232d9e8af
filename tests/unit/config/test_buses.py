"""Lines and what hangs on them: one owner for each port, addresses, speeds, and the habits of single devices."""

from pathlib import Path

import pytest

from config.bus_settings import ModbusRtuBus, ModbusRtuTcpBus, ModbusTcpBus
from config.load import load
from config.problems import Problem
from config.report import render
from config.settings import GatewaySettings

HEAD = "version: 1\nsite: {code: 330402-test, name: 测试}\n"
LINES = """buses:
  lan: {type: modbus-tcp, host: 10.0.0.1}
  cable: {type: modbus-rtu, port: /dev/serial/by-id/a, baud: 19200, settle: 1s, turnaround: 200ms}
  server: {type: modbus-rtu-tcp, host: 10.0.0.2, port: 4001, baud: 2400, format: 8E1, gap: 20ms}
"""


def _problems(folder: Path, text: str) -> list[Problem]:
    file = folder / "gateway.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return list(load(file).problems)


def _settings(folder: Path, text: str) -> GatewaySettings:
    file = folder / "gateway.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    loaded = load(file)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    return loaded.settings


def _meter(bus: str, unit: int = 1, more: str = "") -> str:
    return f"devices:\n  m: {{name: 表, profile: meter/eastron-sdm120, bus: {bus}, unit: {unit}{more}}}\n"


def test_each_kind_of_bus_becomes_its_settings(tmp_path: Path) -> None:
    assert _settings(tmp_path, LINES).buses == (
        ModbusTcpBus(id="lan", type="modbus-tcp", host="10.0.0.1"),
        ModbusRtuBus(
            id="cable", type="modbus-rtu", port="/dev/serial/by-id/a", baud=19200, settle_s=1.0, turnaround_s=0.2
        ),
        ModbusRtuTcpBus(
            id="server", type="modbus-rtu-tcp", host="10.0.0.2", port=4001, baud=2400, format="8E1", gap_ms=20
        ),
    )


@pytest.mark.parametrize(
    "second",
    [
        "{type: modbus-tcp, host: 10.0.0.1, port: 502}",
        "{type: modbus-rtu-tcp, host: 10.0.0.1, port: 502}",
        "{type: modbus-rtu, port: /dev/serial/by-id/a}",
        "{type: modbus-rtu-tcp, host: 10.0.0.2, port: 4001}",
    ],
)
def test_a_port_has_one_owner(tmp_path: Path, second: str) -> None:
    (found,) = _problems(tmp_path, f"{LINES}  second: {second}\n")
    assert found.code == "E201"
    assert found.place.line == 7


def test_another_port_of_the_same_host_is_another_line(tmp_path: Path) -> None:
    assert _problems(tmp_path, f"{LINES}  second: {{type: modbus-rtu-tcp, host: 10.0.0.2, port: 4002}}\n") == []


def test_what_speaks_rtu_speaks_it_behind_a_serial_server(tmp_path: Path) -> None:
    (found,) = _problems(tmp_path, LINES + _meter("server"))
    assert found.code == "W203"
    assert found.message("en") == "meter/eastron-sdm120 ships at 2400 8N1 and bus server runs at 2400 8E1"


@pytest.mark.parametrize(
    ("bus", "unit", "codes"),
    [
        ("lan", 247, []),
        ("lan", 255, []),
        ("cable", 255, ["W203"]),
        ("lan", 0, ["E205"]),
        ("cable", 0, ["E205", "W203"]),
        ("lan", 248, ["E205"]),
        ("lan", 256, ["E108"]),
    ],
)
def test_addresses(tmp_path: Path, bus: str, unit: int, codes: list[str]) -> None:
    assert sorted(each.code for each in _problems(tmp_path, LINES + _meter(bus, unit))) == codes


def test_a_reserved_address_is_for_who_ships_with_it(tmp_path: Path) -> None:
    meter = "devices:\n  m: {name: 表, profile: meter/pzem-004t-v3, bus: lan, unit: 248}\n"
    assert _problems(tmp_path, LINES + meter) == []


def test_a_device_may_have_habits_of_its_own(tmp_path: Path) -> None:
    habits = (
        "word_order: little, byte_order: little, max_registers: 20, max_coils: 8, max_gap: 0, single_requests: true,"
        " coils_from_zero: true, close_after_poll: true, holes: {input_register: [[10, 19], [30, 30]]}"
    )
    (plain,) = _settings(tmp_path, LINES + _meter("lan")).devices
    (meter,) = _settings(tmp_path, LINES + _meter("lan", 1, f", transport: {{{habits}}}")).devices
    assert plain.profile.transport.max_gap == 40
    changed = meter.profile.transport
    assert (changed.word_order, changed.byte_order) == ("little", "little")
    assert (changed.max_registers, changed.max_coils, changed.max_gap) == (20, 8, 0)
    assert (changed.single_requests, changed.coils_from_zero, changed.close_after_poll) == (True, True, True)
    assert changed.holes == {"input_register": ((10, 19), (30, 30))}
    assert changed.baud == plain.profile.transport.baud


@pytest.mark.parametrize(
    ("habits", "code", "said"),
    [
        ("word_order: cdab", "E109", "“cdab” is not a choice here"),
        ("max_register: 20", "E101", "“max_register” is not an option of devices.m.transport"),
        ("max_registers: 126", "E108", "126 is out of range"),
        ("close_after_poll: 1", "E104", "true or false belongs here"),
        ("holes: {register: [[1, 2]]}", "E109", "“register” is not a choice here"),
        ("holes: {coil: [1, 2]}", "E104", "a list such as [a, b] belongs here"),
        ("holes: {coil: [[2, 1]]}", "E108", "1 is out of range"),
        ("holes: {coil: [[1, 65536]]}", "E108", "65536 is out of range"),
    ],
)
def test_each_mistake_about_habits(tmp_path: Path, habits: str, code: str, said: str) -> None:
    found, *more = _problems(tmp_path, LINES + _meter("lan", 1, f", transport: {{{habits}}}"))
    assert (found.code, found.message("en")) == (code, said)
    assert {each.code for each in more} <= {code}
