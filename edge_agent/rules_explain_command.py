"""`edge-agent rules explain`: in words, why an alert was raised, or why a rule is silent."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.options import CONFIG, STATE, ConfigOption, Lang, LangOption, StateOption, fail
from edge_agent.rules_past import Times, buffer_file, need_rule, now_us, rules_of, settings_of, unreadable

if TYPE_CHECKING:
    from wire.alert import AlertChange

_NAMED = 10


def explain(
    lang: LangOption,
    alert: Annotated[str, typer.Argument(help="告警编号或开头 · an alert's id or its beginning")] = "",
    rule: Annotated[str, typer.Option(help="规则名 · the rule")] = "",
    device: Annotated[str, typer.Option(help="设备 · the device")] = "",
    at: Annotated[str, typer.Option(help="什么时候, 默认现在 · when (2026-11-25T08:12)")] = "",
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    file: Annotated[Path | None, typer.Option("--buffer", help="缓存文件 · buffer file")] = None,
) -> None:
    """说明一条告警为什么报, 或一条规则为什么没报 · Why an alert was raised, or why a rule is silent.

    由存下的历史逐项说明: 当时的值、真假、从什么时候起、还差什么。只读。
    Term by term, from the stored history: its value then, true or not, since when, what it lacked. It only reads.
    """
    from edge_agent.rules_explain_page import page
    from edge_agent.rules_explained import explained

    if bool(alert) == bool(rule and device):
        fail(
            "写一个告警编号, 或 --rule 和 --device",
            "give an alert's id, or --rule and --device",
            lang,
        )
    settings = settings_of(config, lang)
    times, path = Times(settings.site.timezone), buffer_file(settings, state, file)
    moment = now_us()
    if at:
        try:
            moment = times.read(at)
        except ValueError:
            fail(f"不是时间: {at} (写成 2026-11-25T08:12)", f"not a time: {at} (write 2026-11-25T08:12)", lang)
    try:
        told = _find(alert, path, times, lang) if alert else None
        if told is not None:
            rule, device, moment = told.rule, told.device, told.at
        need_rule(rule, settings.rules, device, lang)
        found = explained(rules_of(settings, rule, device)[0], settings, path, moment)
    except sqlite3.Error as error:
        unreadable(path, error, lang)
    typer.echo(page(found, settings, told, lang.value))


def _find(alert: str, path: Path, times: Times, lang: Lang) -> "AlertChange":
    from edge_agent.buffer.history import History
    from wire.alert import AlertChange, AlertState
    from wire.chunk import Lane

    found: dict[str, AlertChange] = {}
    for one in History(path, 0, now_us(), [Lane.ALARM]).items():
        if isinstance(one, AlertChange) and one.alert.startswith(alert) and one.state is AlertState.RAISED:
            found[one.alert] = one
    if not found:
        fail(
            f"留存的历史里没有告警 {alert} (buffer.keep); 试试 --rule 和 --device",
            f"no alert {alert} in what is kept (buffer.keep); try --rule and --device",
            lang,
        )
    if len(found) > 1:
        listed = _listed(list(found.values()), times)
        fail(
            f"有 {len(found)} 条告警以 {alert} 开头:\n{listed}",
            f"{len(found)} alerts begin with {alert}:\n{listed}",
            lang,
        )
    return next(iter(found.values()))


def _listed(found: "Sequence[AlertChange]", times: Times) -> str:
    return "\n".join(f"  {times.show(one.at)}  {one.alert}" for one in found[-_NAMED:])
