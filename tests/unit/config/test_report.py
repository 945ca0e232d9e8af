"""How a problem is shown: carets under Chinese text, long lines cut, secrets hidden whatever the line looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.document import read_document
from config.masks import STARS, Masks, is_personal, is_secret_key
from config.problems import Place, Problem, nearest, problem
from config.report import columns, render


def _shown(text: str, place: Place) -> Problem:
    tree, _ = read_document(text)
    return Masks(text.splitlines(), tree).apply(problem("W302", place))


def _caret(found: Problem) -> tuple[str, str]:
    lines = render([found], "f", "en").splitlines()
    return lines[3].split(" | ", 1)[1], lines[4].split(" | ", 1)[1]


def test_the_caret_stands_under_its_word_after_chinese() -> None:
    source, caret = _caret(_shown("name: 易腐垃圾桶, url: x\n", Place(1, 14, 3)))
    assert columns(source[: source.index("url")]) == caret.index("^") == 18
    assert caret.count("^") == 3


def test_a_chinese_word_gets_a_caret_as_wide_as_itself() -> None:
    source, caret = _caret(_shown("name: 满桶\n", Place(1, 7, 2)))
    assert (source, caret) == ("name: 满桶", "      ^^^^")


@given(st.text(alphabet="ab 桶满，é", min_size=1, max_size=300), st.integers(0, 299), st.integers(1, 20))
def test_the_caret_is_right_however_long_the_line(text: str, at: int, length: int) -> None:
    start = min(at, len(text) - 1)
    found = Problem("W302", Place(1, start + 1, length), source=text, shown=Place(1, start + 1, length))
    source, caret = _caret(found)
    before = caret.index("^")
    word = text[start : start + length]
    left = next(cut for cut in range(len(source) + 1) if columns(source[:cut]) == before)
    assert source[left:].startswith(word[:10].rstrip()) or source[left:].startswith(word)
    assert columns(source) <= 110


@pytest.mark.parametrize(
    "key", ["password", "Password", "pasword", "mqtt_password", "token", "api_key", "secret", "密码", "passwrod"]
)
def test_secret_keys_are_known_even_misspelt(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize("key", ["name", "place", "port", "profile", "access_log", "site", "unit", "host"])
def test_ordinary_keys_are_not_secret(key: str) -> None:
    assert not is_secret_key(key)


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2",
        "a: {password: hunter2, b: 1}",
        "a: {password:hunter2, b: 1}",
        "a: {b: 1, 'token': \"hunter2\"}",
        "password hunter2: [",
        "a: [ # password: hunter2",
        "url: mqtt://gw:hunter2@10.0.0.1",
        "password: a\npassword: hunter2",
        "password: |\n  hunter2\nb: 1",
        "password: |\n  hunter2\nb: [",
        "password:\n  deep: hunter2",
        "zzz: hunter2",
    ],
)
def test_no_line_shows_a_secret(text: str) -> None:
    tree, found = read_document(text)
    if tree is not None:
        found += [
            problem("E101", place, key=key, where="", match=None, fix_zh="", fix_en="")
            for key, place in tree.keys.items()
        ]
    masks = Masks(text.splitlines(), tree, found)
    shown = [masks.apply(problem("W302", Place(line, 1))) for line in range(1, text.count("\n") + 2)]
    assert not any("hunter2" in each.source for each in shown)


def test_a_secret_reference_is_shown() -> None:
    assert _shown("password: !secret camera\n", Place(1, 1, 8)).source == "password: !secret camera"


def test_the_caret_follows_a_hidden_value() -> None:
    source, caret = _caret(_shown("a: {password: abc, b: 1}\n", Place(1, 20, 1)))
    assert source == f"a: {{password: {STARS}, b: 1}}"
    assert source[caret.index("^")] == "b"


@pytest.mark.parametrize(
    "text", ["330402195001011234", "33040219500101123X", "13812345678", "+86 13812345678", "张三13812345678"]
)
def test_personal_numbers_are_known(text: str) -> None:
    assert is_personal(text)


@pytest.mark.parametrize("text", ["P-0001", "24E124713C140001", "330402-demo-a", "12812345678", "192.168.10.138"])
def test_other_numbers_are_not_personal(text: str) -> None:
    assert not is_personal(text)


def test_nearest_knows_a_slip_and_a_shared_first_word() -> None:
    assert nearest("buad", ["baud", "port"]) == "baud"
    assert nearest("fill_level", ["fill_pct", "lid_open"]) == "fill_pct"
    assert nearest("zebra", ["fill_pct", "lid_open"]) is None


def test_a_clean_file_is_said_to_be_fit() -> None:
    assert render([], "gateway.yaml", "en") == "gateway.yaml: 0 errors, 0 warnings — fit for use."
    assert render([], "gateway.yaml") == "gateway.yaml: 0 个错误, 0 个警告 — 可以使用。"
