"""Scenario files: how they are read, and where each mistake in one is pointed at."""

import pytest

from config.problems import Problem
from config.scenario import Scenario, ScenarioFile, Stage, read_scenarios
from config.settings import DeviceFacts, SiteFacts
from config.steps import Expected, Step, StepError, Told, parse_steps, show_time
from wire.reading import Quality

S = 1_000_000
STAGE = Stage(
    kinds={"door-1": "access_door", "tank-1": "fire_water"},
    names={"door-1": "1号门", "tank-1": "水箱"},
    facts=SiteFacts(devices={"tank-1": DeviceFacts(place="地下室", settings={"low_mark": 120.0})}),
)
DEVICES = {"door_held_open": "door-1", "tank_low": "tank-1"}


def read(text: str) -> ScenarioFile:
    return read_scenarios(text, "site.scenarios.yaml", STAGE, DEVICES.get, tuple(DEVICES))


def one(steps: str, more: str = "") -> Scenario:
    body = "".join(f"      {line}\n" for line in steps.splitlines())
    found = read(f"door_held_open:\n  - name: 门开着\n{more}    steps: |\n{body}")
    assert found.problems == ()
    return found.scenarios[0]


def wrong(text: str) -> list[tuple[str, int, int, str]]:
    return [(each.code, each.place.line, each.place.col, each.message("en")) for each in read(text).problems]


def only(text: str) -> Problem:
    (found,) = read(text).problems
    return found


def test_a_scenario_is_read_whole() -> None:
    scenario = one("0s   door_state=open\n\n1m   -> raised yellow   # too long")
    assert (scenario.rule, scenario.device, scenario.name) == (
        "door_held_open",
        "door-1",
        {"zh": "门开着", "en": "门开着"},
    )
    assert scenario.steps == (
        Step(0, "", Told(readings=(("door_state", "open", Quality.GOOD),)), (), 0),
        Step(60 * S, "", None, (Expected("raised", "yellow"),), 2),
    )
    assert scenario.written == ("0s   door_state=open", "", "1m   -> raised yellow   # too long")
    assert scenario.at_line(2).line == 6


def test_it_begins_on_a_monday_at_noon_unless_it_says() -> None:
    monday = 1_772_424_000 * S  # 2026-03-02 04:00 UTC, noon in Shanghai
    assert one("0s").start == monday
    assert one("0s", "    now: 2026-03-02T23:30\n").start == monday + 41_400 * S


def test_settings_and_place_are_the_devices_in_this_scenario() -> None:
    found = read(
        "tank_low:\n  - name: x\n    settings: {low_mark: 80}\n    place: 3幢2单元\n    steps: 0s level_cm=90\n"
    )
    facts = found.scenarios[0].stage.facts.devices["tank-1"]
    assert (facts.settings, facts.place, facts.building) == ({"low_mark": 80.0}, "3幢2单元", "3幢")
    assert STAGE.facts.devices["tank-1"].settings == {"low_mark": 120.0}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("level_cm=?", Told(readings=(("level_cm", None, Quality.STALE),))),
        ("level_cm=!", Told(readings=(("level_cm", None, Quality.OUT_OF_RANGE),))),
        ("x=-1.5 y=true", Told(readings=(("x", -1.5, Quality.GOOD), ("y", True, Quality.GOOD)))),
        ("z=a", Told(readings=(("z", "a", Quality.GOOD),))),
        ('z=""', Told(readings=(("z", "", Quality.GOOD),))),
        ("event pressed", Told(event="pressed")),
        ("event seen tag=7 list=white", Told(event="seen", fields=(("tag", 7), ("list", "white")))),
        ("offline", Told(offline=True)),
        ("", None),
    ],
)  # fmt: skip
def test_what_a_device_tells(written: str, told: Told | None) -> None:
    assert parse_steps(f"0s {written}") == (Step(0, "", told, (), 0),)


def test_another_device_and_several_results() -> None:
    (step,) = parse_steps("1h30m5s door-2: x=1 -> raised red, cleared")
    assert (step.at, step.device) == (5405 * S, "door-2")
    assert step.expected == (Expected("raised", "red"), Expected("cleared"))


def test_a_repeated_step_takes_values_in_turn_and_counts_up() -> None:
    steps = parse_steps("0s..3m/1m x=1,2 y=10+0.1\n2m30s -> cleared")
    assert [step.at // S for step in steps] == [0, 60, 120, 150, 180]
    assert [step.told.readings[0][1] for step in steps if step.told] == [1, 2, 1, 2]
    assert [step.told.readings[1][1] for step in steps if step.told] == [10, 10.1, 10.2, 10.3]


@pytest.mark.parametrize(
    ("written", "offset", "said"),
    [
        ("soon x=1", 0, "begins with its time"),
        ("10 x=1", 0, "begins with its time"),
        ("0s x", 3, "“x” is no point=value"),
        ("0s event", 3, "name after event"),
        ("0s -> rised", 6, "“rised” is no raised"),
        ("0s -> raised pink", 6, "is no raised"),
        ("0s -> cleared red", 6, "is no raised"),
        ("0s..1m/0s x=1", 0, "cannot be"),
        ("2m..1m/1s x=1", 0, "cannot be"),
        ("0s..365d/1s x=1", 0, "cannot be"),
        ("0s..1m/1s x=1 -> raised", 14, "after a repeated step"),
    ],
)
def test_a_line_that_is_no_step(written: str, offset: int, said: str) -> None:
    with pytest.raises(StepError, match=said) as error:
        parse_steps(written)
    assert (error.value.line, error.value.offset) == (0, offset)


def test_steps_go_forward_in_time() -> None:
    with pytest.raises(StepError, match="earlier") as error:
        parse_steps("10s x=1\n\n5s x=2")
    assert error.value.line == 2


@pytest.mark.parametrize(("at", "said"), [(0, "0s"), (90 * S, "1m30s"), (86_400 * S, "1d"), (250_000, "0.25s")])
def test_times_are_said_as_they_are_written(at: int, said: str) -> None:
    assert show_time(at) == said


def test_every_mistake_is_pointed_at() -> None:
    text = (
        "# 场景\n"
        "door_hold_open: []\n"
        "door_held_open:\n"
        "  - name: 一\n"
        "    stps: 1\n"
        "    steps: |\n"
        "      0s    door_stat=open\n"
        "      5s    door_state=ajar\n"
        "      6s    door-7: door_state=open\n"
        "      7s    event door_opened\n"
        "      8s    event access_denied why=late\n"
        "  - steps: |\n"
        "      0s\n"
        "      bang\n"
    )
    assert wrong(text) == [
        ("E402", 2, 1, "no rule “door_hold_open” is in effect here"),
        ("E101", 5, 5, "“stps” is not an option of door_held_open"),
        ("E401", 7, 13, "the scenario is wrong: Access-control door has no point “door_stat”"),
        ("E401", 8, 13, "the scenario is wrong: door_state is never “ajar”"),
        ("E401", 9, 13, "the scenario is wrong: no device “door-7”; there are door-1, tank-1"),
        ("E401", 10, 19, "the scenario is wrong: Access-control door has no event “door_opened”"),
        ("E401", 11, 33, "the scenario is wrong: event access_denied has no “why”"),
        ("E102", 12, 5, "door_held_open has no “name”"),
        ("E401", 14, 7, "the scenario is wrong: a step begins with its time, such as 1m30s"),
    ]
    assert read(text).scenarios == ()


def test_a_problem_shows_its_line() -> None:
    found = only("door_held_open:\n  - {name: x, device: door-2, steps: 0s}\n")
    assert (found.code, found.file, found.source) == (
        "E122",
        "site.scenarios.yaml",
        "  - {name: x, device: door-2, steps: 0s}",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("door_held_open: 1\n", "E104"),
        ("door_held_open: [1]\n", "E104"),
        ("door_held_open:\n  - {name: [1], steps: 0s}\n", "E104"),
        ("door_held_open:\n  - {name: x}\n", "E102"),
        ("door_held_open:\n  - {name: x, steps: 5}\n", "E104"),
        ("door_held_open:\n  - {name: x, steps: ''}\n", "E401"),
        ("door_held_open:\n  - {name: x, now: noon, steps: 0s}\n", "E401"),
        ("door_held_open:\n  - {name: x, place: 5, steps: 0s}\n", "E104"),
        ("tank_low:\n  - {name: x, settings: {low_mark: low}, steps: 0s}\n", "E104"),
        ("- x\n", "E001"),
    ],
)
def test_other_mistakes(text: str, code: str) -> None:
    assert only(text).code == code
