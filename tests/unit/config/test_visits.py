"""Visits in a gateway file: what may stay connected on one adapter, and what is connected to too often."""

from pathlib import Path

import pytest

from config.load import load

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  radio: {type: ble%s}
devices:
"""
DEVICE = '  %s: {name: 手环, profile: %s, bus: radio, mac: "D4:CA:6E:00:00:%02X"%s}\n'


def _problems(tmp_path: Path, devices: str, bus: str = "") -> list[tuple[str, int]]:
    file = tmp_path / "gateway.yaml"
    file.write_text(HEAD % bus + devices, encoding="utf-8")
    return [(each.code, each.place.line) for each in load(file).problems]


def _streams(count: int) -> str:
    return "".join(DEVICE % (f"heart-{n}", "band/heart-rate-stream", n, "") for n in range(count))


@pytest.mark.parametrize(
    ("bus", "room"), [("", 3), (", slots: 7", 5), (", slots: 2", 0), (", adapters: [hci0, hci1]", 6)]
)
def test_two_slots_of_each_adapter_are_not_for_streams(tmp_path: Path, bus: str, room: int) -> None:
    assert _problems(tmp_path, _streams(room), bus) == []
    assert _problems(tmp_path, _streams(room + 1), bus) == [("E212", 6 + room)]


def test_a_period_under_a_quarter_of_an_hour_is_warned_of_where_it_means_connecting(tmp_path: Path) -> None:
    devices = [
        DEVICE % ("often", "band/heart-rate", 1, ", every: 5m"),
        DEVICE % ("right", "band/heart-rate", 2, ", every: 15m"),
        DEVICE % ("none", "band/heart-rate", 3, ""),
        DEVICE % ("stream", "band/heart-rate-stream", 4, ", every: 5s"),
        DEVICE % ("cuff", "health/blood-pressure", 5, ", every: 1m"),
    ]
    assert _problems(tmp_path, "".join(devices)) == [("W212", 6)]


def test_what_is_wrong_otherwise_is_said_otherwise(tmp_path: Path) -> None:
    codes = _problems(tmp_path, DEVICE % ("often", "band/heart-rate", 1, ", every: 5"), ", adapters: hci0")
    assert "W212" not in [code for code, _ in codes]
    assert codes
