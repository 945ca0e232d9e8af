"""A district's rules file: the page's example is good, and every mistake is said where it stands."""

import re
from pathlib import Path

import pytest

from config.district import LoadedDistrict, load_district

_PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
HEAD = "version: 1\npeople:\n  P-1: {groups: 独居老人, gateway: g-1}\nrules:\n"


def loaded(tmp_path: Path, text: str) -> LoadedDistrict:
    file = tmp_path / "district.yaml"
    file.write_text(text, encoding="utf-8")
    return load_district(file)


def test_the_example_of_the_page_is_good(tmp_path: Path) -> None:
    section = _PAGE.read_text(encoding="utf-8").partition("## 汇聚端的规则")[2]
    example = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert example is not None
    found = loaded(tmp_path, example[1])
    assert found.problems == ()
    assert found.form is not None
    assert [each.people for each in found.form.rules.change["elder_no_pass"]] == [["P-0001"], ["P-0002"]]


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        ("  change:\n    elder_no_pas: {enabled: false}\n", "E120", 6),
        ("  change:\n    elder_no_pass: {people: P-2, enabled: false}\n", "E109", 6),
        ("  change:\n    elder_no_pass: {whn: 'absent(access_granted, 3d)'}\n", "E101", 6),
        ("  change:\n    elder_no_pass: {when: 'absent(access_granted, 3)'}\n", "E126", 6),
        ("  change:\n    elder_no_pass: {when: 'absent(plate_read, 3d)'}\n", "E132", 6),
        ("  change:\n    stay_over_visitor: {when: 'owner == visitor'}\n", "E123", 6),
        ("  change:\n    gateway_offline: {action: {command: pulse_unlock}}\n", "E101", 6),
        ("  add:\n    mine: {class: dor, when: a == 1, level: red, say: x}\n", "E109", 6),
        ("  add:\n    mine: {class: access_door, when: door_state == opn, level: red, say: x}\n", "E125", 6),
        ("  add:\n    mine: {class: access_door, when: door_state == open, say: x}\n", "E102", 6),
        ("  add:\n    gateway_offline: {class: gateway, when: cpu_load_1m > 3, level: red, say: x}\n", "E127", 6),
    ],
)
def test_a_mistake_is_said_where_it_stands(tmp_path: Path, lines: str, code: str, line: int) -> None:
    found = loaded(tmp_path, HEAD + lines)
    assert found.form is None
    assert [(each.code, each.place.line) for each in found.problems] == [(code, line)]


def test_an_unreadable_file_is_a_mistake_too(tmp_path: Path) -> None:
    (problem,) = load_district(tmp_path / "nowhere.yaml").problems
    assert problem.code == "E005"
    assert loaded(tmp_path, "version: 1\ntimezone: Asia/Shangai\n").form is None
