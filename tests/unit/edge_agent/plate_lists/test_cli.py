"""`edge-agent lists`: which lists are in effect, and the box's word on a plate, in both languages."""

import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from edge_agent.cli import app
from edge_agent.identity_file import FILE_NAME, Identity, save_identity
from edge_agent.plate_lists import kept
from wire.codec import encode
from wire.plates import ListKind, PlateEntry

GATE = Path(__file__).parents[4] / "config" / "examples" / "gate"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A state folder with lists of the collector beside a copy of the example."""
    shutil.copytree(GATE, tmp_path, dirs_exist_ok=True)
    key = Ed25519PrivateKey.generate()
    save_identity(tmp_path / FILE_NAME, Identity("g-1", key, "https://c", "district", key.public_key()))
    _keep(tmp_path, "g-1")
    return tmp_path


def _keep(box: Path, gateway: str) -> None:
    entries = (PlateEntry("鲁K24680", ListKind.white), PlateEntry("鲁K13579", ListKind.visitor, until=1))
    lists = kept.KeptLists(gateway, "district", 7, 1_700_000_000_000_000, entries)
    (box / kept.FILE_NAME).write_bytes(encode(lists))


def lists(box: Path, *words: str, lang: str = "en") -> Result:
    where = ("--config", str(box / "gate.yaml"), "--state", str(box), "--lang", lang)
    return CliRunner().invoke(app, ["lists", *words, *where])


def test_the_lists_in_effect(box: Path) -> None:
    text = lists(box, "show").output
    assert "业主    white list  residents.csv  3        3" in text
    assert "—       visitors    the collector  1        0" in text
    assert "the collector's lists: version 7, taken 2023-11-1" in text
    zh = lists(box, "show", lang="zh").output
    assert "黑名单" in zh
    assert "汇聚端的名单: 版本 7" in zh
    shown = json.loads(lists(box, "show", "--json").output)
    assert [one["kind"] for one in shown["lists"]] == ["white", "visitor", "black", "white", "visitor"]
    assert shown["collector"] == {"version": 7, "taken_at": 1_700_000_000_000_000, "entries": 2}


def test_another_gateway_s_lists_are_not_in_effect(box: Path) -> None:
    _keep(box, "g-2")
    assert "the collector has given no lists" in lists(box, "show").output
    assert lists(box, "judge", "鲁K24680").exit_code == 1


@pytest.mark.parametrize(
    ("plate", "status", "en", "zh"),
    [
        ("浙f·10345", 0, "浙F10345: white list (list == white)", "浙F10345: 白名单"),
        ("鲁K24680", 0, "white list", "白名单"),
        ("皖B66666", 0, "(list == black)", "黑名单"),
        ("浙F1D345", 1, "near 浙F10345 of the white list: a guard is asked", "像白名单里的 浙F10345: 问门卫"),
        ("浙FD1234", 1, "one character away: 浙FD12345 (a hint", "差一个字的: 浙FD12345 (只作参考)"),
        ("鲁K13579", 1, "it is among the visitors, but not valid now", "在访客里, 但此刻不在有效期内"),
        ("京N00001", 1, "京N00001: on no list (list == unknown)", "不在名单上"),
    ],
)
def test_what_the_box_says_of_a_plate(box: Path, plate: str, status: int, en: str, zh: str) -> None:
    result = lists(box, "judge", plate)
    assert en in result.output
    assert result.exit_code == status
    assert zh in lists(box, "judge", plate, lang="zh").output


def test_a_plate_as_json_and_what_is_none(box: Path) -> None:
    assert json.loads(lists(box, "judge", "浙F1D345", "--json").output) == {
        "plate": "浙F1D345", "list": "unknown", "near": "浙F10345", "near_list": "white", "ended": "", "suggested": [],
    }  # fmt: skip
    assert lists(box, "judge", "· ·").exit_code == 2


def test_without_any_list_it_says_so(box: Path) -> None:
    text = (box / "gate.yaml").read_text(encoding="utf-8")
    (box / "gate.yaml").write_text(text[: text.index("lists:")], encoding="utf-8")
    _keep(box, "g-2")
    assert "no list of plates is in effect" in lists(box, "show").output
    (box / "gate.yaml").write_text("version: 1\n", encoding="utf-8")
    assert lists(box, "show").exit_code == 1
