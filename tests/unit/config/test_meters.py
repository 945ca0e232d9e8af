"""Meters in a gateway file: their lines, their numbers, and what YAML does to a number that is not in quotes."""

from pathlib import Path

import pytest

from config.bus_settings import MeterSerialBus, MeterTcpBus
from config.load import Loaded, load
from config.report import render
from config.settings import GatewaySettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def _load(file: Path, text: str) -> Loaded:
    file.write_text(text, encoding="utf-8")
    return load(file)


def _good(file: Path, text: str) -> GatewaySettings:
    loaded = _load(file, text)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    return loaded.settings


METERS = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  power: {type: dlt645-serial, port: /dev/serial/by-id/a}
  water: {type: cjt188-tcp, host: 10.0.0.2, port: 4001, gap: 30ms}
devices:
  meter-1: {name: 电表1, profile: meter/dlt645-2007-3p, bus: power, address: "000012345678", ct: 40}
  meter-2: {name: 电表2, profile: meter/dlt645-2007, bus: power, address: "202411110002"}
  water-1: {name: 水表1, profile: water/cjt188-valve, bus: water, address: "00002020120218"}
"""


def test_lines_of_meters_have_what_their_standards_ship(file: Path) -> None:
    found = _good(file, METERS)
    power, water = found.buses
    assert isinstance(power, MeterSerialBus)
    assert isinstance(water, MeterTcpBus)
    assert (power.type, power.baud, power.format, power.timeout_s) == ("dlt645-serial", 2400, "8E1", 2.0)
    assert (water.type, water.host, water.port, water.gap_ms) == ("cjt188-tcp", "10.0.0.2", 4001, 30)
    assert found.devices[0].options == {"address": "000012345678", "ct": 40}
    assert found.devices[2].options == {"address": "00002020120218", "medium": "cold_water", "di_order": "auto"}
    assert found.devices[0].unit == 0


@pytest.mark.parametrize("written", ["8E1", '"8E1"', "8E2", "7E1"])
def test_a_format_that_yaml_takes_for_a_number_is_still_a_format(file: Path, written: str) -> None:
    line = _good(file, METERS.replace("by-id/a}", f"by-id/a, format: {written}}}")).buses[0]
    assert isinstance(line, MeterSerialBus)
    assert line.format == written.strip('"')


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ('address: "202411110002"', "address: 000012345670", "E116", 'like "000012345670"; without quotes'),
        ('address: "202411110002"', 'address: "20 24 11 11 00 02"', "E116", 'like "202411110002"'),
        ('address: "202411110002"', 'address: "24111100023"', "E116", 'like "024111100023"'),
        ('address: "202411110002"', 'address: "aaaaaaaa0002"', "E116", 'like "AAAAAAAA0002"'),
        ('address: "202411110002"', "address: D4", "E116", 'like "000012345678"'),
        ('address: "00002020120218"', "address: 20120218", "E116", 'like "00000020120218"'),
        ('address: "202411110002"', 'address: "000012345678"', "E208", "compare the number with the meter's plate"),
        ('address: "202411110002"', 'address: "AAAAAAAAAAAA"', "E209", "beside meter-1, write the whole number"),
        ('address: "000012345678"', 'address: "AAAAAAAA0002"', "E209", "beside meter-2, write the whole number"),
        (', address: "202411110002"', "", "E102", "add address"),
        ("bus: power, address: \"2", "bus: power, unit: 2, address: \"2", "E101", "there are: address"),
        ("bus: power, address: \"2", "bus: water, address: \"2", "E111", "dlt645-serial, dlt645-tcp"),
        ("ct: 40", "ct: 0", "E108", "from 1 to 10000"),
        ("port: 4001, ", "", "E102", "add port"),
        ("by-id/a}", "by-id/a, baud: 9600}", "W203", "set the device to the same"),
        ("by-id/a}", "by-id/a, format: 8E3}", "E105", "8E1"),
    ],
)  # fmt: skip
def test_each_mistake_about_a_meter(file: Path, old: str, new: str, code: str, said: str) -> None:
    problems = _load(file, METERS.replace(old, new, 1)).problems
    assert {each.code for each in problems} == {code}, render(problems, "gateway.yaml", "en")
    assert said in problems[0].remedy("en")
    assert problems[0].remedy("zh")


def test_a_lone_meter_may_be_called_by_nobodys_number(file: Path) -> None:
    lines = [line for line in METERS.splitlines() if "meter-2" not in line]
    assert _load(file, "\n".join(lines).replace('"000012345678"', '"AAAAAAAAAAAA"')).ok


def test_both_kinds_of_meters_may_share_a_line(file: Path) -> None:
    both = METERS.replace("dlt645-serial", "meter-serial").replace("bus: water", "bus: power")
    found = _good(file, both.replace("  water: {type: cjt188-tcp, host: 10.0.0.2, port: 4001, gap: 30ms}\n", ""))
    (line,) = found.buses
    assert isinstance(line, MeterSerialBus)
    assert (line.type, line.baud, line.format) == ("meter-serial", 2400, "8E1")
    assert {device.profile.driver for device in found.devices} == {"dlt645", "cjt188"}


def test_two_meters_of_two_kinds_never_have_one_number(file: Path) -> None:
    both = METERS.replace("dlt645-serial", "meter-serial").replace("bus: water", "bus: power")
    lone = "\n".join(line for line in both.splitlines() if "meter-2" not in line)
    assert _load(file, lone.replace('"000012345678"', '"AAAAAAAAAAAA"').replace("00002020120218", "A" * 14)).ok
