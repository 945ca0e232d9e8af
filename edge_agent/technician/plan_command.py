"""`edge-agent plan`: how busy each line will be, what does not fit and what to change, before anything is wired."""

from pathlib import Path
from typing import Annotated

import typer

from edge_agent.options import CONFIG, JsonOption, LangOption, fail


def plan(
    lang: LangOption,
    config: Annotated[Path, typer.Argument(metavar="[FILE]", help="配置文件 · configuration file")] = CONFIG,
    answer: Annotated[
        str, typer.Option(help="假定设备多久开始应答, 如 30ms · assume that a device begins to answer within")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """估算每条线有多忙 · Work out how busy each line will be.

    每条线: 负载、每秒帧数、每台设备的请求和周期、最坏多久才知道变化, 放不下的和改法; 蓝牙: 轮流连接一轮多久。只看文件,
    不碰设备; 有放不下的, 退出码为 1。 Load, frames, requests and periods, the worst delay of a change, how long a round
    of Bluetooth visits takes, what does not fit and what to change. Reads the file and no device; exit status 1 when
    something does not fit.
    """
    from config.duration import parse_duration
    from edge_agent.technician.lines import settings_of
    from edge_agent.technician.plan_page import as_data, render
    from edge_agent.technician.site_load import site_load

    try:
        answer_s = parse_duration(answer) if answer else None
    except ValueError:
        fail(f"--answer 写成 30ms 这样, 不是 {answer}", f"write --answer as 30ms, not {answer}", lang)
    settings = settings_of(config, lang)
    lines = site_load(settings, answer_s)
    if as_json:
        import json

        typer.echo(json.dumps(as_data(lines), ensure_ascii=False, indent=2))
    else:
        typer.echo(render(lines, lang.value))
    raise typer.Exit(0 if all(line.fits for line in lines) else 1)
