"""Whether the catalogue's scenarios notice a change: no figure, time or word of a default rule may move unseen."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from config.expression import ExpressionError, parse
from config.settings import RuleSettings
from config.staging import as_shipped, groups, load_scenarios, rules_of
from rules.scenario import difference, play

RULES = [(group, rule.id) for group in groups() for rule in rules_of(group)]
TIME = re.compile(r"(?<![\w:.-])(\d+)([smhd])\b")
NUMBER = re.compile(r"(?<![\w:.-])([1-9]\d*|0\.\d+)(?![\w:.-])")
JOINED = re.compile(r" (and|or) ")
SPANNED = re.compile(r" between \S+")

Change = Callable[[RuleSettings], RuleSettings]


def changes(rule: RuleSettings) -> Iterator[tuple[str, Change]]:
    """Yield ways to change a rule that people would notice: a figure by a fifth, a time by a third, a count by one."""
    for factor in (0.7, 1.3) if rule.for_s else ():
        yield f"for x {factor}", lambda old, factor=factor: replace(old, for_s=old.for_s * factor)  # type: ignore[misc]
    for key, without in (("clear", None), ("between", ()), ("escalate", ()), ("for_readings", 0)):
        if getattr(rule, key):
            yield f"no {key}", lambda old, new={key: without}: replace(old, **new)  # type: ignore[misc]
    for said, text in texts(rule.when):
        if not in_language(text):
            continue
        yield said, lambda old, text=text: replace(old, when=text)  # type: ignore[misc]


def texts(when: str) -> Iterator[tuple[str, str]]:
    """Yield conditions that differ from ``when`` in one place, and what is different."""
    for found in TIME.finditer(when):
        for factor in (0.7, 1.4):
            yield changed(when, found, f"{float(found[1]) * factor:g}{found[2]}")
    for found in NUMBER.finditer(when):
        counted = when[: found.start()].rstrip(" =><").endswith(")") and "count(" in when
        for factor in (0.8, 1.2):
            new = int(found[1]) + (1 if factor > 1 else -1) if counted else float(found[1]) * factor
            yield changed(when, found, f"{new:g}")
    for found in JOINED.finditer(when):
        yield changed(when, found, " or " if found[1] == "and" else " and ")
    for found in SPANNED.finditer(when):
        yield changed(when, found, "")


def in_language(text: str) -> bool:
    try:
        parse(text)
    except ExpressionError:
        return False
    return True


def changed(when: str, found: re.Match[str], new: str) -> tuple[str, str]:
    return f"{found[0]} at {found.start()} -> {new}", when[: found.start()] + new + when[found.end() :]


def noticed(group: str, rule: str, change: Change) -> bool:
    """Tell whether some scenario of the rule comes out differently."""
    (shipped,) = (each for each in rules_of(group) if each.id == rule)
    mine = (each for each in load_scenarios(group).scenarios if each.rule == rule)
    return any(difference(each, play(each, change(as_shipped(shipped, each)))) is not None for each in mine)


@pytest.mark.parametrize(("group", "rule"), RULES)
def test_no_change_goes_unseen(group: str, rule: str) -> None:
    (shipped,) = (each for each in rules_of(group) if each.id == rule)
    first = next(each for each in load_scenarios(group).scenarios if each.rule == rule)
    unseen = [said for said, change in changes(as_shipped(shipped, first)) if not noticed(group, rule, change)]
    assert unseen == []
