"""What a file says of people, hours, lists and places, what the engine gets of it, and every mistake about it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.load import Loaded, load
from config.places import Chosen, building_of, is_within
from config.report import render
from config.settings import DeviceFacts, ScheduleSettings, SiteFacts

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses: {line: {type: modbus-rtu, port: /dev/serial/by-id/a, baud: 19200}}
"""
BIN = "{name: 桶, profile: bin/dfrobot-sen0310, bus: line, unit: 11, empty_mm: 1100, full_mm: 250, "
DAY_US = 86_400_000_000
NEW_YEAR_US = 1_767_196_800_000_000
"""Midnight of 2026-01-01 in Shanghai."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def _load(file: Path, text: str) -> Loaded:
    file.write_text(HEAD + text, encoding="utf-8")
    return load(file)


def _facts(file: Path, text: str) -> SiteFacts:
    loaded = _load(file, text)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    return loaded.settings.facts


def test_a_device_is_where_it_is_or_where_its_person_lives(file: Path) -> None:
    found = _facts(
        file,
        "people: {P-0001: {groups: 独居老人, place: 3幢2单元501}}\n"
        f"devices:\n  a: {BIN}person: P-0001, settings: {{low: 3}}}}\n"
        f"  b: {BIN.replace('11', '12', 1)}place: 北区5号楼东, building: 5号}}\n",
    )
    assert found.devices["a"] == DeviceFacts(
        place="3幢2单元501", building="3幢", person="P-0001", settings={"low": 3.0}
    )
    assert (found.devices["b"].place, found.devices["b"].building) == ("北区5号楼东", "5号")


def test_schedules_and_holidays(file: Path) -> None:
    found = _facts(
        file,
        'schedules:\n  夜间: {hours: ["22:00-24:00", "00:00-6:30"], days: [sun, mon], holidays: false}\n'
        "  works: {from: 2026-12-01 08:00, to: 2026-12-01T18:00}\n  weekend: {days: [sat, sun]}\n"
        "holidays: [2026-10-01]\n",
    )
    assert found.holidays == ("2026-10-01",)
    assert found.schedules == {
        "夜间": ScheduleSettings(spans=((1320, 1440), (0, 390)), days=(0, 6), holidays=False),
        "works": ScheduleSettings(start="2026-12-01T08:00:00", end="2026-12-01T18:00:00"),
        "weekend": ScheduleSettings(days=(5, 6)),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(
    "text",
    [
        "车牌,起,止\n浙A1,2026-01-01,2026-01-31\n浙B2,,\n",
        "plate,remark,from,to\n浙A1,x,2026/1/1,2026.1.31\n\n浙B2,y,,\n",
        "浙A1,2026-01-01,2026-01-31\r\n# 备注\r\n浙B2\r\n",
    ],
)
def test_a_list_is_read_with_or_without_a_heading(file: Path, text: str, encoding: str) -> None:
    (file.parent / "lists").mkdir()
    (file.parent / "lists" / "a.csv").write_bytes(text.encode(encoding))
    found = _facts(file, "lists: {被盗: lists/a.csv}\n").lists["被盗"].entries
    assert found == {"浙A1": (NEW_YEAR_US, NEW_YEAR_US + 31 * DAY_US), "浙B2": (None, None)}


def test_a_list_of_plates_has_a_purpose_and_its_plates_are_written_in_one_way(file: Path) -> None:
    (file.parent / "a.csv").write_text("车牌,止\n浙f·12345,2025-12-31\n沪 A00001\n", encoding="utf-8")
    found = _facts(file, "lists: {访客: {file: a.csv, kind: visitor}, 刷卡: {file: a.csv}}\n").lists
    assert (found["访客"].kind, found["刷卡"].kind) == ("visitor", None)
    assert found["访客"].entries == {"浙F12345": (None, NEW_YEAR_US), "沪A00001": (None, None)}
    assert set(found["刷卡"].entries) == {"浙f·12345", "沪 A00001"}


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("{访客: {file: a.csv, kind: guest}}", ["E109"]),
        ("{访客: {kind: black}}", ["E102"]),
        ("{访客: {file: a.csv, kin: black}}", ["E101"]),
        ("{访客: 3}", ["E104"]),
        ("{访客: {file: none.csv, kind: black}}", ["E137"]),
        ("{访客: {file: b.csv, kind: black}}", ["E240", "E138"]),
    ],
)
def test_each_mistake_about_a_list_of_plates(file: Path, section: str, codes: list[str]) -> None:
    (file.parent / "a.csv").write_text("浙F12345\n", encoding="utf-8")
    (file.parent / "b.csv").write_text("浙F12345\n不是车牌\n浙F·12345\n", encoding="utf-8")
    found = _load(file, f"lists: {section}\n").problems
    assert [each.code for each in found] == codes, render(found, "gateway.yaml", "en")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("B,2026-02-30,", "“2026-02-30” is no date"),
        ("B,soon,", "“soon” is no date"),
        ("B,2026-02-02,2026-02-01", "2026-02-01 is before 2026-02-02"),
        (",2026-02-02,", "the first column is empty"),
        ("A,,", "“A” is there twice"),
    ],
)
def test_a_mistake_in_a_list_names_its_file_and_line(file: Path, row: str, said: str) -> None:
    (file.parent / "a.csv").write_text(f"key,from,to\nA,,\n{row}\n", encoding="utf-8")
    (found,) = _load(file, "lists: {bad: a.csv}\n").problems
    assert (found.code, found.file, found.place.line) == ("E138", "a.csv", 3)
    assert said in found.message("en")
    assert "a.csv:3:1" in render([found], "gateway.yaml", "en")


def test_a_number_that_tells_a_person_is_not_shown(file: Path) -> None:
    (file.parent / "a.csv").write_text("13812345678,soon\n", encoding="utf-8")
    (found,) = _load(file, "lists: {bad: a.csv}\n").problems
    assert "13812345678" not in render([found], "gateway.yaml", "en")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("lists: {a: none.csv}\n", ["E137"]),
        ("lists: {a: ../a.csv}\n", ["E137"]),
        ("lists: {a: /etc/hostname}\n", ["E137"]),
        ("holidays: [2026-13-01]\n", ["E142"]),
        ("schedules: {2night: {hours: '23:00-05:00'}}\n", ["E140"]),
        ("schedules: {night: {hours: '23-05'}}\n", ["E142"]),
        ("schedules: {night: {}}\n", ["E141"]),
        ("schedules: {night: {from: 2026-12-01 08:00}}\n", ["E141"]),
        ("schedules: {night: {from: 2026-12-01 08:00, to: 2026-12-01 18:00, days: [mon]}}\n", ["E141"]),
        ("schedules: {night: {from: 2026-12-01 08:00, to: 2026-12-01 07:00}}\n", ["E143"]),
        ("schedules: {night: {from: 2026-12-01 08:00, to: noon}}\n", ["E142"]),
        ("schedules: {night: {days: [monday]}}\n", ["E109"]),
        ("people: {张三: {}}\n", ["E303"]),
        ("people: {P-0001: {grups: a}}\n", ["E101"]),
        (f"people: {{P-0001: {{}}}}\ndevices: {{a: {BIN}person: P-0002}}}}\n", ["E145"]),
        (f"devices: {{a: {BIN}person: 张三}}}}\n", ["E303"]),
        (f"devices: {{a: {BIN}settings: {{low: a}}}}}}\n", ["E104"]),
    ],
)
def test_each_mistake_about_the_site(file: Path, text: str, codes: list[str]) -> None:
    found = _load(file, text).problems
    assert [each.code for each in found] == codes, render(found, "gateway.yaml", "en")


def test_a_time_zone_that_is_nowhere(file: Path) -> None:
    file.write_text(HEAD.replace("name: 测试", "name: 测试, timezone: Asia/Jiaxing"), encoding="utf-8")
    assert [each.code for each in load(file).problems] == ["E139"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=80) | st.text(alphabet='a,"\n\r2026-01\x00#', max_size=60).map(str.encode))
def test_whatever_a_list_holds_it_is_read_or_explained(file: Path, data: bytes) -> None:
    (file.parent / "a.csv").write_bytes(data)
    loaded = _load(file, "lists: {a: a.csv}\n")
    assert {each.code for each in loaded.problems} <= {"E137", "E138"}
    assert loaded.ok == (not loaded.problems)
    assert render(loaded.problems, "gateway.yaml", "zh")


@pytest.mark.parametrize(
    ("place", "wanted", "within"),
    [
        ("3幢2单元501", "3幢", True),
        ("13幢", "3幢", False),
        ("3幢2单元501", "3幢2单元50", False),
        ("3幢2单元501", "2单元", True),
        ("3幢/消防通道", "消防通道", True),
        ("3幢消防通道", "消防通道", True),
        ("501卫生间", "卫生间", True),
        ("西北门", "北门", False),
        ("东门", "", False),
    ],
)
def test_what_lies_within_a_place(place: str, wanted: str, *, within: bool) -> None:
    assert is_within(place, wanted) == within


def test_a_building_is_told_from_a_place() -> None:
    assert [building_of(place) for place in ("3幢2单元", "南区12号楼3层", "东门", "")] == [
        "3幢",
        "南区12号楼",
        "东门",
        "",
    ]


def test_all_that_a_rule_names_has_to_fit() -> None:
    facts = DeviceFacts(place="3幢", person="P-0001")
    assert Chosen().has("a", facts, ())
    assert Chosen(["a"], ["old"], ["3幢"]).has("a", facts, ["old"])
    assert not Chosen(["b"], ["old"]).has("a", facts, ["old"])
    assert not Chosen(people=["old"]).has("a", facts, [])
    assert not Chosen(places=["4幢"]).has("a", facts, [])
