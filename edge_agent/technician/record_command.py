"""`edge-agent record`: what a device says, taken home as a file that becomes a test."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from edge_agent.options import CONFIG, ConfigOption, Lang, LangOption, fail

if TYPE_CHECKING:
    from edge_agent.technician.recording import Recording


def record(
    lang: LangOption,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="配置里的设备编号 · the device's id in the file")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="写到哪里: 文件或目录 · file or folder to write to")],
    config: ConfigOption = CONFIG,
    seconds: Annotated[float, typer.Option(min=0, max=3600, help="录多久 (秒) · for how long")] = 10.0,
    own: Annotated[
        bool, typer.Option("--own", help="蓝牙手环等由录制者本人佩戴 · a band is worn by who records")
    ] = False,
) -> None:
    """录制一台设备的应答, 用作测试 · Record what a device says, for a test.

    每秒读一次, 记下每个字节和读数。只有型号、选项和地址, 没有名称、位置、密码和人。蓝牙记它发的; 健康数据只录本人的。
    Reads once a second and keeps every byte and reading, with model, options and address, and no names, places,
    passwords or people. Of Bluetooth what is sent, with a made-up address; of health only one's own (--own).
    """
    import asyncio

    from drivers.api import DriverError, NotSupported
    from edge_agent import sentences
    from edge_agent.technician import recording
    from edge_agent.technician.air_recording import signal_of
    from edge_agent.technician.devices import device_at_hand
    from edge_agent.technician.record_air import record_what_is_sent
    from edge_agent.technician.watching import can_show
    from runtime.clock import SystemClock

    _, bus, settings = device_at_hand(device, config, lang)
    watched = can_show(bus)
    personal = recording.personal_points(settings)
    refused = tuple(key for key in personal.refused if not (watched and key == signal_of(settings)))
    if refused and not (own and watched):
        _refuse(refused, lang, watched=watched)
    target = out / f"{settings.profile.id.replace('/', '-')}.yaml" if out.is_dir() else out
    if target.exists():
        fail(f"{target}: 已有这个文件, 换一个名字", f"{target} exists already, name another", lang)
    if watched:
        record_what_is_sent(bus, settings, target, seconds, refused, lang)
    try:
        found = asyncio.run(recording.record(bus, settings, SystemClock(), seconds))
    except NotSupported:
        fail(f"没有录制: {bus.type} 总线不保留报文", f"Not recorded: a {bus.type} bus keeps no bytes", lang)
    except DriverError as error:
        said = {each: sentences.of_device(f"{error.word}: {error}", each) for each in ("zh", "en")}
        fail(f"没有录成: {said['zh']}", f"Not recorded: {said['en']}", lang, status=1)
    _write(found, target, personal.told, lang)
    raise typer.Exit(0 if any(poll.batch is not None for poll in found.polls) else 1)


def _refuse(keys: tuple[str, ...], lang: Lang, *, watched: bool) -> NoReturn:
    listed = ", ".join(keys)
    zh, en = f"不录制: 这台设备说的是人的事 ({listed})", f"Not recorded: this device tells of people ({listed})"
    if watched:
        zh += "; 自己戴着录自己的, 加 --own"
        en += "; to record yourself, wearing it yourself, add --own"
    fail(zh, en, lang)


def _write(found: "Recording", target: Path, told: tuple[str, ...], lang: Lang) -> None:
    from edge_agent.report import VERSION
    from edge_agent.technician.recording import as_yaml, summary

    try:
        target.write_text(as_yaml(found, VERSION), encoding="utf-8")
    except OSError as error:
        fail(f"{target}: 写不了: {error.strerror}", f"{target} cannot be written: {error.strerror}", lang)
    good, bad, size = summary(found.polls)
    keys = ", ".join(told)
    if lang is Lang.zh:
        typer.echo(f"已写出 {target}: 读数 {good} 次, 失败 {bad} 次, {size} 字节。发出之前打开看一眼。")
        if told:
            typer.echo(f"其中 {keys} 可能涉及住户, 请先征得同意")
    else:
        typer.echo(
            f"Written to {target}: {good} readings, {bad} failed, {size} bytes. Look into it before you send it."
        )
        if told:
            typer.echo(f"{keys} may tell of residents: ask for their consent first")
