"""A restart at any point gives the same alerts: every scenario of the catalogue, cut before a reading and taken up again."""

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

SCENARIOS = [(group, scenario) for group in groups() for scenario in load_scenarios(group).scenarios]


def engine(scenario: Scenario, rule: RuleSettings) -> RuleSet:
    return RuleSet([rule], scenario.stage.names, "scenario", scenario.stage.facts)


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


def brief(changes: list[AlertChange], start: int) -> list[tuple[int, str, str]]:
    return sorted((each.at - start, each.state.value, each.level.value) for each in changes)


def cases() -> Iterator[tuple[str, Scenario, RuleSettings]]:
    for group, scenario in SCENARIOS:
        shipped = next(each for each in rules_of(group) if each.id == scenario.rule)
        rule = as_shipped(shipped, scenario)
        if rule.devices and cuts(scenario):
            yield group, scenario, rule


CASES = list(cases())


@pytest.mark.parametrize(
    ("scenario", "rule"),
    [case[1:] for case in CASES],
    ids=[f"{group}-{scenario.rule}-{scenario.name['en']}" for group, scenario, _ in CASES],
)
def test_a_restart_changes_nothing(scenario: Scenario, rule: RuleSettings) -> None:
    whole = sorted((each.at, str(each.turn), each.level.value) for each in play(scenario, rule))
    for cut in cuts(scenario):
        assert brief(play_cut(scenario, rule, cut), scenario.start) == whole, f"cut before step {cut}"
