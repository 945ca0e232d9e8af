"""`edge-agent discover` of a radio: who is named, who is only counted, what is offered to the file, what goes wrong."""

import json
import os
import sys
from pathlib import Path

import pytest

from config.bus_settings import BleBus
from drivers.api import Guess, LineLost, Misconfigured
from edge_agent.sentences import of_radio as sentence
from edge_agent.technician.layout import bars
from edge_agent.technician.radio_obstacles import of_radio
from tests.unit.edge_agent.technician.air import Box, box, overheard, sent
from tests.unit.edge_agent.technician.air import pendant as air_pendant
from tests.unit.edge_agent.technician.golden import check_golden

__all__ = ["box"]

BUS = BleBus(id="ble-1", type="ble")
FOUND = "C1:22:33:44:55:77"
PENDANT = Guess("sos/ble-field-map", "high", {"battery_pct": 80}, ("pressed", "test_pressed"), {"mac": FOUND})
BAND = Guess(
    "band/pendant-with-fall", "medium", {"heart_rate_bpm": 72, "battery_pct": 55}, ("sos_pressed",), {}, ("irk",)
)
CALLER = Guess("sos/holyiot", "low", {"battery_pct": 80})
OTHER = Guess("sos/holyiot", "medium", {"battery_pct": 80})


def _air(box: Box) -> None:
    box.driver.heard = [
        overheard(FOUND, -52, PENDANT, CALLER),
        overheard("6A:01:02:03:04:05", -63, BAND, kind="resolvable"),
        overheard("1F:01:02:03:04:05", -68, Guess("band/miband-adv", "high"), kind="non_resolvable"),
        overheard(
            "00:1B:DC:00:00:17",
            -74,
            Guess("sos/mibeacon-button", "medium", {}, (), {"mac": "00:1B:DC:00:00:17"}, ("bindkey",)),
            kind="public",
        ),
        overheard("D0:00:00:00:00:09", -93, Guess("sos/bluup-safex", "medium", {}, (), {"mac": "D0:00:00:00:00:09"})),
        overheard("5C:01:02:03:04:05", -40, kind="resolvable", data=b"\x10\x05private"),
        overheard("E7:01:02:03:04:06", -60, CALLER, data=b"\xaa\xbb"),
        overheard("E8:01:02:03:04:07", -41, data=b"\xcc\xdd"),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(box: Box, lang: str) -> None:
    _air(box)
    named = box.run("discover", "--ble", lang=lang)
    everybody = box.run("discover", "ble-1", "--all", "--seconds", "5", lang=lang)
    assert (named.exit_code, everybody.exit_code) == (0, 0), named.output
    check_golden(f"discover-radio.{lang}.txt", box.steady(f"{named.output}\n{everybody.output}"))
    assert [seconds for _, seconds in box.driver.asked] == [30.0, 5.0]


def test_strangers_are_counted_and_only_listed_masked(box: Box) -> None:
    _air(box)
    quiet, listed = box.run("discover", "--ble").output, box.run("discover", "--ble", "--all").output
    for page in (quiet, listed):
        assert "5C:01" not in page
        assert "10 05" not in page
        assert b"private".hex().upper() not in page
        assert "E7:01" not in page
    assert "另有 3 个看不懂的设备" in quiet
    assert "E8:01:02:03:04:07" in listed, "it lies against the receiver: in the technician's hand"
    assert "company 0a5e: AABB" in listed


def test_health_of_people_is_never_shown(box: Box) -> None:
    _air(box)
    output = box.run("discover", "--ble").output + box.run("discover", "--ble", "--all", "--json").output
    assert "72" not in output
    assert "heart_rate_bpm ✔" in output


def test_programs_get_what_people_get(box: Box) -> None:
    _air(box)
    data = json.loads(box.run("discover", "--ble", "--json").output)
    (radio,) = data["radios"]
    assert [one["address"][:2] for one in radio["heard"]] == ["C1", "6A", "1F", "00", "D0"]
    assert (radio["strangers"], "others" in radio, data["written"]) == (3, False, False)
    assert radio["heard"][0]["guesses"][0]["options"] == {"mac": FOUND}
    assert list(data["suggested"]["locked"]) == ["band-2", "sos-2"]
    everybody = json.loads(box.run("discover", "--ble", "--all", "--json").output)
    assert [one["address"] for one in everybody["radios"][0]["others"]] == [
        "5C:xx:xx:xx:xx:xx", "E8:01:02:03:04:07", "E7:xx:xx:xx:xx:xx",
    ]  # fmt: skip


def test_the_files_own_are_named_and_missed(box: Box) -> None:
    box.said = [air_pendant(0, 0, 4), air_pendant(1, 0, 4)]
    output = box.run("discover", "--ble", "--seconds", "1").output
    assert "配置里已有: pendant-1" in output
    assert "像 sos/ble-field-map" in output
    assert "这次没有听到: band-1, cuff-1, miband-1, button-1" in output
    assert "可以加进配置" not in output


def test_a_device_that_lacks_its_library_hides_nobody(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bthome_ble.parser", None)
    box.said = [air_pendant(0, 0, 4)]
    result = box.run("discover", "--ble", "--seconds", "1")
    assert result.exit_code == 0
    assert "⚠ button-1: 配置与设备不符 (misconfigured: bthome_ble is missing" in result.output
    assert "配置里已有: pendant-1" in result.output
    assert "这次没有听到: band-1, cuff-1, miband-1\n" in result.output


def test_another_model_than_the_file_says_is_pointed_out(box: Box) -> None:
    box.driver.heard = [overheard("C1:22:33:44:55:66", -52, OTHER, device="pendant-1")]
    assert "配置里 pendant-1 写的是 sos/ble-field-map, 请核对" in box.run("discover", "--ble").output


def test_what_is_found_is_written_once_and_passes_the_check(box: Box) -> None:
    box.said = [sent("D9:00:00:00:00:01", 0, 0xFFFF, "4c4c01000450")]
    arguments = ("discover", "ble-1", "--seconds", "1", "--write", str(box.config))
    result = box.run(*arguments)
    assert (result.exit_code, "已加入: sos-1" in result.output) == (0, True), result.output
    assert box.devices()["sos-1"].options == {"mac": "D9:00:00:00:00:01"}
    again = box.run(*arguments)
    assert "没有可写的新设备" in again.output


def test_no_file_is_needed_and_another_adapter_can_be_named(box: Box) -> None:
    box.config.unlink()
    _air(box)
    assert "ble-1  ble hci0" in box.run("discover", "--ble").output
    assert "ble-1  ble hci1" in box.run("discover", "hci1").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ble", "ble-2"), "没有总线 ble-2"),
        (("--ble", "/dev/ttyUSB7"), "不是蓝牙"),
        (("--ble", "--seconds", "0"), "seconds"),
        (("--ble", "--models", "nothing"), "这样写"),
    ],
)
def test_wrong_words_are_sentences(box: Box, arguments: tuple[str, ...], said: str) -> None:
    result = box.run("discover", *arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_nothing_at_all_is_heard(box: Box) -> None:
    result = box.run("discover", "--ble")
    assert (result.exit_code, "什么都没有听到" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Misconfigured("this user may not use Bluetooth: let it into the group bluetooth"), "usermod -aG bluetooth"),
        (LineLost("the D-Bus system bus cannot be reached (FileNotFoundError)"), "D-Bus 没有运行"),
        (LineLost("bluetoothd does not run: see systemctl status bluetooth"), "systemctl enable --now bluetooth"),
        (LineLost("there is no adapter hci0 (there: none)"), "没有蓝牙接收器 hci0"),
        (LineLost("the adapter is switched off"), "bluetoothctl power on"),
        (LineLost("the adapter is busy with another scan"), "别的程序"),
    ],
)
def test_a_radio_that_cannot_be_used_says_what_to_do(box: Box, error: Exception, said: str) -> None:
    box.driver.trouble = error
    result = box.run("discover", "--ble")
    assert (result.exit_code, said in result.output) == (2, True), result.output


class Machine:
    """A machine's files below ``root``: D-Bus, a daemon, an adapter and its switch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("run/dbus/system_bus_socket", "")
        self.write("proc/812/comm", "bluetoothd\n")
        self.write("sys/class/bluetooth/hci0/address", "")
        self.write("sys/class/bluetooth/hci0:64/address", "")
        self.switch(soft="0", hard="0")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")

    def switch(self, *, soft: str, hard: str) -> None:
        for name, text in (("type", "bluetooth"), ("soft", soft), ("hard", hard)):
            self.write(f"sys/class/rfkill/rfkill0/{name}", f"{text}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine that is well."""
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS", raising=False)
    return Machine(tmp_path)


def _said(machine: Machine, error: str = "the adapter is switched off", bus: BleBus = BUS) -> str:
    return of_radio(LineLost(error), bus, "en", machine.root)


def test_the_machine_itself_says_more_than_the_stack(machine: Machine) -> None:
    assert "bluetoothctl power on" in _said(machine)
    machine.switch(soft="1", hard="0")
    assert "rfkill unblock" in _said(machine)
    machine.switch(soft="1", hard="1")
    assert "no command can change that" in _said(machine)
    os.remove(machine.root / "proc/812/comm")
    assert "the Bluetooth service is not running" in _said(machine, "whatever")
    os.remove(machine.root / "run/dbus/system_bus_socket")
    assert "D-Bus is not running" in _said(machine, "whatever")


def test_the_adapters_that_are_there_are_named(machine: Machine) -> None:
    said = _said(machine, "whatever", BleBus(id="b", type="ble", adapters=("hci3",)))
    assert "no Bluetooth adapter hci3, there are: hci0;" in said


def test_what_nobody_can_explain_stays_as_it_is(machine: Machine) -> None:
    assert _said(machine, "something new").endswith("(line_lost: something new)")


@pytest.mark.parametrize(
    "word", ["no_dbus", "no_daemon", "no_adapter", "rfkill", "rfkill_hard", "off", "busy", "no_right"]
)
def test_every_sentence_is_there_in_both_languages(word: str) -> None:
    assert sentence(word, "zh")
    assert sentence(word, "en")


def test_four_bars() -> None:
    assert [bars(rssi) for rssi in (-40, -60, -65, -79, -85, -91, None)] == [
        "▂▄▆█", "▂▄▆█", "▂▄▆·", "▂▄··", "▂···", "····", "····",
    ]  # fmt: skip
