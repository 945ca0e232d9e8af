"""From a file to settings: what is resolved, what is merged, and each check that looks beyond one value."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.bus_settings import ModbusRtuBus, ModbusTcpBus
from config.load import Loaded, load
from config.problems import Problem
from config.report import render
from config.settings import GatewaySettings
from tests.fakes.examples import ALL, EXAMPLES, set_out

PROFILES = (Path(__file__).parent / "profiles",)

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  tcp: {type: modbus-tcp, host: 10.0.0.1, timeout: 500ms, gap: 20ms}
  line: {type: modbus-rtu, port: /dev/serial/by-id/a, baud: 19200}
devices:
  bin-1: {name: 桶1, profile: bin/dfrobot-sen0310, bus: line, unit: 11, every: 5m, empty_mm: 1100, full_mm: 250}
  bin-2: {name: 桶2, profile: bin/dfrobot-sen0310, bus: line, unit: 12, empty_mm: 1100, full_mm: 250}
  door-1: {name: 门1, profile: door/waveshare-relay-d8, bus: tcp, unit: 1, relay: 1, inputs: {contact: 1}}
  door-2: {name: 门2, profile: door/waveshare-relay-d8, bus: tcp, unit: 1, relay: 2, inputs: {contact: 2}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def _load(file: Path, text: str) -> Loaded:
    file.write_text(text, encoding="utf-8")
    return load(file, profiles_dirs=PROFILES)


def _good(file: Path, text: str) -> GatewaySettings:
    loaded = _load(file, text)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    return loaded.settings


def _only(file: Path, text: str) -> Problem:
    found = _load(file, text).problems
    assert len(found) == 1, render(found, "gateway.yaml", "en")
    return found[0]


@pytest.mark.parametrize("example", ALL, ids=lambda path: path.stem)
def test_every_example_loads_without_an_error(example: Path, tmp_path: Path) -> None:
    loaded = load(set_out(example, tmp_path))
    assert loaded.ok, render(loaded.problems, example.name, "en")


def test_the_demo_is_the_community_that_it_says(tmp_path: Path) -> None:
    found = load(set_out(EXAMPLES / "demo.yaml", tmp_path)).settings
    assert found is not None
    assert [device.id for device in found.devices] == [
        *(f"door-{n}" for n in range(1, 5)), "gate-1", "gate-cam", "entry-1", "yard-cam",
        *(f"bin-{n}" for n in range(1, 7)), "meter-1", "meter-2",
        *(f"band-{n}" for n in range(1, 6)), "sos-1", "sos-2", "cuff-1",
    ]  # fmt: skip
    rules = {rule.id: rule for rule in found.rules}
    assert rules["bin_full"].for_s == 3.0
    assert rules["door_held_open"].for_s == 10.0


def test_settings_are_in_seconds_and_resolved(file: Path) -> None:
    found = _good(file, HEAD)
    tcp, line = found.buses
    assert isinstance(tcp, ModbusTcpBus)
    assert isinstance(line, ModbusRtuBus)
    assert (tcp.timeout_s, tcp.gap_ms, tcp.port) == (0.5, 20, 502)
    assert (line.baud, line.format) == (19200, "8N1")
    first = found.devices[0]
    assert first.every_s == 300.0
    assert first.profile.kind == "smart_bin"
    assert first.options == {"empty_mm": 1100, "full_mm": 250}
    assert found.devices[2].options == {"relay": 1, "inputs": {"contact": 1}}
    assert re.fullmatch(r"[0-9a-f]{12}", found.hash)


def test_default_rules_watch_only_devices_that_have_their_points(file: Path) -> None:
    rules = {(rule.kind, rule.id): rule for rule in _good(file, HEAD).rules}
    assert rules["smart_bin", "bin_full"].devices == ("bin-1", "bin-2")
    assert rules["smart_bin", "bin_full"].clear == "fill_pct < 60"
    assert rules["smart_bin", "bin_full"].say == {"zh": "{name} 垃圾桶将满", "en": "{name}: Bin nearly full"}
    assert ("smart_bin", "bin_tipped") not in rules  # this sensor knows no tilt
    assert ("access_door", "fire_released") not in rules  # no fire input is wired
    assert rules["access_door", "door_forced"].devices == ("door-1", "door-2")
    assert rules["access_door", "device_offline"].when == "absent(any, 5m)"
    assert rules["smart_bin", "device_offline"].when == "absent(any, 15m)"  # they are asked every five minutes


def test_a_change_for_some_devices_leaves_the_others_their_default(file: Path) -> None:
    text = HEAD + "rules: {change: {bin_full: {for: 3s, level: blue, devices: [bin-2], say: 满了}}}\n"
    first, second = (rule for rule in _good(file, text).rules if rule.id == "bin_full")
    assert (first.devices, first.for_s, first.level) == (("bin-1",), 600.0, "yellow")
    assert (second.devices, second.for_s, second.level) == (("bin-2",), 3.0, "blue")
    assert second.when == "fill_pct >= 80"
    assert second.say == {"zh": "满了", "en": "满了"}


def test_rules_can_be_switched_off_one_by_one_or_all(file: Path) -> None:
    text = HEAD + "rules: {change: {bin_full: {enabled: false}}}\n"
    assert "bin_full" not in {rule.id for rule in _good(file, text).rules}
    assert _good(file, HEAD + "rules: {use: none}\n").rules == ()


def test_a_rule_of_ones_own(file: Path) -> None:
    text = HEAD + (
        "rules:\n  use: none\n  add:\n    hot: {devices: [bin-1, bin-2], when: temperature_c > 50, for: 1m,"
        " clear: temperature_c < 40, clear_for: 30s, level: orange, latch: true, say: {zh: 热, en: hot}}\n"
    )
    (rule,) = _good(file, text).rules
    assert (rule.kind, rule.devices) == ("smart_bin", ("bin-1", "bin-2"))
    assert (rule.for_s, rule.clear_for_s, rule.latch, rule.level) == (60.0, 30.0, True, "orange")


def test_empty_sections_are_as_good_as_none(file: Path) -> None:
    found = _good(file, "version: 1\nsite: {code: abc, name: x}\nbuses:\ndevices:\nrules:\n  change:\n")
    assert found.devices == ()


def test_a_secret_is_read_from_its_file_and_not_shown(file: Path) -> None:
    home = file.parent / "secrets"
    home.mkdir()
    (home / "cam").write_text("s3cret-word\nnot this\n", encoding="utf-8")
    os.chmod(home / "cam", 0o600)
    text = HEAD + "  cam-1: {name: 相机, profile: camera/rtsp-gate, host: 10.0.0.9, password: !secret cam}\n"
    found = _good(file, text)
    assert found.secrets["cam"].reveal() == "s3cret-word"
    assert found.devices[-1].options["password"] == "cam"
    assert "s3cret-word" not in repr(found)
    os.chmod(home / "cam", 0o644)
    assert [each.code for each in _load(file, text).problems] == ["W303"]


@pytest.mark.parametrize("name", ["missing", "../gateway.yaml", "''"])
def test_a_secret_that_is_not_there(file: Path, name: str) -> None:
    text = HEAD + f"  cam-1: {{name: 相机, profile: camera/rtsp-gate, host: 10.0.0.9, password: !secret {name}}}\n"
    assert _only(file, text).code == "E302"


BIN = "  bin-3: {name: 桶3, profile: bin/dfrobot-sen0310, bus: line, unit: 13, empty_mm: 1100, full_mm: 250}\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("unit: 13", "unit: 11", "E202", "unit 11 on line is used by bin-1 already"),
        ("unit: 13", "unit: 300", "E108", "300 is out of range"),
        ("unit: 13", "unit: '13'", "E104", "a whole number belongs here"),
        (", unit: 13", "", "E102", "devices.bin-3 has no “unit”"),
        (", bus: line", "", "E102", "devices.bin-3 has no “bus”"),
        (", full_mm: 250", "", "E102", "devices.bin-3 has no “full_mm”"),
        ("full_mm: 250", "ful_mm: 250", "E101", "“ful_mm” is not an option of devices.bin-3"),
        ("full_mm: 250", "full_mm: 2.5", "E104", "a whole number belongs here"),
        ("full_mm: 250", "full_mm: 9", "E108", "9 is out of range"),
        ("full_mm: 250", "full_mm: .inf", "E104", "a whole number belongs here"),
        ("full_mm: 250", f"full_mm: {'9' * 5000}", "E104", "a whole number belongs here"),
        ("name: 桶3", "name: 3", "E104", "text belongs here"),
        ("name: 桶3", "name: 桶3, waste: 垃圾", "E109", "“垃圾” is not a choice here"),
        ("name: 桶3", "name: 桶3, every: soon", "E104", "a duration such as 500ms, 5s or 10m belongs here"),
        ("name: 桶3", "name: 桶3, every: 1ms", "E108", "1ms is out of range"),
        ("name: 桶3", "name: 张三 13812345678", "E303", "this looks like an identity or phone number"),
        ("bin-3", "桶3", "E112", "“桶3” cannot be an id"),
    ],
)
def test_each_mistake_about_a_device(file: Path, old: str, new: str, code: str, said: str) -> None:
    found = _only(file, HEAD + BIN.replace(old, new))
    assert (found.code, found.message("en")) == (code, said)
    assert found.place.line == 11


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("version: 1", "version: 2", "E109"),
        ("version: 1\n", "", "E102"),
        ("code: 330402-test", "code: 测试", "E115"),
        ("type: modbus-tcp", "type: modbus-udp", "E109"),
        ("type: modbus-tcp, ", "", "E102"),
        ("port: /dev/serial/by-id/a", "port: /dev/ttyUSB0", "W201"),
        ("baud: 19200", "baud: 19201", "E109"),
        ("buses:\n", "buses:\n  two: {type: modbus-rtu, port: /dev/serial/by-id/a, baud: 19200}\n", "E201"),
        ("relay: 2, inputs: {contact: 2}", "relay: 2, inputs: {contact: 1}", "E203"),
        ("inputs: {contact: 2}", "inputs: {contct: 2}", "E101"),
        ("inputs: {contact: 2}", "inputs: 2", "E104"),
        ("site:", "collector: {url: collector}\nsite:", "E113"),
        ("site:", "collector: {url: 'http://10.0.0.2'}\nsite:", "W302"),
        ("site:", "buffer: {max_size: 512}\nsite:", "E114"),
        ("site:", "buffer: {flush: 0s}\nsite:", "E108"),
        ("site:", "devises: {}\nsite:", "E101"),
        ("site:", "notes: &x 1\nsite:", "E101"),
        ("name: 测试", "name: *x", "E001"),
        ("name: 测试}", "name: 测试", "E001"),
        ("  tcp:", "\ttcp:", "E004"),
    ],
)
def test_each_mistake_about_the_site(file: Path, old: str, new: str, code: str) -> None:
    codes = {each.code for each in _load(file, HEAD.replace(old, new, 1)).problems}
    assert code in codes
    assert codes <= {code, "E107", "W203", "E111"} or code == "E001"


def test_an_alias_is_refused(file: Path) -> None:
    text = "version: 1\nsite: &s {code: abc, name: x}\nbuses: *s\n"
    assert "E006" in {each.code for each in _load(file, text).problems}


def test_the_factory_speed_and_the_kind_of_bus(file: Path) -> None:
    slow = _only(file, HEAD.replace("baud: 19200", "baud: 9600").replace("  bin-2:", "  # bin-2:"))
    assert (slow.code, slow.severity) == ("W203", "warning")
    assert _load(file, HEAD.replace("bus: line, unit: 11", "bus: tcp, unit: 11")).ok


@pytest.mark.parametrize(
    ("rules", "code", "line", "marked"),
    [
        ("change: {bin_ful: {for: 3s}}", "E120", 1, "bin_ful"),
        ("change: {hr_low: {level: orange}}", "W205", 1, "hr_low"),
        ("change: {elder_no_pass: {level: blue}}", "W207", 1, "elder_no_pass"),
        ("change: {bin_full: {when: fill >= 3}}", "E123", 1, "fill"),
        ("change: {bin_full: {when: 'fill_pct >= 120'}}", "E124", 1, "120"),
        ("change: {bin_full: {when: 'fill_pct >= full'}}", "E125", 1, "full"),
        ("change: {bin_full: {when: 'fill_pct > = 3'}}", "E126", 1, "="),
        ("change: {bin_full: {clear: 'fill_pct ≤ 3'}}", "E126", 1, "≤"),
        ("change: {door_held_open: {when: door_state == opened}}", "E125", 1, "opened"),
        ("change: {door_held_open: {when: door_state > open}}", "E125", 1, "open"),
        ("change: {door_fault: {when: 'fire_input == 1'}}", "E125", 1, "1"),
        ("change: {bin_full: {when: tilt_deg > 3, devices: [bin-1]}}", "W206", 1, "tilt_deg > 3"),
        ("change: {bin_full: {levl: red}}", "E101", 1, "levl"),
        ("change: {bin_full: {level: none}}", "E121", 1, "none"),
        ("change: {bin_full: {for: 3}}", "E103", 1, "3"),
        ("add: {bin_full: {when: fill_pct > 3, level: blue, devices: [bin-1], say: x}}", "E127", 1, "bin_full"),
        ("add: {mine: {when: fill_pct > 3, level: blue, devices: [bin-9], say: x}}", "E122", 1, "bin-9"),
        (
            "add: {mine: {when: fill_pct > 3, level: blue, devices: [bin-1, door-1], say: x}}",
            "E128",
            1,
            "[bin-1, door-1]",
        ),
        ("add: {Mine: {when: fill_pct > 3, level: blue, devices: [bin-1], say: x}}", "E112", 1, "Mine"),
    ],
)
def test_each_mistake_about_a_rule_is_shown_inside_the_line(
    file: Path, rules: str, code: str, line: int, marked: str
) -> None:
    found = _only(file, f"{HEAD}rules: {{{rules}}}\n")
    assert found.code == code
    start = found.place.col - 1
    assert found.source[start : start + found.place.length] == marked


def test_an_unreadable_file_is_a_problem_too(tmp_path: Path) -> None:
    assert load(tmp_path / "nothing.yaml").problems[0].code == "E005"
    (tmp_path / "latin.yaml").write_bytes("name: 测试".encode("gbk"))
    assert load(tmp_path / "latin.yaml").problems[0].code == "E005"
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    assert load(tmp_path / "empty.yaml").problems[0].message("en") == "not valid YAML: the file is empty"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(HEAD)), length=st.integers(0, 40), put=st.text(max_size=12))
def test_whatever_a_file_holds_it_is_loaded_or_explained(file: Path, cut: int, length: int, put: str) -> None:
    text = HEAD[:cut] + put + HEAD[cut + length :]
    file.write_bytes(text.encode("utf-8", "replace"))
    loaded = load(file)
    assert loaded.ok != any(each.severity == "error" for each in loaded.problems)
    assert render(loaded.problems, "gateway.yaml", "zh")
    assert render(loaded.problems, "gateway.yaml", "en")
