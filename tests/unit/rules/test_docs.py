"""The examples of docs/rules.md, run as they are printed."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from config.duration import parse_duration
from config.settings import EscalateSettings
from rules.engine import RuleSet
from tests.unit.rules.making import GOOD, OFFLINE, S, rule
from wire.alert import AlertChange
from wire.event import Event
from wire.reading import Batch, Value

START = 1_772_424_000 * S
"""Noon of a Monday in the site's time zone."""

_PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
_EXAMPLE = re.compile(r"\n([^\n]+)\n```yaml\n(.*?)```\n```text\n(.*?)```", re.DOTALL)
_LINE = re.compile(r"(\S+)(?:\s+event (\w+)((?: \w+=\S+)*))?(?:\s+(\w+)=(\S+))?(?:\s+-> (\w+)\s+(.+))?")
_EXAMPLES = {title: (yaml, story) for title, yaml, story in _EXAMPLE.findall(_PAGE.read_text(encoding="utf-8"))}


def _value(text: str) -> Value:
    found: Value = YAML(typ="safe").load(text)
    return found


def _engine(yaml: str) -> RuleSet:
    written = dict(YAML(typ="safe").load(yaml))
    for key in ("for", "clear_for"):
        if key in written:
            written[f"{key}_s"] = parse_duration(written.pop(key))
    written["say"] = {"zh": written["say"]}
    if "between" in written:
        written["between"] = (written["between"],)
    if "escalate" in written:
        step = written["escalate"]
        written["escalate"] = (EscalateSettings(to=step["to"], after_s=parse_duration(step["after"])),)
    return RuleSet([rule(written.pop("when"), **written)], {"d1": "1号门"}, "g")


def test_there_are_examples() -> None:
    assert len(_EXAMPLES) == 11


@pytest.mark.parametrize("title", _EXAMPLES)
def test_an_example_does_what_the_page_says(title: str) -> None:
    yaml, story = _EXAMPLES[title]
    rules = _engine(yaml)
    for line in story.splitlines():
        match = _LINE.fullmatch(line)
        assert match is not None, line
        at, name, fields, point, value, state, text = match.groups()
        now = START + round(parse_duration(at) * S)
        changes: list[AlertChange] = rules.advance(now)
        if point:
            readable = value != "?"
            batch = Batch("d1", now, (point,), (_value(value) if readable else None,), (GOOD if readable else OFFLINE,))
            changes += rules.feed(batch)
        if name:
            given = dict(field.split("=") for field in fields.split())
            changes += rules.happen(Event(at, "d1", name, now, {key: _value(each) for key, each in given.items()}))
        told = [(change.state.value, change.at, change.text["zh"]) for change in changes]
        assert told == ([(state, now, text)] if state else []), line
