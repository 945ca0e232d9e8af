"""`edge-agent try`: one device asked, or heard, in front of the technician's eyes, bytes and arithmetic and all."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from edge_agent.options import CONFIG, ConfigOption, JsonOption, Lang, LangOption, fail

if TYPE_CHECKING:
    from config.bus_settings import BusSettings
    from config.settings import DeviceSettings

_READINGS = 30


def try_device(
    lang: LangOption,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="配置里的设备编号 · the device's id in the file")],
    config: ConfigOption = CONFIG,
    times: Annotated[
        int | None,
        typer.Option(min=0, max=10_000, help="连续读几次 (默认 30), 或听几条 · readings in a row, 30, or adverts"),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=1, max=86_400, help="蓝牙听多久 (秒), 不写就听到 Ctrl-C · how long to listen to Bluetooth"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """试读一台设备 · Try one device.

    请求和应答的每个字节、每个测点怎么算出来、合不合理、四种字节序、连续读的用时。只读。读不到时退出码为 1。
    蓝牙设备: 一条条显示它发的、解出的、信号和间隔, 直到 Ctrl-C; --json 一行一个。听不到时退出码为 1。
    Every byte, the way to each value, whether it is plausible, the four byte orders, and times. Reads only. Of
    Bluetooth what is sent, what is made of it, signal and rhythm, live until Ctrl-C; --json prints one object a line.
    Exit status 1 when nothing could be read or heard.
    """
    import asyncio
    import json

    from edge_agent.technician.devices import device_at_hand
    from edge_agent.technician.trial import try_out
    from edge_agent.technician.trial_page import as_data, render
    from edge_agent.technician.watching import can_show
    from runtime.clock import SystemClock

    _, bus, settings = device_at_hand(device, config, lang)
    if can_show(bus):
        _watch(bus, settings, times, seconds, lang, as_json=as_json)
    if settings.profile.tells:
        fail(
            f"{device} 自己上报, 不能去问: 它说过什么看 edge-agent status 和 edge-agent history {device}",
            f"{device} tells by itself and cannot be asked; see edge-agent status and edge-agent history {device}",
            lang,
        )
    count = _READINGS if times is None else times
    trial = asyncio.run(try_out(bus, settings, SystemClock(), count, lang.value))
    typer.echo(json.dumps(as_data(trial), ensure_ascii=False, indent=2) if as_json else render(trial, lang.value))
    raise typer.Exit(1 if trial.error else 0)


def _watch(
    bus: "BusSettings", device: "DeviceSettings", times: int | None, seconds: float | None, lang: Lang, *, as_json: bool
) -> NoReturn:
    """Show what ``device`` tells until enough was heard or Ctrl-C, and end."""
    import asyncio
    import json
    from contextlib import suppress

    from drivers.api import DriverError, Shown
    from edge_agent.technician import watching_page as page
    from edge_agent.technician.radio_obstacles import of_radio
    from edge_agent.technician.watching import Tally, watch
    from runtime.clock import SystemClock

    tally = Tally()

    def tell(shown: Shown) -> None:
        if as_json:
            typer.echo(json.dumps(page.as_data(shown), ensure_ascii=False))
        else:
            typer.echo(page.of_shown(shown, device.profile, lang.value))

    if not as_json:
        typer.echo(page.opening(bus, device, lang.value))
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(watch(bus, device, SystemClock(), tally, tell, times=times, seconds=seconds))
    except DriverError as error:
        fail(f"  ✘ {of_radio(error, bus, 'zh')}", f"  ✘ {of_radio(error, bus, 'en')}", lang, status=1)
    if as_json:
        typer.echo(json.dumps(page.tally_as_data(tally)))
    else:
        typer.echo(page.conclusion(tally, lang.value))
    raise typer.Exit(0 if tally.times and not tally.errors else 1)
