"""`edge-agent try`: one device asked in front of the technician's eyes, bytes and arithmetic and all."""

from typing import Annotated

import typer

from edge_agent.options import CONFIG, ConfigOption, JsonOption, LangOption


def try_device(
    lang: LangOption,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="配置里的设备编号 · the device's id in the file")],
    config: ConfigOption = CONFIG,
    times: Annotated[int, typer.Option(min=0, max=10_000, help="连续读几次 · readings in a row")] = 30,
    as_json: JsonOption = False,
) -> None:
    """试读一台设备 · Try one device.

    请求和应答的每个字节、每个测点怎么算出来、合不合理、四种字节序、连续读的用时。只读。读不到时退出码为 1。
    Every byte, the way to each value, whether it is plausible, the four byte orders, and times. Reads only; exit
    status 1 when nothing could be read.
    """
    import asyncio
    import json

    from edge_agent.technician.devices import device_at_hand
    from edge_agent.technician.trial import try_out
    from edge_agent.technician.trial_page import as_data, render
    from runtime.clock import SystemClock

    _, bus, settings = device_at_hand(device, config, lang)
    trial = asyncio.run(try_out(bus, settings, SystemClock(), times, lang.value))
    typer.echo(json.dumps(as_data(trial), ensure_ascii=False, indent=2) if as_json else render(trial, lang.value))
    raise typer.Exit(1 if trial.error else 0)
