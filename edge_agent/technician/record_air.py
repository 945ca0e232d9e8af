"""`edge-agent record` of a device that tells over the air: listens, writes the file, and says what is in it."""

import asyncio
from pathlib import Path
from typing import NoReturn

import typer

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import DriverError
from edge_agent.options import Lang, fail
from edge_agent.report import VERSION
from edge_agent.technician.air_recording import AirRecording, as_yaml, is_encrypted, record_air
from edge_agent.technician.radio_obstacles import of_radio
from runtime.clock import SystemClock


def record_what_is_sent(
    bus: BusSettings, device: DeviceSettings, target: Path, seconds: float, health: tuple[str, ...], lang: Lang
) -> NoReturn:
    """Record ``device`` into ``target`` and end; ``health`` are the points that tell of the person who wears it, who
    has said that it is the one who records.
    """
    if is_encrypted(device):
        fail(
            "不录制: 它发的是加密的, 没有密钥回放不了, 密钥又不能写进文件",
            "Not recorded: what it sends is encrypted, and its key, without which nobody can replay it, stays here",
            lang,
        )
    try:
        found = asyncio.run(record_air(bus, device, SystemClock(), seconds, own=bool(health)))
    except DriverError as error:
        fail(f"没有录成: {of_radio(error, bus, 'zh')}", f"Not recorded: {of_radio(error, bus, 'en')}", lang, status=1)
    if not found.told:
        fail(
            "没有录成: 没有听到它; 按一下或戴上再录, 或 --seconds 60",
            "Not recorded: it was not heard; press or wear it, or listen longer with --seconds 60",
            lang,
            status=1,
        )
    try:
        target.write_text(as_yaml(found, VERSION), encoding="utf-8")
    except OSError as error:
        fail(f"{target}: 写不了: {error.strerror}", f"{target} cannot be written: {error.strerror}", lang)
    typer.echo("\n".join(_said(found, target, health, lang)))
    raise typer.Exit(0 if any(shown.made for shown in found.told) else 1)


def _said(found: AirRecording, target: Path, health: tuple[str, ...], lang: Lang) -> list[str]:
    heard, visited, keys = len(found.tally.times), found.tally.visited, ", ".join(health)
    if lang is Lang.zh:
        lines = [f"已写出 {target}: 听到 {heard} 条, 连接读到 {visited} 项。发出之前打开看一眼。"]
        lines.append("里面有: 型号、选项、它发的字节和解出的数、相对时间。地址是编造的, 没有名字、人和地点。")
        if health:
            lines.append(f"⚠ {keys} 是你本人的真实数值; 只录自己的, 不要录老人的")
        return lines
    lines = [
        f"Written to {target}: {heard} advertisements, {visited} characteristics. Look into it before you send it."
    ]
    lines.append(
        "In it: model, options, the bytes sent and what was made of them, relative times. The address is made up; "
        "there are no names, people or places."
    )
    if health:
        lines.append(f"⚠ {keys} are real values of your own; record yourself only, never an elder")
    return lines
