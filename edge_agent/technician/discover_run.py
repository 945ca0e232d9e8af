"""Looks at one line after the other, tells what it finds as it finds it, and offers what the file lacks."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import typer

from config.bus_settings import BusSettings
from config.report import render
from config.settings import DeviceSettings, GatewaySettings
from drivers.api import DriverError, Sighting
from edge_agent.technician import discover_page as page
from edge_agent.technician import listening_page
from edge_agent.technician.discover_radio import hear
from edge_agent.technician.discovery import ALL_UNITS, Scan, for_scanning, scan, search_s
from edge_agent.technician.lines import can_scan, devices_on, shown
from edge_agent.technician.listening import Air, can_overhear
from edge_agent.technician.obstacles import of_obstacle
from edge_agent.technician.ports import obstacle
from edge_agent.technician.suggestion import Suggestion, suggest, suggest_heard
from edge_agent.technician.yaml_file import append, as_yaml
from runtime.clock import SystemClock

_TODO = {"zh": "待改", "en": "to be set"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at: lines, units (``None``: all), speeds (none: the line's own), the patience for one answer, and
    which models. Radios are listened to for ``seconds``; ``everybody``: strangers are listed too.
    """

    lines: tuple[BusSettings, ...]
    units: tuple[int, ...] | None
    bauds: tuple[int, ...]
    timeout_s: float | None
    models: tuple[str, ...]
    seconds: float = 30.0
    everybody: bool = False


@dataclass(slots=True)
class _Looked:
    """What came of all lines; ``troubles`` and ``passed_over`` say of each why nothing did."""

    scans: list[Scan] = field(default_factory=list)
    airs: list[Air] = field(default_factory=list)
    troubles: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)


def discover_lines(
    wish: Wish, settings: GatewaySettings | None, file: Path, lang: Literal["zh", "en"], *, write: bool, as_json: bool
) -> int:
    """Do all of it and return the exit status: 0, or 2 where a line could not be looked at or the file not written.

    A line that nobody can look at is passed over, unless there is no other.
    """
    looked = _Looked()
    for line in wish.lines:
        devices = devices_on(settings, line.id) if settings is not None else []
        _take(line, wish, devices, lang, looked, quiet=as_json)
    taken = [device.id for device in settings.devices] if settings is not None else []
    buses = settings.buses if settings is not None else ()
    found = suggest(looked.scans, buses, taken, lang)
    suggest_heard(found, looked.airs, buses, taken, lang)
    written = _write(file, found, lang, quiet=as_json) if write and found.devices else None
    if as_json:
        data = {
            "lines": [page.as_data(one) for one in looked.scans],
            "radios": [listening_page.as_data(one, everybody=wish.everybody) for one in looked.airs],
            "troubles": {**looked.passed_over, **looked.troubles},
            "suggested": {
                "buses": found.buses, "devices": found.devices, "todo": found.todo, "locked": found.locked,
            },
            "written": written is True,
        }  # fmt: skip
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        _offer(found, file, lang, write=write)
    return 2 if looked.troubles or not (looked.scans or looked.airs) or written is False else 0


def _take(
    line: BusSettings,
    wish: Wish,
    devices: Sequence[DeviceSettings],
    lang: Literal["zh", "en"],
    looked: _Looked,
    *,
    quiet: bool,
) -> None:
    """Look at one line, or listen to one radio."""
    say = _nothing if quiet else typer.echo
    if can_overhear(line):
        heard = hear(line, devices, wish.models, wish.seconds, lang, say, everybody=wish.everybody)
        if isinstance(heard, str):
            looked.troubles[line.id] = heard
        else:
            looked.airs.append(heard)
        return
    if not can_scan(line):
        looked.passed_over[line.id] = page.not_scannable(lang)
        say(f"{line.id}  {shown(line)}\n  {looked.passed_over[line.id]}\n")
        return
    speeds: tuple[int | None, ...] = wish.bauds if wish.bauds and not hasattr(line, "host") else (None,)
    for baud in speeds:
        trouble = _look(for_scanning(line, baud, wish.timeout_s), wish, devices, lang, looked.scans, quiet=quiet)
        if trouble:
            looked.troubles[line.id] = trouble
            return


def _look(
    bus: BusSettings,
    wish: Wish,
    devices: Sequence[DeviceSettings],
    lang: Literal["zh", "en"],
    scans: list[Scan],
    *,
    quiet: bool,
) -> str:
    """Look at one line at one speed; return why that was not possible, empty where it was."""
    say = _nothing if quiet else typer.echo
    in_the_way = obstacle(bus)
    if in_the_way is not None:
        trouble = of_obstacle(in_the_way, lang)
        say(f"{bus.id}  {shown(bus)}\n  ✘ {trouble}")
        return trouble
    clock = SystemClock()
    search = search_s(bus, clock)
    say(page.opening_search(bus, search, lang) if search else page.opening(bus, wish.units or ALL_UNITS, lang))
    looked = Scan(bus, (), (), tuple(devices))

    def tell(sighting: Sighting) -> None:
        text = page.of_sighting(sighting, looked.known(sighting.address), lang, serial=hasattr(bus, "baud"))
        if text:
            say(text)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{sighting.address:>14}\r")

    try:
        done = asyncio.run(scan(bus, wish.units, wish.models, devices, clock, tell))
    except DriverError as error:
        trouble = page.not_scanned(str(error), lang)
        say(f"  ✘ {trouble}\n")
        return trouble
    scans.append(done)
    say(page.conclusion(done, lang) + "\n")
    return ""


def _offer(found: Suggestion, file: Path, lang: Literal["zh", "en"], *, write: bool) -> None:
    if found.devices and not write:
        typer.echo(_suggested(found, file, lang))
    elif write and not found.devices:
        typer.echo("没有可写的新设备" if lang == "zh" else "There are no new devices to write")
    if found.locked:
        zh = "有了密钥才能加 (密钥各存一个文件: secrets/名字), 不会自动写入:"
        en = "To add once there are keys (each in a file of its own, secrets/NAME); never written by itself:"
        locked = Suggestion(devices=found.locked, todo=found.todo)
        typer.echo(f"{zh if lang == 'zh' else en}\n{as_yaml(locked, _TODO[lang])}".rstrip("\n"))


def _suggested(found: Suggestion, file: Path, lang: Literal["zh", "en"]) -> str:
    zh = f"可以加进配置 (edge-agent discover --write {file} 会直接加上, 已有的不重复):"
    en = f"To add to the file (edge-agent discover --write {file} does it, and repeats nothing):"
    return f"{zh if lang == 'zh' else en}\n{as_yaml(found, _TODO[lang])}".rstrip("\n")


def _write(file: Path, found: Suggestion, lang: Literal["zh", "en"], *, quiet: bool) -> bool:
    """Add what was found to ``file``; tell whether that is there now and passes the check."""
    try:
        loaded = append(file, found, _TODO[lang])
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        typer.echo(f"{file}: 没有写入: {said}" if lang == "zh" else f"{file}: not written: {said}", err=True)
        return False
    if not quiet or not loaded.ok:
        typer.echo(render(loaded.problems, str(file), lang), err=not loaded.ok)
    if loaded.ok and not quiet:
        names = ", ".join(found.devices)
        todo = f"; {_TODO[lang]}: {', '.join(found.todo)}" if found.todo else ""
        typer.echo(f"已加入: {names}{todo}" if lang == "zh" else f"Added: {names}{todo}")
    return loaded.ok


def _nothing(_: str) -> None:
    """Say nothing: a program reads."""
