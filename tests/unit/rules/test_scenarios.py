"""Rules are tested like code: every scenario of the catalogue is played, and every rule has the three that it needs."""

import pytest

from config.scenario import Scenario
from config.staging import as_shipped, groups, load_scenarios, rules_of
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
    noted = play(scenario, as_shipped(rule, scenario.stage.kinds[scenario.device], scenario.device))
    found = difference(scenario, noted)
    where = f"{group}.yaml:{scenario.at_line(found.line).line}" if found else ""
    assert found is None, f"{where} {found.en} | {timeline(noted)[1]}"
