"""What a rule has the gateway do by itself: which devices, with which arguments, and every mistake about it."""

import re
from pathlib import Path

import pytest

from config.actions import default_actions
from config.address import Text
from config.catalog import ClassRule, load_class
from config.devices import Shelf, resolve_devices
from config.document import read_document
from config.load import Loaded, load
from config.report import render
from config.settings import ActionSettings, RuleSettings

PROFILES = (Path(__file__).parent / "profiles",)

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  tcp: {type: modbus-tcp, host: 10.0.0.1}
  other: {type: modbus-tcp, host: 10.0.0.2}
devices:
  door-1: {name: 门, profile: door/waveshare-relay-d8, bus: tcp, unit: 1, relay: 1, inputs: {contact: 1, fire_input: 2}}
  door-2: {name: 门2, profile: door/test-releasing, bus: other, unit: 1, relay: 1, inputs: {contact: 1}}
  door-3: {name: 门3, profile: door/test-releasing, bus: other, unit: 1, relay: 2, inputs: {fire_input: 2}}
  meter-1: {name: 电表, profile: meter/eastron-sdm120, bus: tcp, unit: 9}
"""
OWN = "when: door_state == open, level: red, say: x"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def _load(file: Path, rules: str) -> Loaded:
    file.write_text(f"{HEAD}rules: {{{rules}}}\n", encoding="utf-8")
    return load(file, profiles_dirs=PROFILES)


def _rules(file: Path, rules: str, name: str) -> list[RuleSettings]:
    loaded = _load(file, rules)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    return [rule for rule in loaded.settings.rules if rule.id == name]


def test_a_fire_input_releases_every_door_that_can_be_released_and_pulses_none_that_cannot(file: Path) -> None:
    (rule,) = _rules(file, "", "fire_released")
    assert (rule.devices, rule.latch, rule.level) == (("door-1", "door-3"), True, "red")
    assert rule.actions == (ActionSettings(command="release_all_doors", devices=("door-2", "door-3")),)


def test_one_entry_is_a_list_of_one(file: Path) -> None:
    one = f"add: {{mine: {{{OWN}, devices: [door-1], action: {{command: pulse_unlock, args: {{seconds: 9}}}}}}}}"
    listed = one.replace("action: {command", "action: [{command").replace("}}}}", "}}]}}", 1)
    expected = (ActionSettings(command="pulse_unlock", args={"seconds": 9}),)
    for text in (one, listed):
        assert [rule.actions for rule in _rules(file, text, "mine")] == [expected]


def test_an_action_may_be_done_by_devices_of_another_class(file: Path) -> None:
    text = (
        "add: {mine: {when: voltage_v > 260, level: red, devices: [meter-1], say: x,"
        " action: {command: release_all_doors, devices: [door-3, door-2]}}}"
    )
    (rule,) = _rules(file, text, "mine")
    assert rule.actions == (ActionSettings(command="release_all_doors", devices=("door-3", "door-2")),)


def test_a_default_rule_takes_another_action_or_none(file: Path) -> None:
    other = "change: {fire_released: {action: {command: release_all_doors, devices: [door-2]}}}"
    (rule,) = _rules(file, other, "fire_released")
    assert rule.actions == (ActionSettings(command="release_all_doors", devices=("door-2",)),)
    (rule,) = _rules(file, "change: {fire_released: {action: []}}", "fire_released")
    assert rule.actions == ()
    (rule,) = _rules(file, "change: {fire_released: {level: orange}}", "fire_released")
    assert rule.actions[0].devices == ("door-2", "door-3")


def test_a_change_for_one_device_leaves_the_others_the_default_action(file: Path) -> None:
    first, second = _rules(file, "change: {fire_released: {devices: [door-3], action: []}}", "fire_released")
    assert (first.devices, len(first.actions)) == (("door-1",), 1)
    assert (second.devices, second.actions) == (("door-3",), ())


def test_only_who_can_raise_the_alert_has_to_be_able_to_do_it_itself(file: Path) -> None:
    """Door 1 has no release, door 2 no fire input: door 3 alone is left, and there is nothing to object to."""
    text = "change: {fire_released: {devices: [door-2, door-3], action: {command: release_all_doors}}}"
    _, rule = _rules(file, text, "fire_released")
    assert (rule.devices, rule.actions) == (("door-3",), (ActionSettings(command="release_all_doors"),))


@pytest.mark.parametrize(
    ("rule", "code", "marked", "said"),
    [
        ("action: {command: pulse_unlock, devices: [door-9]}", "E122", "door-9", "there is no device “door-9”"),
        (
            "action: {command: release_all_doors, devices: [door-2, door-1]}",
            "E129",
            "door-1",
            "door-1 has no command “release_all_doors”",
        ),
        ("action: {command: pulse, devices: [meter-1]}", "E129", "meter-1", "meter-1 has no command “pulse”"),
        (
            "action: {command: pulse_unlok}",
            "E130",
            "pulse_unlok",
            "door-1, which raises the alert, has no command “pulse_unlok” itself",
        ),
        ("action: {command: pulse_unlock, args: {second: 3}}", "E101", "second", None),
        ("action: {command: pulse_unlock, args: {seconds: 31}}", "E108", "31", "31 is out of range"),
        ("action: {command: pulse_unlock, args: {seconds: '3'}}", "E104", '"3"', None),
        ("action: {command: pulse_unlock, args: {seconds: true}}", "E104", "true", None),
        ("action: {command: pulse_unlock, devices: []}", "E108", "devices", None),
        ("action: {devices: [door-1]}", "E102", "action", None),
        ("action: {comand: pulse_unlock}", "E101", "comand", None),
        ("action: {command: pulse_unlock, arg: {}}", "E101", "arg", None),
        ("action: pulse_unlock", "E104", "pulse_unlock", None),
        ("action: [{command: pulse_unlock}, {command: pulse_unlock, devices: [door-1]}]", "E131", "door-1", None),
    ],
)  # fmt: skip
def test_each_mistake_about_an_action(file: Path, rule: str, code: str, marked: str, said: str | None) -> None:
    rule = rule.replace("'3'", '"3"')
    loaded = _load(file, f"add: {{mine: {{{OWN}, devices: [door-1], {rule}}}}}")
    (found,) = loaded.problems
    assert (loaded.ok, found.code) == (False, code)
    start = found.place.col - 1
    assert found.source[start : start + found.place.length] == marked
    assert said in (None, found.message("en"))
    for lang in ("zh", "en"):
        assert found.message(lang)
        assert "{" not in found.remedy(lang)


def test_the_example_of_the_docs_is_a_rule(file: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(rules:\n.*?)```", page, re.DOTALL)
    doors = HEAD.replace("profile: door/test-releasing", "profile: door/waveshare-relay-d8")
    file.write_text(doors + example, encoding="utf-8")
    loaded = load(file)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    (rule,) = [rule for rule in loaded.settings.rules if rule.id == "fire_exit"]
    assert rule.actions == (ActionSettings(command="pulse_unlock", devices=("door-1", "door-2"), args={"seconds": 30}),)


def test_what_was_probably_meant_is_asked(file: Path) -> None:
    (found,) = _load(file, f"add: {{mine: {{{OWN}, devices: [door-1], action: {{command: pulse_unlok}}}}}}").problems
    assert found.remedy("en").startswith("did you mean “pulse_unlock”? it can do: pulse_unlock")
    assert found.remedy("zh").startswith("是不是 “pulse_unlock”? 它能做: pulse_unlock")


def _default(action: str) -> ClassRule:
    return ClassRule(id="r", when="smoke == true", level="red", text=Text(zh="烟", en="smoke"), action=action)


@pytest.mark.parametrize("action", ["", "hold elevator door + voice", "cut_port"])
def test_words_for_people_and_commands_that_need_to_be_told_more_do_nothing(action: str) -> None:
    """A port cannot be cut by a rule that does not say which."""
    charger = load_class("ebike_charger")
    assert default_actions(_default(action), charger, [], ("charger-1",)) == [(("charger-1",), ())]


def test_a_command_that_is_not_meant_for_all_is_done_by_who_raised_the_alert() -> None:
    kind, (tree, _) = load_class("access_door"), read_document(HEAD)
    assert tree is not None
    doors = [one for one in resolve_devices(tree, Shelf(PROFILES)).found.values() if one.kind is kind]
    parts = default_actions(_default("pulse_unlock"), kind, doors, ("door-1", "door-3"))
    assert parts == [(("door-1",), (ActionSettings(command="pulse_unlock"),)), (("door-3",), ())]
