"""`edge-agent rules test`: what a changed rule would have told in the days that the gateway still remembers."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.options import CONFIG, STATE, ConfigOption, JsonOption, Lang, LangOption, StateOption, fail
from edge_agent.rules_past import buffer_file, history_of, need_rule, now_us, rules_of, settings_of, span_of, unreadable

if TYPE_CHECKING:
    from config.settings import GatewaySettings, RuleSettings

_READINGS = re.compile(r"(\d+)\s*readings?")


def try_rule(
    rule: Annotated[str, typer.Argument(help="规则名 · the rule")],
    lang: LangOption,
    changed: Annotated[Path | None, typer.Option("--file", help="改过的配置文件 · a changed configuration")] = None,
    when: Annotated[str, typer.Option(help="换成这个条件 · this condition instead")] = "",
    hold: Annotated[str, typer.Option("--for", help="换成持续多久 · this long instead (10m, 3 readings)")] = "",
    clear: Annotated[str, typer.Option(help="换成这个解除条件 · this condition to clear instead")] = "",
    clear_for: Annotated[str, typer.Option("--clear-for", help="解除条件持续多久 · clear must hold for")] = "",
    device: Annotated[str, typer.Option(help="只看这台设备 · this device only")] = "",
    since: Annotated[str, typer.Option(help="从多久以前起 · from how long ago on")] = "7d",
    limit: Annotated[int, typer.Option(min=0, help="最多列几次, 0 为全部 · list so many, 0 for all")] = 50,
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    file: Annotated[Path | None, typer.Option("--buffer", help="缓存文件 · buffer file")] = None,
    as_json: JsonOption = False,
) -> None:
    """用存下的历史试一条规则 · Try a rule out on the stored history.

    把本机留存的读数和事件重放一遍: 现在的规则会报几次, 改过的会报几次, 缺什么历史。只读, 网关照常运行, 不会真的报警。
    Replays what this box has kept through the rule as it is and as it was changed, and says what is missing.
    It only reads; the agent may run; nobody is told anything.
    """
    from edge_agent.rules_test_page import as_data, page
    from edge_agent.rules_trial import try_out

    settings = settings_of(config, lang)
    before = rules_of(settings, rule, device)
    after = None
    other = settings_of(changed, lang) if changed is not None else settings
    need_rule(rule, (*settings.rules, *other.rules), device, lang)
    if changed is not None:
        after = rules_of(other, rule, device)
    if when or hold or clear or clear_for:
        _need_points((when, clear), before if after is None else after, other, lang)
        after = [_altered(one, when, hold, clear, clear_for, lang) for one in (before if after is None else after)]
    until = now_us()
    begin = until - span_of(since, lang)
    try:
        found = try_out(
            before, after, settings, other, lambda start: history_of(settings, state, file, start, until), begin, until
        )
    except sqlite3.Error as error:
        unreadable(buffer_file(settings, state, file), error, lang)
    if as_json:
        typer.echo(json.dumps(as_data(rule, found), ensure_ascii=False))
        return
    typer.echo(page(rule, found, settings, lang.value, limit))


def _need_points(
    texts: "Sequence[str]", rules: "Sequence[RuleSettings]", settings: "GatewaySettings", lang: Lang
) -> None:
    """Return where the conditions are in the language and name points that the devices have; else end the command."""
    from config.expression import ExpressionError, parse
    from config.terms import points

    watched = {device for one in rules for device in one.devices}
    known = {key for device in settings.devices if device.id in watched for key in device.profile.keys()}  # noqa: SIM118 - a method of ours
    for text in filter(None, texts):
        try:
            named = points(parse(text))
        except ExpressionError as error:
            fail(f"条件写错了 {text!r}: {error.zh}", f"wrong condition {text!r}: {error.en}", lang)
        if unknown := [name for name in named if name not in known]:
            have = ", ".join(sorted(known))
            fail(f"没有测点 {unknown[0]}. 有: {have}", f"there is no point {unknown[0]}. There are: {have}", lang)


def _altered(one: "RuleSettings", when: str, hold: str, clear: str, clear_for: str, lang: Lang) -> "RuleSettings":
    changes: dict[str, object] = {}
    if when:
        changes["when"] = when
    if clear:
        changes["clear"] = clear
    if clear_for:
        changes["clear_for_s"] = span_of(clear_for, lang) / 1_000_000
    if hold:
        readings = _READINGS.fullmatch(hold.strip())
        changes["for_readings"] = int(readings[1]) if readings else 0
        changes["for_s"] = 0.0 if readings else span_of(hold, lang) / 1_000_000
    return replace(one, **changes)  # type: ignore[arg-type]  # by the names of its fields
