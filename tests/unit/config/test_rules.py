"""The section ``rules`` and what it refers to: who is chosen, what each device gets, and every mistake about it."""

from pathlib import Path

import pytest

from config.load import Loaded, load
from config.report import render
from config.settings import EscalateSettings, RuleSettings

PROFILES = (Path(__file__).parent / "profiles",)
HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  tcp: {type: modbus-tcp, host: 10.0.0.1}
  line: {type: modbus-rtu, port: /dev/serial/by-id/a, baud: 19200}
people: {P-0001: {groups: [独居老人], place: 3幢2单元501}, P-0002: {groups: 其他}}
schedules: {night: {hours: "23:00-05:00"}, noon: {hours: "11:00-13:00"}}
lists: {被盗: stolen.csv}
devices:
  bin-1: {name: 桶1, profile: bin/dfrobot-sen0310, bus: line, unit: 11, empty_mm: 1100, full_mm: 250, place: 1幢东}
  bin-2:
    {name: 桶2, profile: bin/dfrobot-sen0310, bus: line, unit: 12, empty_mm: 1100, full_mm: 250, person: P-0001,
      every: 2s, settings: {mark: 70}}
  door-1: {name: 门1, profile: door/waveshare-relay-d8, bus: tcp, unit: 1, relay: 1, inputs: {contact: 1}, place: 11幢}
"""
OWN = "level: blue, say: x"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "stolen.csv").write_text("tag,from,to\nA1,2026-01-01,2026-01-31\nB2,,\n", encoding="utf-8")
    return tmp_path / "gateway.yaml"


def _load(file: Path, rules: str) -> Loaded:
    file.write_text(f"{HEAD}rules: {{{rules}}}\n", encoding="utf-8")
    return load(file, profiles_dirs=PROFILES)


def _rules(file: Path, rules: str, name: str) -> list[RuleSettings]:
    loaded = _load(file, rules)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    return [rule for rule in loaded.settings.rules if rule.id == name]


@pytest.mark.parametrize(
    ("rules", "code", "marked"),
    [
        ("change: {bin_full: {when: event emptid}}", "E132", "emptid"),
        ("change: {bin_full: {when: event fill_pct}}", "E132", "fill_pct"),
        ("change: {bin_full: {when: 'absent(fill_pct, 1h)'}}", "E132", "fill_pct"),
        ("change: {door_forced: {when: access_denied.reson == x}}", "E133", "reson"),
        ("change: {door_forced: {when: access_granted.credential in list 被偷}}", "E134", "被偷"),
        ("change: {door_forced: {when: 'delta(door_state, 5m) > 3'}}", "E135", "door_state"),
        ("change: {door_forced: {when: 'abs(door_state) > 3'}}", "E135", "door_state"),
        ("change: {bin_full: {when: fill_pct > 5 and fill_pct < 3}}", "E136", "fill_pct > 5 and fill_pct < 3"),
        ("change: {door_fault: {when: door_state == open and not door_state != closed}}", "E136",
         "door_state == open and not door_state != closed"),
        ("change: {bin_full: {when: fill_pct > 5 between night, between: noon}}", "E136", "noon"),
        ("change: {bin_full: {when: fill_pct > 5 between dusk}}", "E144", "dusk"),
        ("change: {bin_full: {between: dusk}}", "E144", "dusk"),
        ("change: {bin_full: {between: '23:00'}}", "E142", "'23:00'"),
        ("change: {bin_full: {people: 独居}}", "E145", "独居"),
        ("change: {bin_full: {place: 2幢}}", "W210", "{place: 2幢}"),
        ("change: {bin_full: {when: fill_pct >= 0}}", "E146", "fill_pct >= 0"),
        ("change: {bin_full: {when: fill_pct > 5, clear: fill_pct > 9}}", "E146", "fill_pct > 9"),
        ("change: {bin_full: {escalate: {to: red}}}", "E147", "{to: red}"),
        ("change: {bin_full: {escalate: {when: fil_pct > 3, to: red}}}", "E123", "fil_pct"),
        ("change: {bin_full: {escalate: [{after: 5m, too: red, to: red}]}}", "E101", "too"),
        ("change: {bin_full: {for: 3 time}}", "E104", "3 time"),
        ("change: {bin_full: {when: 'delta(fill_pct, 5m) > 101'}}", "E124", "101"),
        ("change: {bin_full: {when: 'fill_pct > 3 * door'}}", "E123", "door"),
        ("change: {bin_full: {when: 'count(emptied, 5m) < 0'}}", "E124", "0"),
        ("change: {bin_full: {when: fill_pct > setting(mrk)}}", "W211", "fill_pct > setting(mrk)"),
        ("change: {bin_full: [{level: blue}, {level: orange, devices: [bin-1]}]}", "W208",
         "{level: orange, devices: [bin-1]}"),
        ("change: {bin_full: {level: red}}", "W209", "red"),
        (f"add: {{mine: {{when: fill_pct > 3, {OWN}}}}}", "E148", "mine"),
        (f"add: {{mine: {{when: fill_pct > 3, {OWN}, place: 9幢}}}}", "W210",
         f"{{when: fill_pct > 3, {OWN}, place: 9幢}}"),
        (f"add: {{mine: {{when: fil_pct > 3, {OWN}, place: 1幢}}}}", "E123", "fil_pct"),
        ("change: {bin_full: {repeat: 5s}}", "E108", "5s"),
    ],
)  # fmt: skip
def test_each_mistake_is_shown_inside_the_line(file: Path, rules: str, code: str, marked: str) -> None:
    found = _load(file, rules).problems
    assert [each.code for each in found] == [code], render(found, "gateway.yaml", "en")
    start = found[0].place.col - 1
    assert found[0].source[start : start + found[0].place.length] == marked


@pytest.mark.parametrize(
    "when",
    [
        "fill_pct > 80 or fill_pct < 3",
        "fill_pct > 80 and not fill_pct > 90",
        "fill_pct > setting(mark)",
        "event emptied and fill_pct > 5",
        "count(door_state -> open on this gateway, 5m) > 3",
        "emptied without (pulse or door_state == open or smoke_alarm in same building) within 5s",
        "mean(fill_pct, 1d) > usual(fill_pct)",
        "fill_pct > 5 between (night, 12:00-13:00)",
    ],
)
def test_what_may_be_written(file: Path, when: str) -> None:
    loaded = _load(file, f"change: {{bin_full: {{when: '{when.replace('pulse or ', '')}'}}}}")
    assert loaded.problems == (), render(loaded.problems, "gateway.yaml", "en")


def test_every_key_arrives_with_where_it_came_from(file: Path) -> None:
    (rule,) = _rules(
        file,
        "change: {bin_full: {for: 3 readings, between: [night, '08:00-09:00'], repeat: 1h, author: 王, reason: 试,"
        " escalate: [{after: 5m, to: orange}, {when: fill_pct > 95, to: red}], record: false, clear_for: 5s}}",
        "bin_full",
    )
    assert (rule.for_s, rule.for_readings, rule.clear_for_s, rule.repeat_s) == (0.0, 3, 5.0, 3600.0)
    assert (rule.between, rule.record) == (("night", "08:00-09:00"), False)
    assert rule.escalate == (
        EscalateSettings(to="orange", after_s=300.0),
        EscalateSettings(to="red", when="fill_pct > 95"),
    )
    assert (rule.author, rule.reason) == ("王", "试")
    assert (rule.origin["for"], rule.origin["when"]) == ("gateway.yaml:15", "class smart_bin")
    assert rule.origin["author"] == "gateway.yaml:15"


def test_the_first_entry_that_chooses_a_device_is_its_own(file: Path) -> None:
    made = _rules(
        file,
        "change: {bin_full: [{people: P-0001, for: 1s}, {place: 1幢, for: 2s}, {for: 3s, level: blue}]}",
        "bin_full",
    )
    assert [(rule.devices, rule.for_s, rule.level) for rule in made] == [
        (("bin-2",), 1.0, "yellow"),
        (("bin-1",), 2.0, "yellow"),
    ]


def test_an_added_rule_is_on_every_class_that_it_chooses_and_that_knows_its_points(file: Path) -> None:
    made = _rules(file, f"add: {{lost: {{when: 'absent(any, 1h)', {OWN}, place: [1幢, 11幢]}}}}", "lost")
    assert [(rule.kind, rule.devices) for rule in made] == [("smart_bin", ("bin-1",)), ("access_door", ("door-1",))]
    made = _rules(file, f"add: {{full: {{when: fill_pct > 3, {OWN}, place: [1幢, 11幢]}}}}", "full")
    assert [(rule.kind, rule.devices) for rule in made] == [("smart_bin", ("bin-1",))]


def test_a_device_without_the_setting_is_not_watched(file: Path) -> None:
    (rule,) = _rules(file, "change: {bin_full: {when: fill_pct > setting(mark)}}", "bin_full")
    assert rule.devices == ("bin-2",)


def test_what_a_device_cannot_know_is_left_out_of_an_or(file: Path) -> None:
    made = _rules(file, "change: {bin_full: {when: tilt_deg > 3 or fill_pct > 80 or fill_pct < 3}}", "bin_full")
    assert [(rule.when, rule.devices) for rule in made] == [("fill_pct > 80 or fill_pct < 3", ("bin-1", "bin-2"))]
    assert _rules(file, "change: {bin_full: {when: tilt_deg > 3 and fill_pct > 80}}", "bin_full") == []


def test_silence_is_told_no_sooner_than_three_polls(file: Path) -> None:
    made = {rule.devices: rule.when for rule in _rules(file, "use: defaults", "device_offline")}
    assert made == {("bin-1",): "absent(any, 15m)", ("bin-2",): "absent(any, 5m)", ("door-1",): "absent(any, 5m)"}


def test_a_red_alert_that_reaches_somebody_is_no_matter(file: Path) -> None:
    door = "when: door_state == open, level: red, say: x, devices: [door-1]"
    assert [each.code for each in _load(file, f"add: {{mine: {{{door}}}}}").problems] == ["W209"]
    acting = f"add: {{mine: {{{door}, action: {{command: pulse_unlock}}}}}}"
    assert _load(file, acting).problems == ()


TELLING = """version: 1
site: {code: 330402-test, name: 测试}
buses: {broker: {type: mqtt, host: 127.0.0.1}}
devices:
  home-1: {name: 王家, profile: home/json-activity, bus: broker, id: h1}
  sos-1: {name: 呼叫, profile: sos/zigbee2mqtt, bus: broker, id: s1}
"""


def test_a_device_that_tells_by_itself_may_be_silent_as_long_as_its_profile_says(file: Path) -> None:
    file.write_text(TELLING, encoding="utf-8")
    loaded = load(file)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    rules = {(rule.id, rule.devices): rule.when for rule in loaded.settings.rules}
    assert rules["device_offline", ("home-1",)] == "absent(any, 3h)"
    assert rules["sos", ("sos-1",)] == "event pressed"
