"""Playing a scenario: what comes of it, and how a difference between that and what is written is told."""

import pytest

from config.scenario import Scenario, Stage, read_scenarios
from config.settings import DeviceFacts, RuleSettings, SiteFacts
from rules.scenario import Difference, difference, play, timeline
from tests.unit.rules.making import rule

STAGE = Stage(
    kinds={"door-1": "access_door", "door-2": "access_door"},
    names={"door-1": "1号门"},
    facts=SiteFacts(devices={"door-1": DeviceFacts(place="1幢"), "door-2": DeviceFacts(place="1幢")}),
)
HELD = rule(
    "door_state == open", name="held", devices=("door-1",), for_s=60.0, say={"zh": "{name} 未关", "en": "{name} open"}
)


def story(steps: str) -> Scenario:
    body = "".join(f"      {line}\n" for line in steps.splitlines())
    found = read_scenarios(f"held:\n  - name: x\n    steps: |\n{body}", "f", STAGE, {"held": "door-1"}.get, ("held",))
    assert found.problems == ()
    return found.scenarios[0]


def told(steps: str, by: RuleSettings = HELD) -> Difference | None:
    scenario = story(steps)
    return difference(scenario, play(scenario, by))


def test_what_comes_is_dated_and_worded() -> None:
    noted = play(story("10s door_state=open\n3m door_state=closed"), HELD)
    assert [(each.at, each.turn, each.level, each.text["zh"]) for each in noted] == [
        (70_000_000, "raised", "yellow", "1号门 未关"),
        (180_000_000, "cleared", "yellow", "1号门 未关"),
    ]
    assert timeline(noted) == ("1m10s 触发 (黄色), 3m 恢复", "raised at 1m10s (yellow), cleared at 3m")


def test_nothing_is_played_beyond_the_last_step() -> None:
    assert play(story("0s door_state=open\n59s"), HELD) == ()
    assert timeline(()) == ("什么也没有发生", "nothing happened")


def test_a_rule_that_does_not_watch_the_device_does_nothing() -> None:
    assert play(story("0s door_state=open\n5m"), rule(HELD.when, name="held", devices=("door-2",))) == ()


@pytest.mark.parametrize("level", ["", " yellow"])
def test_what_is_as_written_is_no_difference(level: str) -> None:
    assert told(f"0s door_state=open\n60s -> raised{level}\n2m door_state=closed -> cleared") is None


@pytest.mark.parametrize(
    ("steps", "en", "line"),
    [
        ("0s door_state=open\n50s -> raised\n2m", "written is raised at 50s; what came is raised at 1m (yellow)", 1),
        (
            "0s door_state=open\n60s -> raised red",
            "written is raised at 1m (red); what came is raised at 1m (yellow)",
            1,
        ),
        ("0s door_state=closed\n60s -> raised", "written is raised at 1m; it did not happen", 1),
        ("0s door_state=open\n70s\n80s", "not written, yet it raised at 1m (yellow)", 0),
        ("0s door_state=open\n60s -> raised\n2m door_state=closed", "not written, yet it cleared at 2m", 2),
        ("0s door_state=open\n2m door_state=closed -> cleared", "not written, yet it raised at 1m (yellow)", 0),
        ("0s door_state=open\n60s -> raised\n2m -> cleared", "written is cleared at 2m; it did not happen", 2),
    ],
)
def test_the_first_difference_is_told(steps: str, en: str, line: int) -> None:
    found = told(steps)
    assert found is not None
    assert (found.en, found.line) == (en, line)


def test_a_difference_is_told_in_chinese() -> None:
    found = told("0s door_state=open\n50s -> raised orange\n2m")
    assert found is not None
    assert found.zh == "写的是 50s 触发 (橙色), 实际是 1m 触发 (黄色)"


def test_a_device_that_goes_off_line_tells_nothing_usable() -> None:
    silent = rule("stale(door_state)", name="held", devices=("door-1",))
    assert told("0s door_state=open\n10s offline -> raised\n20s door_state=open -> cleared", silent) is None


def test_events_and_neighbours_are_heard() -> None:
    forced = rule("door_state -> open without access_granted within 5s", name="held", devices=("door-1",))
    let_in = "0s door_state=closed\n8s door-2: event access_granted\n10s door_state=open\n10m"
    assert told(let_in, forced) is None
    assert told(let_in.replace("door-2: event access_granted", ""), forced) is not None
