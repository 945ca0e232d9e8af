"""Each term of a rule is explained by what it was: its value, its verdict, since when; and a trial of windows."""

from collections.abc import Sequence

import pytest

from config.settings import DeviceFacts, RuleSettings, SiteFacts
from rules.explain import Explained, Explainer, Explanation, Joined, Term
from rules.trial import Trial, memory_s
from rules.watch import Phase
from wire.event import Event
from wire.reading import Batch, Quality, Value

S = 1_000_000
T0 = 1_764_000_000 * S  # 2025-11-25 00:00 in Shanghai


def rule(when: str, devices: tuple[str, ...] = ("d1",), **keys: object) -> RuleSettings:
    made = {"id": "r", "kind": "k", "level": "orange", "say": {"zh": "{name}", "en": "{name}"}, **keys}
    return RuleSettings(when=when, devices=devices, **made)  # type: ignore[arg-type]


def batch(at: float, quality: Quality = Quality.GOOD, device: str = "d1", **values: Value) -> Batch:
    marks = () if quality is Quality.GOOD else (quality,) * len(values)
    return Batch(device, T0 + round(at * S), tuple(values), tuple(values.values()), marks)


def event(at: float, name: str, device: str = "d1", **fields: Value) -> Event:
    return Event(f"e-{at}", device, name, T0 + round(at * S), fields)


def explained(
    one: RuleSettings, story: Sequence[Batch | Event], at: float, facts: SiteFacts | None = None
) -> Explanation:
    facts = facts or SiteFacts()
    trial = Trial([one], {"d1": "one"}, facts)
    explainer = Explainer(one, lambda: trial.engine.inside("r", "d1"), facts.lists)
    trial.seen = explainer.look
    for each in story:
        explainer.heed(each)
        trial.take(each)
    now = T0 + round(at * S)
    trial.reach(now)
    explainer.look(now)
    return explainer.explain(now)


def terms(node: Explained) -> list[Term]:
    return [node] if isinstance(node, Term) else [term for part in node.parts for term in terms(part)]


def only(when: str, story: Sequence[Batch | Event], at: float, facts: SiteFacts | None = None) -> Term:
    (term,) = terms(explained(rule(when), story, at, facts).when)
    return term


def test_a_comparison_shows_both_sides_and_since_when() -> None:
    term = only("level > 3 * base", [batch(0, level=1.0, base=2.0), batch(10, level=7.0), batch(20, level=8.0)], 30)
    assert (term.text, term.verdict, term.left, term.right) == ("level > 3 * base", True, 8.0, 6.0)
    assert term.since == T0 + 10 * S
    assert {name: reading.at for name, reading in term.points.items() if reading} == {"level": T0 + 20 * S, "base": T0}


def test_what_was_never_read_and_what_cannot_be_used_are_told_apart() -> None:
    story = [batch(0, level=1.0), batch(5, Quality.TIMEOUT, level=None)]
    never, gone = terms(explained(rule("other > 1 and level > 0"), story, 10).when)
    assert (never.verdict, never.points) == (None, {"other": None})
    assert gone.verdict is None
    reading = gone.points["level"]
    assert reading is not None
    assert (reading.at, reading.quality, gone.since) == (T0 + 5 * S, Quality.TIMEOUT, T0 + 5 * S)


@pytest.mark.parametrize(
    ("when", "figure", "verdict"),
    [
        ("delta(level, 1m) >= 10", 9.0, False),
        ("rate(level, 1m) > 3", 600.0, True),
        ("max(level, 1m) > 20", 9.0, False),
        ("abs(level) > 8", 9.0, True),
        ("level > setting(mark)", 9.0, True),
        ("count(pressed, 1m) >= 3", 2, False),
    ],
)
def test_the_figure_of_a_window_is_the_engines_own(when: str, figure: float, verdict: bool) -> None:
    story: list[Batch | Event] = [batch(at, level=at / 6.0) for at in range(0, 60, 6)]
    story += [event(56, "pressed"), event(57, "pressed")]
    facts = SiteFacts(devices={"d1": DeviceFacts(settings={"mark": 5.0})})
    term = only(when, story, 58, facts)
    assert term.left == pytest.approx(figure)
    assert term.verdict is verdict


def test_a_window_with_too_little_in_it_is_unknown() -> None:
    term = only("mean(level, 1h) > 3", [batch(0, level=9.0)], 10)
    assert (term.verdict, term.left) == (None, None)


def test_events_say_when_they_last_came() -> None:
    term = only("event pressed within 30s", [event(1, "pressed")], 100)
    assert (term.verdict, term.events) == (False, {"pressed": T0 + S})


def test_a_span_of_the_day_is_a_term_of_its_own() -> None:
    how = explained(rule("level > 1 between 23:00-05:00"), [batch(0, level=5.0)], 6 * 3600)
    daily, level = terms(how.when)
    assert (daily.daily, daily.text, daily.verdict, daily.since) == (True, "23:00-05:00", False, T0 + 5 * 3600 * S)
    assert (level.verdict, how.when.verdict, how.phase) == (True, False, Phase.IDLE)


def test_and_or_not_come_to_what_the_engine_comes_to() -> None:
    how = explained(rule("not (a > 1 and b > 1) or c > 1"), [batch(0, a=5.0, b=0.0)], 1)
    assert isinstance(how.when, Joined)
    assert (how.when.word, how.when.verdict) == ("or", True)
    assert [part.verdict for part in how.when.parts] == [True, None]


def test_how_long_it_held_and_needed() -> None:
    one = rule("level > 3", for_s=600.0, clear="level < 2")
    story = [batch(0, level=1.0), batch(60, level=5.0), batch(480, level=1.0), batch(500, level=5.0)]
    how = explained(one, story, 700)
    assert (how.phase, how.held_us, how.for_us) == (Phase.PENDING, 200 * S, 600 * S)
    assert (how.longest_us, how.longest_end) == (420 * S, T0 + 480 * S)
    how = explained(one, story, 1200)
    assert (how.phase, how.since, how.raised, how.held_us) == (
        Phase.RAISED, T0 + 500 * S, T0 + 1100 * S, 600 * S,
    )  # fmt: skip
    assert how.clear is not None
    assert how.clear.verdict is False


def test_readings_are_counted() -> None:
    how = explained(rule("level > 3", for_readings=3), [batch(at, level=5.0) for at in (0, 1)], 5)
    assert (how.phase, how.count, how.for_readings) == (Phase.PENDING, 2, 3)


def test_a_trial_of_a_sequence_and_of_an_absence() -> None:
    forced = rule("door -> open without (granted) within 5s")
    trial = Trial([forced], {}, SiteFacts())
    for one in (batch(0, door="closed"), event(8, "granted"), batch(10, door="open"), batch(20, door="closed")):
        trial.take(one)
    trial.take(batch(100, door="open"))
    trial.reach(T0 + 1000 * S)
    assert [one.at for one in trial.fired(0)] == [T0 + 102 * S]
    quiet = Trial([rule("absent(any, 5m)")], {}, SiteFacts())
    quiet.take(batch(0, level=1.0))
    quiet.reach(T0 + 1000 * S)
    assert [(one.at, one.cleared) for one in quiet.fired(0)] == [(T0 + 300 * S, 0)]


def test_time_in_which_the_gateway_was_off_is_no_absence() -> None:
    trial = Trial([rule("absent(any, 5m)")], {}, SiteFacts())
    trial.take(batch(0, level=1.0))
    trial.pause(T0 + 4000 * S)
    trial.take(batch(4000, level=1.0))
    trial.reach(T0 + 4200 * S)
    assert trial.fired(0) == []


def test_how_far_a_rule_looks_back() -> None:
    assert memory_s(rule("level > 1", for_s=60)) == 60
    assert memory_s(rule("level > p95(level, 30d)", for_s=60)) == 30 * 86_400 + 60
    assert memory_s(rule("level > 1", clear="mean(level, 10m) < 1")) == 600
    assert memory_s(rule("usual(level) > 1")) == 14 * 86_400
