"""A restart at any reading, and data that comes late, change nothing: held on every scenario of the catalogue."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.scenario import Scenario
from config.settings import RuleSettings
from config.staging import as_shipped, groups, load_scenarios, rules_of
from config.steps import Step, Told
from rules.engine import RuleSet
from rules.scenario import play, tell, wait
from wire.alert import AlertChange

CUTS = 8
"""A scenario is cut at so many of its readings at most, evenly spread."""

LATE_S = 10
S = 1_000_000

SCENARIOS = [(group, scenario) for group in groups() for scenario in load_scenarios(group).scenarios]


def engine(scenario: Scenario, rule: RuleSettings, late_s: float = 0.0) -> RuleSet:
    return RuleSet([rule], scenario.stage.names, "scenario", scenario.stage.facts, late_s=late_s)


def cuts(scenario: Scenario) -> list[int]:
    """Return the steps at which the watched device tells readings, but for the first, thinned to ``CUTS``."""
    told = [
        index
        for index, step in enumerate(scenario.steps)
        if index and step.told is not None and step.told.readings and step.device in ("", scenario.device)
    ]
    return told[:: max(1, -(-len(told) // CUTS))]


def everything(steps: tuple[Step, ...], until: int, device: str) -> Told:
    """Return what a device is asked for after a restart: all its points, with what the step ``until`` says of them."""
    known = {
        reading[0]: reading
        for step in steps[: until + 1]
        if step.told is not None and step.device == device
        for reading in step.told.readings
    }
    return Told(readings=tuple(known.values()))


def play_cut(scenario: Scenario, rule: RuleSettings, cut: int) -> list[AlertChange]:
    """Play the scenario with a restart just before its step ``cut``."""
    rules = engine(scenario, rule)
    changes = list(rules.advance(scenario.start))
    for index, step in enumerate(scenario.steps):
        now = scenario.start + step.at
        changes += wait(rules, now)
        if index == cut:
            state, windows = rules.state(), rules.windows()
            rules = engine(scenario, rule)
            rules.restore(state, windows)
            changes += rules.advance(now)
            for device in {each.device for each in scenario.steps[:cut] if each.device != step.device}:
                known = everything(scenario.steps, cut, device)
                if known.readings:
                    changes += tell(rules, scenario, replace(step, device=device, told=known), number=-1)
            step = replace(step, told=everything(scenario.steps, cut, step.device))
        changes += tell(rules, scenario, step, number=index)
    return changes


def play_late(scenario: Scenario, rule: RuleSettings, seed: int) -> list[AlertChange]:
    """Play the scenario with each step delivered up to ``LATE_S`` later, so that they overtake each other."""
    rules, order = engine(scenario, rule, LATE_S), random.Random(seed)
    changes = list(rules.advance(scenario.start))
    delivered = [(step.at + order.randrange(LATE_S * S), index) for index, step in enumerate(scenario.steps)]
    for at, index in sorted(delivered):
        changes += wait(rules, scenario.start + at)
        changes += tell(rules, scenario, scenario.steps[index], number=index)
    end = scenario.start + scenario.steps[-1].at
    changes += wait(rules, end + LATE_S * S)
    return [each for each in changes if each.at <= end]


def brief(changes: list[AlertChange], start: int) -> list[tuple[int, str, str]]:
    return sorted((each.at - start, each.state.value, each.level.value) for each in changes)


def cases() -> Iterator[tuple[str, Scenario, RuleSettings]]:
    for group, scenario in SCENARIOS:
        shipped = next(each for each in rules_of(group) if each.id == scenario.rule)
        rule = as_shipped(shipped, scenario)
        if rule.devices:
            yield group, scenario, rule


CASES = list(cases())


WHOLE = pytest.mark.parametrize(
    ("scenario", "rule"),
    [case[1:] for case in CASES],
    ids=[f"{group}-{scenario.rule}-{scenario.name['en']}" for group, scenario, _ in CASES],
)


def as_played(scenario: Scenario, rule: RuleSettings) -> list[tuple[int, str, str]]:
    return sorted((each.at, str(each.turn), each.level.value) for each in play(scenario, rule))


@WHOLE
def test_a_restart_changes_nothing(scenario: Scenario, rule: RuleSettings) -> None:
    whole = as_played(scenario, rule)
    for cut in cuts(scenario):
        assert brief(play_cut(scenario, rule, cut), scenario.start) == whole, f"cut before step {cut}"


@WHOLE
def test_late_data_changes_nothing(scenario: Scenario, rule: RuleSettings) -> None:
    whole = as_played(scenario, rule)
    for seed in range(3):
        assert brief(play_late(scenario, rule, seed), scenario.start) == whole, f"in the order of seed {seed}"
