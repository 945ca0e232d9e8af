"""The rule language: what parses to what, and what is said about text outside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.expression import ExpressionError, parse
from config.terms import And, Compare, Expression, In, Literal, Not, Or, Point, Stale, points, walk_points


def test_comparison_knows_where_its_parts_stand() -> None:
    assert parse("fill_pct >= 80") == Compare(">=", Point("fill_pct", 0), Literal(80, 12, 2), 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x == 1", 1),
        ("x == 1.5", 1.5),
        ("x == -2e3", -2000.0),
        ("x == +4", 4),
        ("x == true", True),
        ("x == open", "open"),
        ("x == 'two words'", "two words"),
        ('x == "引号"', "引号"),
    ],
)
def test_values(text: str, value: object) -> None:
    tree = parse(text)
    assert isinstance(tree, Compare)
    assert isinstance(tree.right, Literal)
    assert tree.right.value == value
    assert type(tree.right.value) is type(value)


def test_literal_first_is_turned_round() -> None:
    tree = parse("5 < level_cm")
    assert isinstance(tree, Compare)
    assert isinstance(tree.left, Point)
    assert isinstance(tree.right, Literal)
    assert (tree.op, tree.left.name, tree.right.value) == (">", "level_cm", 5)


def test_not_binds_before_and_before_or() -> None:
    tree = parse("a == 1 or not b == 2 and c == 3")
    assert isinstance(tree, Or)
    assert isinstance(tree.terms[1], And)
    assert isinstance(tree.terms[1].terms[0], Not)


def test_brackets_change_the_order() -> None:
    tree = parse("(a == 1 or b == 2) and c == 3")
    assert isinstance(tree, And)
    assert isinstance(tree.terms[0], Or)


def test_membership_and_its_negation() -> None:
    tree = parse("boom_state in (opening, closing)")
    assert isinstance(tree, In)
    assert [value.value for value in tree.values] == ["opening", "closing"]
    assert isinstance(parse("boom_state not in (opening)"), Not)


def test_stale_takes_a_point() -> None:
    assert parse("stale(fill_pct)") == Stale(Point("fill_pct", 6), 0)


def test_points_are_named_once_and_walked_each_time() -> None:
    tree = parse("a == 1 and (b in (2, 3) or not stale(a))")
    assert points(tree) == ("a", "b")
    assert [point.name for point in walk_points(tree)] == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("text", "offset", "said"),
    [
        ("", 0, "empty"),
        ("a = 3", 2, "not a symbol"),
        ("a ≥ 3", 2, "not a symbol"),
        ("a >= 5cm", 5, "not a number"),
        ("a", 0, "not compared"),
        ("(a == 1", 0, "never closed"),
        ("a == 1)", 6, "does not belong"),
        ("a == 1 b", 7, "does not belong"),
        ("a ==", 4, "ends too early"),
        ("1 == 2", 0, "names no point"),
        ("1 < a < 3", 6, "does not belong"),
        ("a in 3", 5, "does not belong"),
        ("count(a) > 3", 7, "no window"),
        ("event", 0, "not compared"),
        ("a == 1 between 3", 15, "does not belong"),
        ("stale(3)", 6, "does not belong"),
        ("a == #", 5, "no meaning"),
    ],
)
def test_errors_have_a_place_and_a_reason(text: str, offset: int, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.offset == offset
    assert said in caught.value.en
    assert caught.value.zh


def test_a_mistyped_symbol_is_told_the_right_one() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("a == 1 && b == 2")
    assert caught.value.fix_en == "write and"


def test_nesting_and_length_are_bounded() -> None:
    with pytest.raises(ExpressionError, match="deep"):
        parse("(" * 60 + "a == 1" + ")" * 60)
    with pytest.raises(ExpressionError, match="longer"):
        parse("a == 1 and " * 1000 + "a == 1")


@given(st.text(max_size=60) | st.text(alphabet="ab()<>=! andornti,.0123456789'\"", max_size=60))
def test_any_text_parses_or_is_refused_within_itself(text: str) -> None:
    try:
        tree = parse(text)
    except ExpressionError as error:
        refused = error
    else:
        assert points(tree)
        return
    assert 0 <= refused.offset <= len(text)
    assert refused.length >= 1


_NAMES = st.sampled_from(["fill_pct", "door_state", "a1", "温度"])
_LEAVES = st.builds(
    lambda name, op, value: f"{name} {op} {value}",
    _NAMES,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.integers() | st.sampled_from(["open", "true", "'a b'"]),
) | _NAMES.map(lambda name: f"stale({name})")
_TEXTS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a}) and ({b})", inner, inner),
        st.builds(lambda a, b: f"({a}) or ({b})", inner, inner),
        inner.map(lambda a: f"not ({a})"),
    ),
    max_leaves=8,
)


@given(_TEXTS)
def test_what_is_in_the_language_parses(text: str) -> None:
    tree: Expression = parse(text)
    for point in walk_points(tree):
        assert text[point.offset :].startswith(point.name)
