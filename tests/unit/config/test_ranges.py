"""Whether a condition can hold, fail and clear: compared with trying every value that the device can say."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.address import Text
from config.catalog import ClassPoint, DeviceClass
from config.expression import parse
from config.ranges import can_clear, can_fail, can_hold, contradictions, range_of
from config.terms import And, Compare, Expression, In, Literal, Not, Or, Point

NAME = Text(zh="测试", en="test")
KIND = DeviceClass(
    id="test",
    name=NAME,
    points=(
        ClassPoint(key="a", text=NAME, kind="float", range=(0, 4)),
        ClassPoint(key="t", text=NAME, kind="float", range=(-40, 85)),
        ClassPoint(key="b", text=NAME, kind="bool"),
        ClassPoint(key="e", text=NAME, kind="enum", values={"x": NAME, "y": NAME, "z": NAME}),
    ),
)
WORLDS = [
    {"a": a / 2, "b": b, "e": e} for a, b, e in product(range(9), (True, False), ("x", "y", "z"))
]  # fmt: skip


def _holds(tree: Expression, world: dict[str, object]) -> bool:
    match tree:
        case And(terms=terms):
            return all(_holds(term, world) for term in terms)
        case Or(terms=terms):
            return any(_holds(term, world) for term in terms)
        case Not(term=term):
            return not _holds(term, world)
        case In(left=left, values=values):
            return world[left.name] in [value.value for value in values]
        case Compare(op=op, left=Point(name=name), right=Literal(value=value)):
            given = world[name]
            if op in ("==", "!="):
                return (given == value) == (op == "==")
            assert isinstance(given, float)
            assert isinstance(value, int)
            return {"<": given < value, "<=": given <= value, ">": given > value, ">=": given >= value}[op]
    raise TypeError(tree)


LEAVES = st.one_of(
    st.builds("a {} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.integers(0, 4)),
    st.sampled_from(["b == true", "b != true", "e == x", "e != y", "e in (x, y)", "e not in (z)", "b == false"]),
)
TEXTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        inner.map("not ({})".format),
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(TEXTS, TEXTS)
def test_what_is_told_is_what_trying_everything_tells(text: str, other: str) -> None:
    tree, clear = parse(text), parse(other)
    assert can_hold(tree, KIND) == any(_holds(tree, world) for world in WORLDS)
    assert can_fail(tree, KIND) == any(not _holds(tree, world) for world in WORLDS)
    clears = any(_holds(clear, world) and not _holds(tree, world) for world in WORLDS)
    assert can_clear(tree, clear, KIND) == clears
    assert bool(list(contradictions(tree, KIND))) != can_hold(tree, KIND)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("t > 0", (-40, 85)),
        ("abs(t) > 0", (0, 85)),
        ("delta(t, 5m) > 0", (-125, 125)),
        ("abs(delta(t, 5m)) > 0", (0, 125)),
        ("mean(t, 5m) > 0", (-40, 85)),
        ("2 * t > 0", (-80, 170)),
        ("-1 * t > 0", (-85, 40)),
        ("count(b, 5m) > 0", (0, float("inf"))),
        ("rate(t, 5m) > 0", (float("-inf"), float("inf"))),
    ],
)
def test_a_figure_has_the_range_that_follows_from_its_point(text: str, span: tuple[float, float]) -> None:
    tree = parse(text)
    assert isinstance(tree, Compare)
    assert range_of(tree.left, KIND) == span


def test_what_contradicts_itself_is_found_where_it_stands() -> None:
    tree = parse("a > 1 and (e == x and e == y or b == true and b == false)")
    assert [part.offset for part in contradictions(tree, KIND)] == [11, 32]


@pytest.mark.parametrize(
    "text", ["stale(a) and not stale(a)", "event z and not event z", "not (b == true or not b == true)"]
)
def test_a_thing_and_its_opposite_never_hold_together(text: str) -> None:
    assert not can_hold(parse(text), KIND)


def test_a_condition_too_large_to_look_at_is_taken_for_possible() -> None:
    assert can_hold(parse(" and ".join(f"(a > {n} or e == x)" for n in range(12)) + " and a > 9"), KIND)
