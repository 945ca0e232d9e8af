"""What each operator of the language means, on small stories of readings, events and time."""
# long: one story for each operator

from collections.abc import Sequence
from typing import Any

import pytest

from config.settings import DeviceFacts, EscalateSettings, ListSettings, RuleSettings, ScheduleSettings, SiteFacts
from rules.engine import RuleSet
from tests.unit.rules.making import OFFLINE, S, batch, brief, rule
from wire.alert import AlertChange
from wire.event import Event
from wire.reading import Batch

NOON = 1_772_424_000
"""Monday 2026-03-02 12:00 in Shanghai, in seconds."""

BAD = 19


def event(seconds: float, name: str, device: str = "d1", **fields: Any) -> Event:
    return Event(f"{device}-{name}-{seconds}", device, name, round(seconds * S), fields)


def site(*rules: RuleSettings, **facts: Any) -> RuleSet:
    return RuleSet(rules, {}, "g", SiteFacts(**facts))


def play(rules: RuleSet, story: Sequence[Any]) -> list[Any]:
    """Return what the story brings; a number is the time that it has become (s)."""
    return brief(played(rules, story))


def played(rules: RuleSet, story: Sequence[Any]) -> list[AlertChange]:
    found: list[AlertChange] = []
    for one in story:
        if isinstance(one, Batch):
            found += rules.feed(one)
        elif isinstance(one, Event):
            found += rules.happen(one)
        else:
            found += rules.advance(round(one * S))
    return found


def test_an_event_counts_for_five_minutes() -> None:
    rules = site(rule("event pressed"))
    assert play(rules, [0, event(10, "pressed"), 309, event(310.0, "other"), 311]) == [("raised", 10), ("cleared", 310)]


@pytest.mark.parametrize(
    ("when", "more", "named"),
    [
        ("event pressed", {"latch": True}, "pressed"),
        ("pressed(kind == long) within 30s", {"latch": True}, "pressed"),
        ("event pressed between 00:00-24:00", {"latch": True}, "pressed"),
        ("event pressed", {}, ""),
        ("event pressed or fill_pct > 80", {"latch": True}, ""),
        ("event pressed in same place", {"latch": True}, ""),
        ("count(pressed, 1h) >= 1", {"latch": True}, ""),
    ],
)
def test_a_latched_rule_that_asks_for_one_event_and_no_more_is_a_call(when: str, more: Any, named: str) -> None:
    rules = site(rule(when, **more))
    [raised] = rules.happen(event(NOON, "pressed", kind="long", seq=41))
    assert (raised.event, raised.values.get("seq")) == (named, 41)


def test_another_event_makes_it_last() -> None:
    rules = site(rule("event pressed within 1m"))
    assert play(rules, [event(10, "pressed"), event(40, "pressed"), 99, 100]) == [("raised", 10), ("cleared", 100)]


def test_fields_of_one_event() -> None:
    rules = site(rule("plate_read(list == white and confidence >= 0.9) within 3s", say={"zh": "{plate} 放行"}))
    story = [
        event(1, "plate_read", list="white", confidence=0.5),
        event(2, "plate_read", list="black", confidence=0.99),
    ]
    assert play(rules, story) == []
    [raised] = played(rules, [event(3, "plate_read", list="white", confidence=0.95, plate="浙F12345")])
    assert raised.text["zh"] == "浙F12345 放行"
    assert raised.values["plate"] == "浙F12345"


def test_a_field_in_a_list_with_its_dates() -> None:
    listed = {"被盗": ListSettings(entries={"浙F1": (10 * S, 20 * S), "浙F2": (None, None)})}
    rules = site(rule("plate_read.plate in list 被盗 within 1s"), lists=listed)
    seen = ((5, "浙F1"), (15, "浙F1"), (25, "浙F1"), (30, "浙F2"))
    story = [*(event(at, "plate_read", plate=plate) for at, plate in seen), 40.0]
    assert [at for state, at in play(rules, story) if state == "raised"] == [15, 30]


def test_counting_events() -> None:
    rules = site(rule("count(access_denied, 3m) >= 3"))
    story = [event(at, "access_denied") for at in (0, 60, 179, 230, 300)]
    assert play(rules, [*story, 500.0]) == [("raised", 179), ("cleared", 180), ("raised", 230), ("cleared", 240),
                                           ("raised", 300), ("cleared", 359)]  # fmt: skip


def test_many_events_are_counted_in_little_memory() -> None:
    rules = site(rule("count(access_denied, 10m) >= 5000", clear="count(access_denied, 10m) < 100"))
    story = [event(at / 20, "access_denied") for at in range(10_000)]
    assert play(rules, [*story, 2000.0])[0] == ("raised", pytest.approx(250, abs=1))
    assert len(rules.state()) < 2000


def test_counting_how_often_a_condition_begins() -> None:
    rules = site(rule("count(offline, 1h) >= 2"))
    story: list[Any] = []
    for start in (0, 100, 200):
        story += [
            batch(start, p=1),
            batch(start + 50, quality=OFFLINE, p=None),
            batch(start + 60, quality=OFFLINE, p=None),
        ]
    assert play(rules, story) == [("raised", 150)]


def test_smoke_in_two_flats_of_a_building() -> None:
    facts = {"d1": DeviceFacts(building="1幢"), "d2": DeviceFacts(building="1幢"), "d3": DeviceFacts(building="2幢")}
    both = rule("count(smoke_alarm in same building, 5m) >= 2", devices=("d1", "d2", "d3"))
    rules = site(both, devices=facts)
    assert play(rules, [event(0, "smoke_alarm"), event(1, "smoke_alarm", "d3")]) == []
    changes = played(rules, [event(60, "smoke_alarm", "d2")])
    assert {change.device for change in changes} == {"d1", "d2"}


def test_absence_begins_with_the_rule_and_with_each_sign_of_life() -> None:
    rules = site(rule("absent(any, 5m)"))
    assert play(rules, [0.0, batch(100, p=1), 399.0, 400.0, batch(500, p=1)]) == [("raised", 400), ("cleared", 500)]


def test_absence_of_a_condition_that_goes_on() -> None:
    rules = site(rule("absent(motion == true, 1h)"))
    story = [batch(0, motion=True), 7200.0, batch(7300, motion=False), 10_899.0, 10_900.0]
    assert play(rules, story) == [("raised", 10_900)]


def test_a_device_that_is_off_line_gives_no_sign_of_life() -> None:
    rules = site(rule("absent(any, 5m)"))
    assert play(rules, [batch(0, p=1), batch(200, quality=OFFLINE, p=None), 300.0]) == [("raised", 300)]


FORCED = "door_state -> open without (access_granted or exit_button or fire_input) within 5s"


def test_a_door_that_nobody_opened() -> None:
    story = [batch(0, door_state="closed"), batch(10, door_state="open"), 11.0, 12.0]
    assert play(site(rule(FORCED)), story) == [("raised", 12)]


@pytest.mark.parametrize("at", [6, 10, 11.5])
def test_a_door_that_somebody_opened(at: float) -> None:
    story: list[Any] = [batch(0, door_state="closed", exit_button=False), batch(10, door_state="open"), 13.0]
    let_in = sorted(
        [*story, event(at, "access_granted", "reader")], key=lambda one: one if isinstance(one, float) else one.at / S
    )
    places = {"d1": DeviceFacts(place="1幢"), "reader": DeviceFacts(place="1幢")}
    assert play(site(rule(FORCED), devices=places), let_in) == []
    pressed = sorted(
        [*story, batch(at, exit_button=True)], key=lambda one: one if isinstance(one, float) else one.at / S
    )
    assert play(site(rule(FORCED)), pressed) == []


def test_what_lasts_excuses_as_long_as_it_lasts() -> None:
    rules = site(rule(FORCED))
    story = [batch(0, door_state="closed", fire_input=True), batch(60, door_state="open"), 63.0,
             batch(70, door_state="closed"), batch(80, fire_input=False),
             batch(90, door_state="open"), 93.0]  # fmt: skip
    assert play(rules, story) == [("raised", 92)]


def test_too_early_or_elsewhere_is_no_excuse() -> None:
    places = {"d1": DeviceFacts(place="1幢"), "reader": DeviceFacts(place="2幢")}
    rules = site(rule(FORCED), devices=places)
    story = [batch(0, door_state="closed"), event(4, "access_granted"), event(9, "access_granted", "reader"),
             batch(10, door_state="open"), 12.0]  # fmt: skip
    assert play(rules, story) == [("raised", 12)]


def test_a_rise_is_seen_before_the_window_is_full_and_a_standstill_only_then() -> None:
    rises = site(rule("delta(level, 5m) >= 10"))
    assert play(rises, [batch(0, level=1), batch(60, level=8), batch(120, level=11.5)]) == [("raised", 120)]
    still = site(rule("delta(steps, 1h) == 0"))
    story = [batch(at, steps=100) for at in range(0, 3601, 60)]
    assert play(still, story)[0] == ("raised", pytest.approx(3420, abs=80))


def test_a_slow_rise_is_none() -> None:
    rules = site(rule("delta(level, 5m) >= 10"))
    assert play(rules, [batch(at, level=at / 60) for at in range(0, 3600, 30)]) == []


def test_the_rate_is_per_hour() -> None:
    rules = site(rule("rate(energy, 10m) > 5"))
    slow = [batch(at, energy=at * 4 / 3600) for at in range(0, 1200, 30)]
    assert play(rules, slow) == []
    fast = [batch(1200 + at, energy=1200 * 4 / 3600 + at * 8 / 3600) for at in range(0, 1200, 30)]
    assert play(rules, fast)[0][0] == "raised"


@pytest.mark.parametrize(
    ("when", "values", "raised"),
    [
        ("max(x, 10m) > 5", [1, 6, 1], True),
        ("max(x, 10m) < 5", [1, 1, 1], True),
        ("max(x, 10m) < 5", [6, 1, 1], False),
        ("min(x, 10m) < 5", [9, 4, 9], True),
        ("mean(x, 10m) > 5", [1, 5, 10], True),
        ("mean(x, 10m) > 5", [1, 5, 8], False),
        ("abs(x) > 5", [-6], True),
        ("x > 2 * mean(x, 10m)", [1, 1, 1, 1, 9], True),
    ],
)
def test_figures_of_a_window(when: str, values: list[float], raised: bool) -> None:
    rules = site(rule(when))
    story = [batch(at * 600 / len(values), x=value) for at, value in enumerate(values)]
    assert (play(rules, [*story, 599.0])[:1] != []) is raised


def test_a_percentile() -> None:
    rules = site(rule("x > 3 * p95(x, 1d)"))
    story = [batch(at * 60, x=1 + (at % 40 == 0)) for at in range(600)]
    assert play(rules, story) == []
    assert play(rules, [batch(36_000, x=4.0)]) == [("raised", 36_000)]


def test_a_daily_span_is_judged_when_it_has_ended() -> None:
    start = NOON - 11 * 3600
    rules = site(rule("min(flow, 02:00-04:00) > 0.02"))
    story = [batch(start + at, flow=0.5 if at < 3000 else 0.03) for at in range(0, 12_000, 300)]
    assert play(rules, [start - 10, *story, start + 12_600]) == [("raised", start + 3 * 3600)]


def test_only_at_night() -> None:
    rules = site(rule("door == open between 23:00-05:00"))
    night = NOON + 11 * 3600
    story = [batch(NOON, door="open"), night - 1, night, night + 6 * 3600 - 1, night + 6 * 3600]
    assert play(rules, story) == [("raised", night), ("cleared", night + 6 * 3600)]


def test_a_schedule_with_days_and_holidays() -> None:
    office = ScheduleSettings(spans=((480, 1080),), days=(0, 1, 2, 3, 4), holidays=False)
    rules = site(rule("door == open", between=("office",)), schedules={"office": office}, holidays=("2026-03-03",))
    day = 24 * 3600
    story: list[Any] = [batch(NOON - 6 * 3600, door="open"), *(NOON + hour * 3600 for hour in range(-6, 8 * 24))]
    raised = [(at - NOON) // day for state, at in play(rules, story) if state == "raised"]
    assert raised == [-1, 1, 2, 3, 6, 7]


def test_summer_time_is_by_the_wall() -> None:
    spring, autumn = 1_774_742_400, 1_792_886_400  # the midnights (UTC) before the clocks are set
    for midnight, raised, cleared in [(spring, 1, 1.5), (autumn, 0, 2.5)]:
        rules = site(rule("door == open between 02:00-03:30"), timezone="Europe/Berlin")
        found = play(rules, [midnight - 7200, batch(midnight - 7100, door="open"),
                             *(midnight + quarter * 900.0 for quarter in range(-4, 20))])  # fmt: skip
        assert found == [("raised", midnight + raised * 3600), ("cleared", midnight + cleared * 3600)]


def test_settings_of_the_device() -> None:
    facts = {"d1": DeviceFacts(settings={"low_mark": 120}), "d2": DeviceFacts(settings={"low_mark": 50})}
    rules = site(rule("level < setting(low_mark)", devices=("d1", "d2")), devices=facts)
    assert play(rules, [batch(0, level=100), batch(1, "d2", level=100)]) == [("raised", 0)]


def test_bad_is_more_than_old() -> None:
    rules = site(rule("bad(x)"))
    assert play(rules, [batch(0, x=1), batch(1, quality=2, x=None), batch(2, quality=BAD, x=None), batch(3, x=1)]) == [
        ("raised", 2), ("cleared", 3)]  # fmt: skip


def test_three_readings_in_a_row() -> None:
    rules = site(rule("hr <= 40", for_readings=2))
    assert play(rules, [batch(0, hr=39), batch(60, hr=39)]) == [("raised", 60)]
    again = site(rule("hr <= 40", for_readings=2))
    assert play(again, [batch(0, hr=39), batch(60, hr=80), batch(120, hr=38), batch(180, quality=OFFLINE, hr=None),
                        batch(240, hr=38)]) == [("raised", 240)]  # fmt: skip


def test_the_day_before_last_week_is_usual() -> None:
    rules = site(rule("use > 3 * usual(use)"))
    story = [batch(NOON + hour * 3600, use=1.0 if hour % 24 < 12 else 2.0) for hour in range(5 * 24)]
    assert play(rules, story) == []
    assert play(rules, [batch(NOON + 5 * 86_400 + 60, use=3.5)]) == [("raised", NOON + 5 * 86_400 + 60)]


def test_a_standing_alert_grows_worse_with_time_and_is_told_again() -> None:
    worse = (EscalateSettings(to="orange", after_s=300),)
    rules = site(rule("door == open", escalate=worse, repeat_s=200, level="yellow"))
    changes = played(rules, [batch(0, door="open"), 150.0, 200.0, 310.0, 700.0, batch(710, door="closed")])
    assert [(change.state.value, change.level.value, change.at / S) for change in changes] == [
        ("raised", "yellow", 0), ("changed", "yellow", 200), ("changed", "orange", 300), ("changed", "orange", 500),
        ("changed", "orange", 700), ("cleared", "orange", 710)]  # fmt: skip


def test_a_standing_alert_grows_worse_with_the_reading() -> None:
    worse = (EscalateSettings(to="red", when="temp >= 85"),)
    rules = site(rule("temp >= 70", escalate=worse))
    changes = played(rules, [batch(0, temp=71), batch(1, temp=90), batch(2, temp=75), batch(3, temp=60)])
    assert [(change.state.value, change.level.value) for change in changes] == [
        ("raised", "yellow"), ("changed", "red"), ("cleared", "red")]  # fmt: skip
    at_once = played(site(rule("temp >= 70", escalate=worse)), [batch(0, temp=90)])
    assert [(change.state.value, change.level.value) for change in at_once] == [("raised", "red")]


def test_a_measure_of_a_point_that_cannot_be_read_is_unknown() -> None:
    rules = site(rule("delta(used, 1h) < 10"))
    story = [*(batch(at, used=at / 60) for at in range(0, 3700, 60)), batch(3700, quality=OFFLINE, used=None), 9000.0]
    assert play(rules, story) == []
    assert play(rules, [batch(9100, used=61)])[0][0] == "raised"
