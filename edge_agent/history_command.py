"""`edge-agent history`: what a device said lately, as a small table with its course, from the stored history."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.options import CONFIG, STATE, ConfigOption, JsonOption, LangOption, StateOption, fail
from edge_agent.rules_past import buffer_file, history_of, now_us, settings_of, span_of, unreadable


def history(
    device: Annotated[str, typer.Argument(help="设备 · the device")],
    lang: LangOption,
    point: Annotated[str, typer.Argument(help="测点, 不写就是全部 · the point, all by default")] = "",
    since: Annotated[str, typer.Option(help="从多久以前起 · from how long ago on")] = "24h",
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    file: Annotated[Path | None, typer.Option("--buffer", help="缓存文件 · buffer file")] = None,
    as_json: JsonOption = False,
) -> None:
    """看一台设备最近的读数 · Show what a device said lately.

    从本机留存的历史读取, 不问设备, 不用网络 · From what this box has kept: no device is asked, no network needed.
    """
    import json

    from edge_agent.history_page import Course, page

    settings = settings_of(config, lang)
    if device not in {one.id for one in settings.devices}:
        known = ", ".join(one.id for one in settings.devices) or "-"
        fail(f"没有设备 {device}. 有: {known}", f"there is no device {device}. There are: {known}", lang)
    until = now_us()
    begin = until - span_of(since, lang)
    course = Course(begin, until)
    past = history_of(settings, state, file, begin, until)
    try:
        course.follow(past.items(), device, point)
    except sqlite3.Error as error:
        unreadable(buffer_file(settings, state, file), error, lang)
    if as_json:
        typer.echo(json.dumps(course.as_data(), ensure_ascii=False))
    else:
        typer.echo(page(device, course, past.coverage, settings.site.timezone, lang.value))
