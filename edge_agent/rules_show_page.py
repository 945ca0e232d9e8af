"""What `edge-agent rules show` prints: every key of each rule in effect, and where its value comes from."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Final

from config.catalog import class_names, common_rules, load_class
from config.duration import format_duration
from config.problems import Lang
from config.report import columns
from config.settings import ActionSettings, EscalateSettings, GatewaySettings, RuleSettings

_LEVELS: Final = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
_WIDTH: Final = 60
_DEFAULT: Final = {"zh": "默认", "en": "default"}


def chosen(settings: GatewaySettings, rule: str, device: str) -> list[RuleSettings]:
    """Return the rules in effect, of id ``rule`` and on ``device`` where these are given, by id."""
    found = [each for each in settings.rules if rule in ("", each.id) and (not device or device in each.devices)]
    return sorted((replace(each, devices=(device,)) if device else each for each in found), key=lambda each: each.id)


def why_not(settings: GatewaySettings, rule: str, lang: Lang) -> str:
    """Say why a rule of the catalogue is not in effect here; empty where it is no such rule."""
    kinds = {device.profile.kind for device in settings.devices}
    everywhere = [(None, each) for each in common_rules()]
    owners = [(name, each) for name in class_names() for each in load_class(name).rules] + everywhere
    found = [(name, each) for name, each in owners if each.id == rule]
    if not found:
        return ""
    if any(each.at == "collector" for _, each in found):
        return "由汇聚端判断" if lang == "zh" else "the collector judges it"
    if all(name is not None and name not in kinds for name, _ in found):
        return "没有这类设备" if lang == "zh" else "there is no device of its class"
    zh = "停用了, 或没有设备能提供它要的测点、位置、设置或名单"
    en = "it is switched off, or no device has the points, place, settings or lists that it asks for"
    return zh if lang == "zh" else en


def as_json(rules: Sequence[RuleSettings]) -> str:
    """Return the rules as a JSON list of their settings."""
    return json.dumps([asdict(rule) for rule in rules], ensure_ascii=False, indent=2)


def as_text(rules: Sequence[RuleSettings], lang: Lang) -> str:
    """Return the rules for people, one block each."""
    return "\n\n".join("\n".join(_block(rule, lang)) for rule in rules)


def _block(rule: RuleSettings, lang: Lang) -> Iterator[str]:
    kind = load_class(rule.kind).name
    yield f"{rule.id}  ({kind.zh if lang == 'zh' else kind.en}: {', '.join(rule.devices)})"
    rows = [(key, value, rule.origin.get(key, _DEFAULT[lang])) for key, value in _values(rule, lang)]
    width = min(_WIDTH, max(columns(value) for _, value, _ in rows))
    for key, value, origin in rows:
        yield f"    {key:<10} {value}{' ' * (width - columns(value))}  <- {origin}"


def _values(rule: RuleSettings, lang: Lang) -> Iterator[tuple[str, str]]:
    """Yield every key that says something, as it would be written in a file."""
    level = f"{rule.level} {_LEVELS[rule.level]}" if lang == "zh" else rule.level
    hold = f"{rule.for_readings} readings" if rule.for_readings else _time(rule.for_s)
    said = {
        "when": rule.when,
        "for": hold,
        "clear": rule.clear or "",
        "clear_for": _time(rule.clear_for_s),
        "level": level,
        "latch": "true" if rule.latch else "",
        "between": ", ".join(rule.between),
        "repeat": _time(rule.repeat_s),
        "escalate": "; ".join(map(_step, rule.escalate)),
        "action": "; ".join(map(_action, rule.actions)),
        "record": "" if rule.record else "false",
        "say": rule.say.get(lang, ""),
        "reason": rule.reason,
        "author": rule.author,
    }
    for key, value in said.items():
        if value or key in rule.origin:
            yield key, value or "—"
    for key in ("devices", "people", "place"):
        if key in rule.origin:
            yield key, ", ".join(rule.devices)


def _time(seconds: float) -> str:
    return format_duration(seconds) if seconds else ""


def _step(step: EscalateSettings) -> str:
    return f"{step.when if step.after_s is None else format_duration(step.after_s)} -> {step.to}"


def _action(action: ActionSettings) -> str:
    args = " ".join(f"{name}={value}" for name, value in action.args.items())
    devices = ", ".join(action.devices)
    return action.command + (f" {args}" if args else "") + (f" @ {devices}" if devices else "")
