"""Rules are tested like code: every scenario of the catalogue is played, and every rule has the three that it needs."""

import pytest

from config.expression import parse
from config.scenario import Scenario
from config.staging import as_shipped, groups, load_scenarios, rules_of
from config.terms import points, walk_events
from rules.scenario import difference, play, timeline

ALL = [(group, scenario) for group in groups() for scenario in load_scenarios(group).scenarios]
RULES = [(group, rule.id) for group in groups() for rule in rules_of(group)]


@pytest.mark.parametrize("group", groups())
def test_a_file_is_without_mistakes(group: str) -> None:
    found = load_scenarios(group).problems
    assert [f"{each.file}:{each.place.line}:{each.place.col} {each.message('en')}" for each in found] == []


@pytest.mark.parametrize(
    ("group", "scenario"), ALL, ids=[f"{group}-{each.rule}-{each.name['en']}" for group, each in ALL]
)
def test_a_rule_does_what_is_written(group: str, scenario: Scenario) -> None:
    rule = next(each for each in rules_of(group) if each.id == scenario.rule)
    noted = play(scenario, as_shipped(rule, scenario))
    found = difference(scenario, noted)
    where = f"{group}.yaml:{scenario.at_line(found.line).line}" if found else ""
    assert found is None, f"{where} {found.en} | {timeline(noted)[1]}"


def test_the_rules_are_counted() -> None:
    """A default rule that is added has to come with its scenarios, and to be counted here."""
    assert len(RULES) == 126
    assert len([rule for group, rule in RULES if group == "common"]) == 7


@pytest.mark.parametrize(("group", "rule"), RULES)
def test_a_rule_has_scenarios_of_each_kind(group: str, rule: str) -> None:
    """One that fires, one that must not (a near miss), one in which it clears: of a latched one, the condition ends."""
    turns = [
        [each.turn for step in scenario.steps for each in step.expected]
        for scenario in load_scenarios(group).scenarios
        if scenario.rule == rule
    ]
    assert any("raised" in each for each in turns)
    assert any(not each for each in turns)
    assert any("raised" in each and each[-1] == "cleared" for each in turns)
    assert len(turns) > 1


def test_a_near_miss_tells_what_the_rule_is_about() -> None:
    """A device whose rule is about points tells one of them, or an event that the rule names."""
    idle = []
    for group, scenario in ALL:
        tree = parse(next(each for each in rules_of(group) if each.id == scenario.rule).when)
        about = {*points(tree), *(each.event for each in walk_events(tree))}
        said = [step.told for step in scenario.steps if step.told is not None]
        told = {key for each in said for key, _, _ in each.readings} | {each.event for each in said}
        if points(tree) and not about & told:
            idle.append((group, scenario.rule, scenario.name["en"]))
    assert idle == []
