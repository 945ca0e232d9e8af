"""Plays a scenario through the rule engine and says, in a technician's words, where what came is not as written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from config.scenario import Scenario
from config.settings import RuleSettings
from config.steps import Step, Turn, show_time
from rules.engine import RuleSet
from wire.alert import AlertChange, AlertState, Level
from wire.event import Event
from wire.reading import Batch, Quality

_TURNS: Final[dict[AlertState, Turn]] = {
    AlertState.RAISED: "raised",
    AlertState.CHANGED: "changed",
    AlertState.CLEARED: "cleared",
}
_ZH: Final[dict[str, str]] = {
    "raised": "触发", "changed": "变为", "cleared": "恢复",
    "red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of the alert, ``at`` µs after the scenario's start; ``text`` is the sentence by language."""

    at: int
    turn: Turn
    level: Level
    text: dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that is not as written, in both languages; ``line`` is the line of the steps it concerns."""

    zh: str
    en: str
    line: int


@dataclass(frozen=True, slots=True)
class _Due:
    at: int
    turn: Turn
    level: str | None
    line: int


def play(scenario: Scenario, rule: RuleSettings) -> tuple[Noted, ...]:
    """Return what ``rule`` makes of the scenario on its one device, in order of event time, up to the last step.

    An automation is played as if it told people; a rule that does not watch the device does nothing. Raises
    ``ExpressionError`` for a rule that is not in the language.
    """
    if scenario.device not in rule.devices:
        return ()
    alone = replace(rule, devices=(scenario.device,), actions=(), record=True)
    engine = RuleSet([alone], scenario.stage.names, "scenario", scenario.stage.facts)
    changes: list[AlertChange] = engine.advance(scenario.start)
    for number, step in enumerate(scenario.steps):
        changes += wait(engine, scenario.start + step.at)
        changes += tell(engine, scenario, step, number)
    noted = [Noted(each.at - scenario.start, _TURNS[each.state], each.level, each.text) for each in changes]
    return tuple(sorted(noted, key=lambda each: each.at))


def wait(engine: RuleSet, until: int) -> Iterator[AlertChange]:
    """Let time pass until ``until`` (µs), stopping wherever something falls due; yield what comes of it."""
    before = None
    while (due := engine.next_due()) is not None and due < until and due != before:
        yield from engine.advance(due)
        before = due
    yield from engine.advance(until)


def tell(engine: RuleSet, scenario: Scenario, step: Step, number: int) -> list[AlertChange]:
    """Feed what a device tells at ``step``, the ``number``-th of the scenario; return what comes of it."""
    told, device, now = step.told, step.device or scenario.device, scenario.start + step.at
    if told is None:
        return []
    if told.event:
        return engine.happen(Event(f"scenario:{number}", device, told.event, now, dict(told.fields)))
    if told.offline:
        names = _points(scenario, device)
        return engine.feed(Batch(device, now, names, (None,) * len(names), (Quality.OFFLINE,) * len(names)))
    keys, values, quality = zip(*told.readings, strict=True)
    return engine.feed(Batch(device, now, keys, values, quality))


def _points(scenario: Scenario, device: str) -> tuple[str, ...]:
    """Return the points that the device ever tells in the scenario."""
    mine = (
        step.told for step in scenario.steps if step.told is not None and (step.device or scenario.device) == device
    )
    return tuple(dict.fromkeys(key for told in mine for key, _, _ in told.readings))


def difference(scenario: Scenario, noted: Sequence[Noted]) -> Difference | None:
    """Return where ``noted`` first differs from what the scenario's steps say, ``None`` if nowhere."""
    written = [_Due(step.at, each.turn, each.level, step.line) for step in scenario.steps for each in step.expected]
    for wanted, got in zip(written, noted, strict=False):
        same = wanted.at == got.at and wanted.turn == got.turn and wanted.level in (None, got.level)
        if not same:
            return _apart(scenario, wanted, got)
    if len(written) > len(noted):
        wanted = written[len(noted)]
        zh, en = _said_of(wanted)
        return Difference(f"写的是{zh}, 没有发生", f"written is {en}; it did not happen", wanted.line)
    return _unwritten(scenario, noted[len(written)]) if len(noted) > len(written) else None


def _apart(scenario: Scenario, wanted: _Due, got: Noted) -> Difference:
    if got.at < wanted.at and got.turn != wanted.turn:
        return _unwritten(scenario, got)
    (zh, en), (came_zh, came_en) = _said_of(wanted), _said(got)
    return Difference(f"写的是{zh}, 实际是{came_zh}", f"written is {en}; what came is {came_en}", wanted.line)


def _unwritten(scenario: Scenario, got: Noted) -> Difference:
    zh, en = _said(got)
    before = [step.line for step in scenario.steps if step.at <= got.at]
    return Difference(f"没有写, 却在{zh}", f"not written, yet it {en}", max(before, default=0))


def _said(got: Noted) -> tuple[str, str]:
    return _said_of(_Due(got.at, got.turn, got.level.value, 0))


def _said_of(due: _Due) -> tuple[str, str]:
    """Return a change for people: ``1m40s 触发 (橙色)``."""
    when = show_time(due.at)
    zh, en = f" {when} {_ZH[due.turn]}", f"{due.turn} at {when}"
    if due.level is None or due.turn == "cleared":
        return zh, en
    return f"{zh} ({_ZH[due.level]})", f"{en} ({due.level})"


def timeline(noted: Sequence[Noted]) -> tuple[str, str]:
    """Return all that came, in one line for people; in both languages."""
    if not noted:
        return "什么也没有发生", "nothing happened"
    said = [_said(each) for each in noted]
    return ",".join(zh for zh, _ in said).strip(), ", ".join(en for _, en in said)
