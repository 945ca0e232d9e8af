"""What each way of writing in the rule language means, what is said about mistakes, and that text comes back."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.catalog import class_names, common_rules, load_class
from config.expression import ExpressionError, parse
from config.terms import (
    Absent,
    Absolute,
    Bad,
    Becomes,
    Between,
    Compare,
    Count,
    Expression,
    Happened,
    Holds,
    InList,
    Literal,
    Measure,
    Not,
    Point,
    Recent,
    Reported,
    Scaled,
    Setting,
    Signal,
    Span,
    UsualCount,
    Without,
    points,
)
from config.terms import settings as settings_in
from config.wording import text_of


def bare(node: Any) -> Any:
    """Return a tree without its places."""
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if not is_dataclass(node) or isinstance(node, type):
        return node
    values = {field.name: bare(getattr(node, field.name)) for field in fields(node)}
    return replace(node, **{name: 0 if name in ("offset", "length") else value for name, value in values.items()})


def event(name: str, where: Expression | None = None) -> Signal:
    return Signal(Happened(name, where))


def is_true(name: str) -> Compare:
    return Compare("==", Point(name), Literal(True))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("abs(x) > 60", Compare(">", Absolute(Point("x")), Literal(60))),
        ("delta(x, 5m) >= 10", Compare(">=", Measure("delta", Point("x"), 300.0), Literal(10))),
        ("10 <= delta(x, 5m)", Compare(">=", Measure("delta", Point("x"), 300.0), Literal(10))),
        ("min(x, 22:00-04:00) > 2", Compare(">", Measure("min", Point("x"), Span(1320, 240)), Literal(2))),
        ("usual(x) < 3", Compare("<", Measure("usual", Point("x")), Literal(3))),
        ("x > 3 * p95(x, 30d)", Compare(">", Point("x"), Scaled(3.0, Measure("p95", Point("x"), 2_592_000.0)))),
        ("x > rate(y, 1h) * 0.5", Compare(">", Point("x"), Scaled(0.5, Measure("rate", Point("y"), 3600.0)))),
        ("x < setting(low)", Compare("<", Point("x"), Setting("low"))),
        ("setting(low) > x", Compare("<", Point("x"), Setting("low"))),
        ("1 * x > y", Compare(">", Scaled(1.0, Point("x")), Point("y"))),
        ("bad(x)", Bad(Point("x"))),
        ("way == in", Compare("==", Point("way"), Literal("in"))),
        ("event pressed", Recent(event("pressed"), 300.0)),
        ("event pressed within 30s", Recent(event("pressed"), 30.0)),
        ("read.list == black", Recent(event("read", Compare("==", Point("list"), Literal("black"))), 300.0)),
        ("read.plate in list 被盗", Recent(event("read", InList(Point("plate"), "被盗")), 300.0)),
        ("read(sure >= 0.9) within 3s", Recent(event("read", Compare(">=", Point("sure"), Literal(0.9))), 3.0)),
        ("x in list a", InList(Point("x"), "a")),
        ("x not in list 'two words'", Not(InList(Point("x"), "two words"))),
        ("count(a in same building, 5m) >= 2", Compare(
            ">=", Count(Signal(Happened("a"), "building"), 300.0), Literal(2))),
        ("count(offline, 1h) >= 4", Compare(">=", Count(Signal(Reported("offline")), 3600.0), Literal(4))),
        ("count(x == true, 1h) < 0.5 * usual_count(x == true)", Compare(
            "<", Count(Signal(Holds(is_true("x"))), 3600.0), Scaled(0.5, UsualCount(Signal(Holds(is_true("x"))))))),
        ("absent(any on this gateway, 1d)", Absent(Signal(Reported("any"), "gateway"), 86400.0)),
        ("absent(a -> on, 1d)", Absent(Signal(Becomes(Point("a"), Literal("on"))), 86400.0)),
        ("a -> on without (b or c on this device or d == 1) within 5s", Without(
            Signal(Becomes(Point("a"), Literal("on"))),
            (Signal(Happened("b"), "place"), Signal(Happened("c")),
             Signal(Holds(Compare("==", Point("d"), Literal(1))), "place")), 5.0)),
        ("a == on without b within 5s", Without(
            Signal(Holds(Compare("==", Point("a"), Literal("on")))), (Signal(Happened("b"), "place"),), 5.0)),
        ("event a without b in same building within 5s", Without(
            event("a"), (Signal(Happened("b"), "building"),), 5.0)),
        ("x == 1 between 23:00-05:00", Between(Compare("==", Point("x"), Literal(1)), (Span(1380, 300),))),
        ("x == 1 between (night, 8:00-24:00)", Between(
            Compare("==", Point("x"), Literal(1)), ("night", Span(480, 1440)))),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_meant(text: str, tree: Expression) -> None:
    assert bare(parse(text)) == tree
    assert bare(parse(text_of(tree))) == tree


@pytest.mark.parametrize(
    ("text", "offset", "said", "fix"),
    [
        ("count(x, 10) > 3", 9, "no time unit", "write 10s, 10m or 10h"),
        ("count(x) > 3", 7, "no window", "write count(…, 10m)"),
        ("delta(x, 30min) > 3", 9, "not how a length of time", "write 30m"),
        ("delta(x, 30分钟) > 3", 9, "not how a length of time", "write 30m"),
        ("delta(x, 02:00-04:00) > 3", 9, "not a span", "like 10m"),
        ("usual(x, 5m) > 3", 7, "does not belong", "usual( ) ends here"),
        ("x > 5m", 4, "length of time", "the number alone"),
        ("x > 80%", 6, "not a number", "the point decides the unit"),
        ("absent(any, 40d)", 12, "too long", "at most 35d"),
        ("absent(any, 0s)", 12, "too short", "more than 0"),
        ("absent(any, 5m) > 3", 16, "does not belong", ""),
        ("avg(x, 5m) > 3", 0, "no function", "did you mean mean?"),
        ("x - y > 3", 2, "has no “-”", "there is no other sum"),
        ("x == 1 between 23:00", 15, "not a span of the day", "23:00-05:00"),
        ("x == 1 between 23:00~05:00", 15, "not a span of the day", "23:00-05:00"),
        ("x == 1 between 25:00-26:00", 15, "there is no span", "ends by 24:00"),
        ("x == 1 between （night）", 15, "not a symbol", "write ("),
        ("a == 1 or b == 1 between night", 17, "unclear how much", "add brackets"),
        ("door -> open", 0, "moment of a change", "use =="),
        ("door → open without a within 5s", 5, "not a symbol", "write ->"),
        ("door -> open without a", 22, "ends too early", "without needs within"),
        ("event pressed within 30", 21, "no time unit", "30s"),
        ("count(smoke in same flat, 5m) > 1", 20, "does not belong", "in same building"),
        ("x > 3 * 4", 4, "takes a number and a point", ""),
        ("abs(3) > 1", 0, "takes a point", ""),
        ("read(delta(x, 5m) > 3)", 5, "compared with a value", ""),
        ("count(absent(any, 5m), 5m) > 3", 6, "an event or a comparison", ""),
        ("offline", 0, "not compared", "absent(any, 5m)"),
        ("delta(min(x, 5m), 5m) > 1", 6, "does not belong", "not a function"),
        ("x in list", 5, "does not belong", "in list NAME"),
        ("stale(x) > 3", 9, "does not belong", ""),
        ("3 * stale(x) > 1", 4, "is a condition", ""),
    ],
)
def test_mistakes_have_a_place_and_a_remedy(text: str, offset: int, said: str, fix: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert (error.offset, said in error.en, fix in error.fix_en) == (offset, True, True), (error.en, error.fix_en)
    assert error.zh
    assert bool(error.fix_zh) == bool(error.fix_en)


def test_what_other_devices_do_needs_no_point_of_ones_own() -> None:
    tree = parse("a -> on without (b -> on or c -> on on this device) within 5s and x > setting(low)")
    assert points(tree) == ("a", "c", "x")
    assert settings_in(tree) == ("low",)


RULES = [*common_rules(), *(rule for name in class_names() for rule in load_class(name).rules)]


@pytest.mark.parametrize("text", sorted({rule.when for rule in RULES}))
def test_every_default_condition_comes_back_from_its_tree(text: str) -> None:
    assert bare(parse(text_of(parse(text)))) == bare(parse(text))


PIECES = st.sampled_from(
    """x y door open true 3 0.5 -1 == >= -> ( ) , * . and or not in same place building on this gateway list
    without within between event count absent delta min p95 usual usual_count abs setting stale bad any offline
    5m 30d 23:00-05:00 night 被盗 'a （ ， ≥ 30min 23:00""".split()  # noqa: SIM905 - a list would take sixty lines
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=24).map(" ".join) | st.lists(PIECES, max_size=12).map("".join))
def test_any_heap_of_words_parses_or_is_refused_within_itself(text: str) -> None:
    try:
        tree = parse(text)
    except ExpressionError as error:
        refused = error
    else:
        assert bare(parse(text_of(tree))) == bare(tree)
        return
    assert 0 <= refused.offset <= len(text)
    assert refused.length >= 1
    assert refused.zh
