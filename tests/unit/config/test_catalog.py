"""The catalogue: every class loads, speaks both languages, and its default rules are well formed."""

import re
from pathlib import Path

import pytest

from config.catalog import (
    CatalogError,
    class_names,
    collector_rules,
    common_rules,
    levels,
    load_class,
    load_profile,
    profile_ids,
    read_profile,
)
from config.conditions import Names, check_condition
from config.defaults import fits
from config.document import Scalar
from config.expression import parse
from config.problems import Place
from config.terms import points

CLASSES = class_names()


def test_the_29_classes_are_there() -> None:
    assert len(CLASSES) == 29
    assert {"access_door", "barrier_gate", "smart_bin", "electric_meter", "wearable_band", "gateway"} <= set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_texts_are_in_both_languages(name: str) -> None:
    kind = load_class(name)
    texts = [kind.name] + [
        each.text for group in (kind.points, kind.events, kind.commands, kind.rules) for each in group
    ]
    texts += [word for point in kind.points for word in (*point.values.values(), *point.words.values())]
    texts += [argument.text for command in kind.commands for argument in command.args.values()]
    for text in texts:
        assert re.search(r"[一-鿿]", text.zh) or text.zh == "PM2.5", text
        assert text.en, text
        assert not re.search(r"[一-鿿]", text.en), text


@pytest.mark.parametrize("name", CLASSES)
def test_points_are_whole(name: str) -> None:
    for point in load_class(name).points:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", point.key)
        assert bool(point.values) == (point.kind == "enum"), point.key
        assert set(point.words) == ({"true", "false"} if point.kind == "bool" else set()), point.key
        assert point.period_s > 0 or point.report == "event", point.key
        if point.kind in ("int", "float", "counter"):
            assert point.range is not None, point.key
            assert point.range[0] < point.range[1], point.key


@pytest.mark.parametrize("name", CLASSES)
def test_every_rule_is_in_the_language_and_about_the_class(name: str) -> None:
    kind = load_class(name)
    names = Names(lists=frozenset({"被盗", "黑名单"}))
    for rule in kind.rules:
        for text in (rule.when, rule.clear, *(step.when for step in rule.escalate)):
            if text is not None:
                node = Scalar(text, Place(1, 1), 1, 0)
                tree, found = check_condition(node, kind.told(rule.about), names)
                assert tree is not None, rule.id
                assert [each.message("en") for each in found] == [], rule.id


@pytest.mark.parametrize("name", CLASSES)
def test_an_action_of_one_word_is_a_command_of_the_class(name: str) -> None:
    kind = load_class(name)
    words = [rule.action for rule in kind.rules if re.fullmatch(r"[a-z_]+", rule.action)]
    assert [word for word in words if kind.command(word) is None] == []


def test_levels_are_in_order_of_severity() -> None:
    assert [(word, level.rank) for word, level in levels().items()] == [
        ("red", 1), ("orange", 2), ("yellow", 3), ("blue", 4),
    ]  # fmt: skip


def test_common_rules_hold_for_what_has_a_battery() -> None:
    rule = {rule.id: rule for rule in common_rules()}["battery_low"]
    assert rule.at == "gateway"
    assert points(parse(rule.when)) == ("battery_pct",)


def test_a_common_rule_is_for_the_classes_that_can_say_it() -> None:
    rules = {rule.id: rule for rule in common_rules()}
    having = {name: {kind for kind in CLASSES if fits(rule, load_class(kind))} for name, rule in rules.items()}
    assert {"access_door", "smart_bin"} <= having["device_offline"]
    assert not having["device_offline"] & {
        "smoke_detector",
        "sos_button",
        "wearable_band",
    }
    assert having["device_flapping"] == set(CLASSES)
    assert {"access_door", "water_meter"} <= having["tamper"]
    assert all(having.values())


def test_the_rules_of_many_gateways_are_the_collectors() -> None:
    assert [(kind, rule.id) for kind, rule in collector_rules()] == [
        ("access_door", "elder_no_pass"), ("anpr_camera", "stay_over_visitor"), ("gateway", "gateway_offline"),
    ]  # fmt: skip


def test_unknown_class_and_profile_are_refused() -> None:
    with pytest.raises(CatalogError, match="no device class nothing"):
        load_class("nothing")
    with pytest.raises(CatalogError, match="no profile"):
        load_profile("../classes/common")


@pytest.mark.parametrize("profile", profile_ids())
def test_profiles_fit_their_classes(profile: str) -> None:
    assert load_profile(profile).id == profile


PROFILE = """# A profile made wrong on purpose.
id: {id}
kind: access_door
product: {{zh: 测试, en: test}}
manual: []
driver: none
transport: {{buses: []}}
points: [{{key: {key}, table: coil, address: 0, encoding: bool, words: {{"0": {word}}}}}]
"""


@pytest.mark.parametrize(
    ("id", "key", "word", "said"),
    [
        ("door/other", "door_state", "open", "not its path"),
        ("door/wrong", "door_stat", "open", "no point door_stat"),
        ("door/wrong", "door_state", "ajar", "no word ajar"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused(tmp_path: Path, id: str, key: str, word: str, said: str) -> None:  # noqa: A002
    (tmp_path / "door").mkdir()
    (tmp_path / "door" / "wrong.yaml").write_text(PROFILE.format(id=id, key=key, word=word), encoding="utf-8")
    with pytest.raises(CatalogError, match=said):
        read_profile(tmp_path, "door/wrong")


FROST = """# A point with negative numbers of its own.
id: env/frost
kind: env_sensor
product: {{zh: 测试, en: test}}
manual: []
driver: modbus
transport: {{buses: [modbus-tcp]}}
points: [{{key: temperature_c, table: input_register, address: 0, {parts}}}]
"""


def read_frost(home: Path, parts: str) -> int | None:
    (home / "env").mkdir()
    (home / "env" / "frost.yaml").write_text(FROST.format(parts=parts), encoding="utf-8")
    return read_profile(home, "env/frost").points[0].negative_from


@pytest.mark.parametrize(
    "parts",
    [
        "negative_from: 0",
        "negative_from: -10000",
        "negative_from: 65536",
        "negative_from: 10000, encoding: i16",
        "negative_from: 10000, encoding: f32",
        "negative_from: 1, encoding: low_byte",
        "negative_from: 10000, bit: 3",
        'negative_from: 10000, words: {"0": 1}',
    ],
)
def test_frost_that_cannot_be_is_refused(tmp_path: Path, parts: str) -> None:
    with pytest.raises(CatalogError, match="negative_from"):
        read_frost(tmp_path, parts)


@pytest.mark.parametrize(
    ("parts", "start"), [("negative_from: 65535", 65535), ("negative_from: 65536, encoding: u32", 65536)]
)
def test_frost_that_can_be_is_taken(tmp_path: Path, parts: str, start: int) -> None:
    assert read_frost(tmp_path, parts) == start


def test_a_file_that_is_not_yaml_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"bad\.yaml"):
        read_profile(tmp_path, "bad")
