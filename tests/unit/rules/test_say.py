"""Sentences: what a technician's template becomes on the duty desk's screen."""

import pytest

from rules.say import fields, fill, show
from wire.reading import Value


@pytest.mark.parametrize(
    ("value", "shown"),
    [(82, "82"), (82.0, "82"), (82.456, "82.46"), (231.5, "231.5"), (-0.0, "0"), (0.04321, "0.0432"), ("open", "open")],
)
def test_numbers_are_short(value: Value, shown: str) -> None:
    assert show(value, "zh") == shown


def test_truth_and_nothing_are_words() -> None:
    assert (show(True, "zh"), show(False, "zh")) == ("是", "否")
    assert (show(True, "en"), show(False, "fr")) == ("yes", "no")
    assert show(None, "en") == "—"


def test_a_template_is_filled_and_never_evaluated() -> None:
    text = "{name}: {fill_pct}% {unseen} {name.__class__} {0} { }"
    assert fill(text, "zh", "1号桶", {"fill_pct": 82.4}) == "1号桶: 82.4% {unseen} {name.__class__} {0} { }"
    assert fields(text) == ("fill_pct", "unseen")


def test_values_are_not_filled_again() -> None:
    assert fill("{a} {b}", "zh", "n", {"a": "{b}", "b": 1}) == "{b} 1"
