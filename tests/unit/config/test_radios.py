"""Bluetooth in a gateway file: what is on such a bus, by what each device is known, and who owns an adapter."""

from pathlib import Path

import pytest

from config.load import load
from config.problems import Problem

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  radio: {type: ble}
  other: {type: modbus-tcp, host: a}
"""
PENDANT = 'devices:\n  one: {name: 挂坠, profile: sos/ble-field-map, bus: radio, mac: "C4:22:00:00:00:01"}\n'


def _problems(folder: Path, text: str) -> list[Problem]:
    file = folder / "gateway.yaml"
    file.write_text(text, encoding="utf-8")
    return list(load(file).problems)


def _codes(folder: Path, text: str) -> list[tuple[str, int]]:
    return [(each.code, each.place.line) for each in _problems(folder, text)]


def test_a_pendant_is_known_by_its_address(tmp_path: Path) -> None:
    assert _problems(tmp_path, HEAD + PENDANT) == []
    (found,) = _problems(tmp_path, HEAD + PENDANT.replace(', mac: "C4:22:00:00:00:01"', ""))
    assert (found.code, found.remedy("en")) == ("E210", "write mac / irk; edge-agent discover --ble lists addresses")


def test_two_devices_have_two_addresses(tmp_path: Path) -> None:
    second = '  two: {name: 手环, profile: band/heart-rate, bus: radio, mac: "c4:22:00:00:00:01"}\n'
    assert _codes(tmp_path, HEAD + PENDANT + second) == [("E211", 8)]
    assert _codes(tmp_path, HEAD + PENDANT + second.replace("00:01", "00:02")) == []


@pytest.mark.parametrize(
    "second", ["{type: ble}", "{type: ble, adapters: [hci1, hci0]}", "{type: ble, adapters: [hci1, hci1]}"]
)
def test_an_adapter_has_one_owner(tmp_path: Path, second: str) -> None:
    assert _codes(tmp_path, HEAD.replace("{type: modbus-tcp, host: a}", second) + PENDANT) == [("E201", 5)]
    assert (
        _codes(tmp_path, HEAD.replace("{type: modbus-tcp, host: a}", "{type: ble, adapters: [hci1]}") + PENDANT) == []
    )


@pytest.mark.parametrize(
    ("device", "code"),
    [
        ("profile: sos/json-pendant, bus: radio, id: x", "E111"),
        ('profile: sos/ble-field-map, bus: other, unit: 1, mac: "C4:22:00:00:00:02"', "E111"),
        ('profile: sos/ble-field-map, bus: radio, unit: 1, mac: "C4:22:00:00:00:02"', "E101"),
    ],
)
def test_only_bluetooth_is_on_a_radio(tmp_path: Path, device: str, code: str) -> None:
    assert (code, 8) in _codes(tmp_path, f"{HEAD}{PENDANT}  two: {{name: 别的, {device}}}\n")


@pytest.mark.parametrize(
    ("bus", "code", "fix"),
    [
        ("{type: ble, deaf: 2s}", "E108", "write a number from 10 to 3600"),
        ("{type: ble, adaptors: [hci0]}", "E101", "did you mean “adapters”?"),
    ],
)
def test_each_mistake_about_a_radio_is_put_right(tmp_path: Path, bus: str, code: str, fix: str) -> None:
    (found,) = _problems(tmp_path, HEAD.replace("{type: ble}", bus) + PENDANT)
    assert (found.code, found.remedy("en")) == (code, fix)


def test_a_wrong_type_is_told_of_bluetooth(tmp_path: Path) -> None:
    found = next(each for each in _problems(tmp_path, HEAD.replace("type: ble", "type: bluetooth") + PENDANT))
    assert found.code == "E109"
    assert "ble" in found.remedy("en").replace(",", "").split()
