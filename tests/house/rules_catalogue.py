"""Writes what every default rule does into docs/rules-catalogue.md: ``python -m tests.house.rules_catalogue``."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from config.catalog import ClassRule, levels, load_class
from config.duration import format_duration
from config.scenario import Scenario
from config.staging import COMMON, groups, load_scenarios, rules_of
from tests.house.sources import ROOT, between_markers, with_between_markers

PAGE = ROOT / "docs" / "rules-catalogue.md"
LEVEL_ZH = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}


def section() -> str:
    """Return what has to stand between the page's markers: the levels, then each class with its rules."""
    parts = ["\n".join(_levels()), *("\n".join(_group(group)) for group in groups() if rules_of(group))]
    return "\n\n".join(parts) + "\n"


def _levels() -> Iterator[str]:
    yield "## 四个级别 / The four levels\n"
    yield "| 级别 level | 应在多久内确认 acknowledge within | 多久后升级 escalated after |"
    yield "|---|---|---|"
    for level in levels().values():
        within, after = format_duration(level.acknowledge_within_s), format_duration(level.escalate_after_s)
        yield f"| {level.text.zh} · {level.text.en} | {within} | {after} |"


def _group(group: str) -> Iterator[str]:
    if group == COMMON:
        yield "## 所有设备 · Every device\n"
        yield "凡有这些测点或事件的设备都适用。 For any device that has the points or events.\n"
    else:
        kind = load_class(group)
        yield f"## {kind.name.zh} · {kind.name.en} (`{group}`)\n"
    yield "\n\n".join("\n".join(_rule(group, rule)) for rule in rules_of(group))


def _rule(group: str, rule: ClassRule) -> Iterator[str]:
    yield f"### {rule.text.zh} · {rule.text.en}\n"
    yield f"- `{rule.id}` · {_said_level(rule.level)}{_where(rule)}"
    yield f"- 条件 when: `{' '.join(rule.when.split())}`{_held(rule.for_s, rule.for_readings)}{_only(rule)}"
    if rule.clear is not None:
        yield f"- 恢复 clear: `{rule.clear}`{_held(rule.clear_for_s, 0)}"
    if rule.latch:
        yield "- 保持到有人复位 latched: stays open until a person resets it"
    for each in rule.escalate:
        cause = f"`{each.when}`" if each.when is not None else f"{format_duration(each.after_s or 0)} 后 after that"
        yield f"- 升级 escalate: {cause} → {_said_level(each.to)}"
    if rule.action:
        yield f"- 动作 action: {_action(group, rule.action)}"
    if rule.source:
        yield f"- 来源 source: {rule.source}"
    mine = [each for each in load_scenarios(group).scenarios if each.rule == rule.id]
    yield from _quiet([each for each in mine if not _fires(each)])
    yield from _story([each for each in mine if _fires(each)])


def _said_level(level: str) -> str:
    return f"{LEVEL_ZH[level]} {level}"


def _where(rule: ClassRule) -> str:
    notes = [" · 汇聚端判断 judged by the collector"] if rule.at == "collector" else []
    notes += [] if rule.enabled else [" · 默认关闭 off unless turned on"]
    return "".join(notes)


def _held(seconds: float, readings: int) -> str:
    if readings:
        return f", 连续 {readings} 次读数 for {readings} readings"
    return f", 持续 for {format_duration(seconds)}" if seconds else ""


def _only(rule: ClassRule) -> str:
    notes = [f", 时段 between {', '.join(rule.between)}"] if rule.between else []
    notes += [f", 位置 place {', '.join(rule.place)}"] if rule.place else []
    notes += [f", 人群 people {', '.join(rule.people)}"] if rule.people else []
    notes += (
        [f", 不短于轮询周期的 {rule.patience} 倍 not less than {rule.patience} poll periods"] if rule.patience else []
    )
    return "".join(notes)


def _action(group: str, action: str) -> str:
    command = load_class(group).command(action) if group != COMMON else None
    return f"{command.text.zh} {command.text.en} (`{action}`)" if command is not None else f"由人 by people: {action}"


def _fires(scenario: Scenario) -> bool:
    return any(step.expected for step in scenario.steps)


def _quiet(scenarios: list[Scenario]) -> Iterator[str]:
    if scenarios:
        names = "; ".join(f"{each.name['zh']} · {each.name['en']}" for each in scenarios)
        yield f"- 不报 silent: {names}"


def _story(scenarios: list[Scenario]) -> Iterator[str]:
    if scenarios:
        first = scenarios[0]
        yield f"\n{first.name['zh']} · {first.name['en']}{_from(first)}:\n"
        yield "```text"
        yield from (line for line in first.written if line)
        yield "```"


def _from(scenario: Scenario) -> str:
    """Return when a story begins, unless at noon, and the figures that its device's entry gives."""
    begun = datetime.fromtimestamp(scenario.start // 1_000_000, ZoneInfo(scenario.stage.facts.timezone))
    notes = [] if (begun.hour, begun.minute) == (12, 0) else [f"从 from {begun:%H:%M}"]
    notes += [f"`{key}: {figure:g}`" for key, figure in _settings(scenario).items()]
    return f" ({', '.join(notes)})" if notes else ""


def _settings(scenario: Scenario) -> dict[str, float]:
    return scenario.stage.facts.devices[scenario.device].settings


def main() -> None:
    """Write the section anew."""
    page = PAGE.read_text("utf-8")
    fresh = with_between_markers(page, section())
    PAGE.write_text(fresh, "utf-8")
    print("docs/rules-catalogue.md: " + ("written" if fresh != page else "already current"))


def is_current() -> bool:
    """Tell whether the page says what the catalogue and its scenarios say."""
    return between_markers(PAGE.read_text("utf-8")) == section()


if __name__ == "__main__":
    main()
