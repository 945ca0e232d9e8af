"""What a file says of people's whereabouts, and the rules that would tell them all the same."""

from pathlib import Path

import pytest

from config.catalog import class_names, load_class
from config.load import Loaded, load
from config.report import render

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses: {broker: {type: mqtt, host: localhost}}
devices: {band-1: {name: 手环, profile: band/json, bus: broker, id: band-1, person: P-007}}
"""
RULE = "rules: {{add: {{near: {{devices: [band-1], when: {when}, level: blue, say: {say}{more}}}}}}}\n"


def _load(folder: Path, text: str) -> Loaded:
    file = folder / "gateway.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return load(file)


def _rule(when: str = "battery_pct < 5", say: str = '"{name}"', more: str = "") -> str:
    return RULE.format(when=when, say=say, more=more)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (_rule(), []),
        (_rule(say='"{name} {rssi_dbm}"'), ["E214"]),
        (_rule(say='{zh: "{name}", en: "{rssi_dbm}"}'), ["E214"]),
        (_rule(when="rssi_dbm >= -50"), ["W214"]),
        (_rule(when="event out_of_range"), ["W214"]),
        (_rule(when="rssi_dbm >= -50", more=", record: false"), []),
        ("privacy: {whereabouts: alarms}\n" + _rule(when="rssi_dbm >= -50", say='"{rssi_dbm}"'), []),
        ("privacy: {whereabouts: share}\n" + _rule(when="rssi_dbm >= -50", say='"{rssi_dbm}"'), []),
        ("privacy: {whereabouts: local}\n" + _rule(say='"{rssi_dbm}"'), ["E214"]),
    ],
)
def test_a_rule_that_tells_where_somebody_is(tmp_path: Path, text: str, codes: list[str]) -> None:
    loaded = _load(tmp_path, text)
    found = [each.code for each in loaded.problems if each.code.endswith("214")]
    assert found == codes, render(loaded.problems, "gateway.yaml", "en")


def test_it_stays_on_the_box_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    for text, word in (("", "local"), ("privacy: {whereabouts: share}\n", "share")):
        loaded = _load(tmp_path, text)
        assert loaded.settings is not None
        assert loaded.settings.privacy.whereabouts == word
    assert _load(tmp_path, "privacy: {whereabouts: everybody}\n").settings is None


def test_the_signal_of_whatever_is_carried_tells_where_somebody_is() -> None:
    carried = [kind for name in class_names() if (kind := load_class(name)).carried]
    assert [kind.id for kind in carried] == ["sos_button", "wearable_band"]
    assert all("rssi_dbm" in kind.whereabouts() for kind in carried)
