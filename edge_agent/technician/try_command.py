"""`edge-agent try`: one device asked, or heard, in front of the technician's eyes, bytes and arithmetic and all."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from edge_agent.options import CONFIG, ConfigOption, JsonOption, Lang, LangOption, fail

if TYPE_CHECKING:
    from config.bus_settings import BusSettings
    from config.settings import DeviceSettings

_READINGS = 30
_LISTENS_S = 60.0


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
        typer.Option(min=1, max=86_400, help="听多久 (秒): 蓝牙不写就听到 Ctrl-C, 相机 60 秒 · how long to listen"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """试读一台设备 · Try one device.

    请求和应答的每个字节、每个测点怎么算出来、合不合理、四种字节序、连续读的用时。只读。读不到时退出码为 1。
    相机: 地址、证书、登录、时钟、视频、抓拍一步步试, 再听它上报; 有一步不行退出码为 1。
    蓝牙设备: 一条条显示它发的、解出的、信号和间隔, 直到 Ctrl-C; --json 一行一个。听不到时退出码为 1。
    Every byte, the way to each value, whether it is plausible, the four byte orders, and times. Reads only. Of
    a camera address, certificate, login, clock, video and picture are tried in turn, then what it tells is shown. Of
    Bluetooth what is sent, what is made of it, signal and rhythm, live until Ctrl-C; --json prints one object a line.
    Exit status 1 when nothing could be read or heard.
    """
    import asyncio
    import json

    from edge_agent.technician.devices import device_at_hand
    from edge_agent.technician.examining import can_examine
    from edge_agent.technician.trial import try_out
    from edge_agent.technician.trial_page import as_data, render
    from edge_agent.technician.watching import can_show
    from runtime.clock import SystemClock

    _, bus, settings = device_at_hand(device, config, lang)
    if can_examine(bus):
        _look_over(bus, settings, seconds or _LISTENS_S, lang, as_json=as_json)
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


def _look_over(bus: "BusSettings", device: "DeviceSettings", seconds: float, lang: Lang, *, as_json: bool) -> NoReturn:
    """Show each step of looking ``device`` over and what it tells, and end."""
    import asyncio
    import json
    from contextlib import suppress

    from drivers.api import Examined
    from edge_agent.technician import examining_page as page
    from edge_agent.technician.examining import look_over
    from runtime.clock import SystemClock
    from wire.event import Event

    steps: list[Examined] = []

    def tell(step: Examined) -> None:
        if as_json:
            typer.echo(json.dumps(page.as_data(step), ensure_ascii=False))
        else:
            if step.told is not None and not any(one.told for one in steps):
                typer.echo(page.waiting(seconds, lang.value))
            typer.echo(page.of_step(step, device, lang.value))
        steps.append(step)

    if not as_json:
        typer.echo(page.opening(device, lang.value))
    with suppress(KeyboardInterrupt):
        asyncio.run(look_over(bus, device, SystemClock(), tell, seconds))
    well = all(step.well is not False for step in steps)
    if not as_json:
        events = sum(isinstance(step.told, Event) for step in steps)
        typer.echo(page.conclusion(well, events, lang.value))
    raise typer.Exit(0 if well else 1)


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
