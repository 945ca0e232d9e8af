"""What moves a whole relay board is refused where the board does not serve doors alone."""

from pathlib import Path

import pytest

from config.load import load

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses: {tcp: {type: modbus-tcp, host: 10.0.0.1}}
devices:
"""
BOARD = (
    "  d: {name: 门, profile: door/waveshare-relay-d8, bus: tcp, unit: 5, relay: 1, all_doors: true}\n"
    "  e: {name: 门, profile: door/waveshare-relay-d8, bus: tcp, unit: 5, relay: 2, all_doors: true}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def problems(file: Path, text: str) -> list[tuple[str, object, object]]:
    """Return code, key and the other device of each problem of a file with these devices."""
    file.write_text(HEAD + text, encoding="utf-8")
    found = load(file).problems
    return [(each.code, each.fields.get("key"), each.fields.get("other")) for each in found]


def test_a_board_on_which_all_are_doors_may_be_released_at_once(file: Path) -> None:
    assert problems(file, BOARD) == []


@pytest.mark.parametrize(
    "other",
    [
        "profile: barrier/dry-contact-waveshare-d8, bus: tcp, unit: 5, relays: {up: 5}",
        "profile: light/loop-waveshare-d8, bus: tcp, unit: 5, relay: 5",
    ],
)
def test_releasing_all_doors_never_moves_what_is_no_door(file: Path, other: str) -> None:
    text = BOARD + f"  g: {{name: 其他, {other}}}\n"
    assert problems(file, text) == [("E207", "all_doors", "g")] * 2


def test_it_is_said_or_left_out(file: Path) -> None:
    assert [code for code, _, _ in problems(file, BOARD.replace("true", "false"))] == ["E109"] * 2
