"""`edge-agent rules show`: the rules in effect; imports are inside, so that ``--help`` answers at once."""

from typing import Annotated

import typer

from edge_agent.options import CONFIG, ConfigOption, JsonOption, LangOption, fail


def show(
    lang: LangOption,
    rule: Annotated[str, typer.Argument(metavar="[rule]", help="规则编号, 不写就列出全部 · one rule only")] = "",
    device: Annotated[str, typer.Option(help="只看这台设备 · this device only")] = "",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """列出生效的规则, 每个值从哪里来 · List the rules in effect and where each value comes from.

    来源: class 设备目录里这类设备, common 目录里各类共有, 文件:行 网关配置。
    From: class, the catalogue's rule of that class; common, one of all classes; file:line, the gateway file.
    """
    from config.load import load
    from config.problems import near
    from config.report import render
    from edge_agent import rules_show_page as page

    loaded = load(config)
    settings = loaded.settings
    if settings is None:
        fail(render(loaded.problems, str(config), "zh"), render(loaded.problems, str(config), "en"), lang, 1)
    if device and device not in {each.id for each in settings.devices}:
        meant = near(device, [each.id for each in settings.devices])
        fail(f"没有设备 {device} {meant['near_zh']}", f"there is no device {device} {meant['near_en']}", lang)
    found = page.chosen(settings, rule, device)
    if not found:
        meant = near(rule, {each.id for each in settings.rules}) if rule else near("", ())
        fail(
            f"没有生效的规则 {rule} {meant['near_zh']}{page.why_not(settings, rule, 'zh')}",
            f"no rule {rule} is in effect; {meant['near_en']}{page.why_not(settings, rule, 'en')}",
            lang,
        )
    typer.echo(page.as_json(found) if as_json else page.as_text(found, lang.value))
