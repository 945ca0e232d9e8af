"""What an input method types instead of YAML's own signs is named where it stands, whatever YAML makes of it."""

from pathlib import Path

import pytest

from config.load import load

GOOD = """version: 1
site:
  code: abc-1
  name: 金色家园
buses:
  line: {type: modbus-tcp, host: 10.0.0.2}
devices:
  door-1:
    name: 北门，东侧：一号
    profile: door/waveshare-relay-d8
    bus: line
    unit: 1
    relay: 1
    inputs: {contact: 1, exit_button: 2}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "col"),
    [
        ("version: 1", "version：1", 1, 8),
        ("  code: ", "  code：", 3, 7),
        ("  name: 金", "  name：金", 4, 7),
        ("modbus-tcp, host", "modbus-tcp，host", 6, 26),
        ("{type: modbus-tcp, host: 10.0.0.2}", "｛type: modbus-tcp, host: 10.0.0.2｝", 6, 9),
        ("10.0.0.2}", "10.0.0.2｝", 6, 42),
        ("    unit: 1", "    unit：1", 12, 9),
        ("contact: 1", "contact：1", 14, 21),
        ("    relay", "\u3000\u3000relay", 13, 1),
    ],
)
def test_a_wide_sign_is_named_where_it_stands(tmp_path: Path, right: str, wrong: str, line: int, col: int) -> None:
    file = tmp_path / "gateway.yaml"
    assert GOOD.count(right) == 1
    file.write_text(GOOD.replace(right, wrong), encoding="utf-8")
    found = load(file).problems
    assert [(each.code, each.place.line, each.place.col) for each in found if each.code == "E007"] == [
        ("E007", line, col)
    ]
    assert "英文输入法" in found[0].remedy("zh")


def test_text_may_hold_any_punctuation(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert load(file).problems == ()


def test_a_colon_that_is_only_text_is_not_blamed_for_another_mistake(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(GOOD.replace("    unit: 1", "   unit: 1"), encoding="utf-8")
    assert [each.code for each in load(file).problems] == ["E001"]
