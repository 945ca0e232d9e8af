"""A tree written as text means the same when it is read again, for every rule of the catalogue and each operator."""

import pytest

from config.catalog import class_names, common_rules, load_class
from config.expression import parse
from rules.condition import strip
from rules.written import write

OPERATORS = (
    "abs(x) > 60 and not bad(y)",
    "delta(level, 5m) >= 10 or rate(energy, 1h) > 3",
    "min(flow, 02:00-04:00) > 0.2",
    "flow > 3 * p95(flow, 30d)",
    "usual(x) > 2 and usual_count(pressed) >= 5",
    "level < setting(low_mark)",
    "state in (open, forced)",
    "plate in list stolen",
    "event pressed within 30s",
    "plate_read(list == white and confidence >= 0.95) within 3s",
    "count(smoke_alarm in same building, 5m) >= 3",
    "count(motion == true, 10m) >= 5",
    "absent(any, 12h)",
    "door -> open without (granted or exit_button or fire_input) within 5s",
    "(a == 1 or b == 2) and c == true between 23:00-05:00",
    "motion == true between night",
    "not (a == 1 and b == 2)",
)


@pytest.mark.parametrize("text", OPERATORS)
def test_each_operator(text: str) -> None:
    tree = parse(text)
    assert strip(parse(write(tree))) == strip(tree)


def test_every_rule_of_the_catalogue() -> None:
    rules = [*common_rules(), *(rule for name in class_names() for rule in load_class(name).rules)]
    trees = [parse(text) for rule in rules for text in (rule.when, rule.clear) if text]
    assert len(trees) > 40
    for tree in trees:
        assert strip(parse(write(tree))) == strip(tree)
