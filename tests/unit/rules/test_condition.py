"""Conditions: what each operator says of known, unusable and never read points."""

import pytest

from config.expression import parse
from config.terms import points
from rules.condition import Verdict, compile_condition
from wire.reading import Value


def verdict(text: str, /, *, gone: tuple[str, ...] = (), **known: Value) -> Verdict:
    tree = parse(text)
    slots = {name: slot for slot, name in enumerate(points(tree))}
    values: list[Value] = [None if name in gone else known.get(name) for name in slots]
    missing: list[Verdict] = [True if name in gone else False if name in known else None for name in slots]
    return compile_condition(tree, slots)(values, missing)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("p == 5", 5, True),
        ("p == 5", 5.0, True),
        ("p != 5", 5, False),
        ("p < 5", 4, True),
        ("p <= 5", 5, True),
        ("p > 5", 5, False),
        ("p >= 5", 5.5, True),
        ("5 < p", 6, True),
        ("p == open", "open", True),
        ("p == true", True, True),
        ("p == false", True, False),
        ("p in (opening, closing)", "closing", True),
        ("p in (opening, closing)", "open", False),
        ("p not in (1, 2)", 3, True),
        ("not p == open", "closed", True),
        ("p > 5", "word", None),
    ],
)
def test_one_point(text: str, value: Value, expected: Verdict) -> None:
    assert verdict(text, p=value) is expected


@pytest.mark.parametrize("text", ["p == 5", "p != 5", "p < 5", "p in (1, 2)", "p not in (1, 2)", "not p == 5"])
def test_nothing_is_said_of_a_point_without_a_value(text: str) -> None:
    assert verdict(text) is None
    assert verdict(text, gone=("p",)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes == 1 and unseen == 1", None),
        ("yes == 0 and unseen == 1", False),
        ("unseen == 1 and yes == 0", False),
        ("yes == 1 or unseen == 1", True),
        ("unseen == 1 or yes == 1", True),
        ("yes == 0 or unseen == 1", None),
        ("yes == 1 and yes > 0", True),
        ("yes == 0 or yes < 0", False),
        ("not (yes == 0 and unseen == 1)", True),
    ],
)
def test_unknown_gives_way_to_what_decides(text: str, expected: Verdict) -> None:
    assert verdict(text, yes=1) is expected


def test_stale_asks_for_the_value_itself() -> None:
    assert verdict("stale(p)") is None
    assert verdict("stale(p)", p=1) is False
    assert verdict("stale(p)", gone=("p",)) is True
    assert verdict("stale(p) and q == 1", gone=("p",), q=1) is True
