"""Looks at one line after the other, tells what it finds as it finds it, and offers what the file lacks."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer

from config.bus_settings import BusSettings
from config.report import render
from config.settings import DeviceSettings, GatewaySettings
from drivers.api import DriverError, Sighting
from edge_agent.technician import discover_page as page
from edge_agent.technician.discovery import ALL_UNITS, Scan, for_scanning, scan, search_s
from edge_agent.technician.lines import can_scan, devices_on, shown
from edge_agent.technician.obstacles import of_obstacle
from edge_agent.technician.ports import obstacle
from edge_agent.technician.suggestion import Suggestion, suggest
from edge_agent.technician.yaml_file import append, as_yaml
from runtime.clock import SystemClock

_TODO = {"zh": "待改", "en": "to be set"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at: lines, units (``None``: all), speeds (none: the line's own), the patience for one answer, and
    which models.
    """

    lines: tuple[BusSettings, ...]
    units: tuple[int, ...] | None
    bauds: tuple[int, ...]
    timeout_s: float | None
    models: tuple[str, ...]


def discover_lines(
    wish: Wish, settings: GatewaySettings | None, file: Path, lang: Literal["zh", "en"], *, write: bool, as_json: bool
) -> int:
    """Do all of it and return the exit status: 0, or 2 where a line could not be looked at or the file not written.

    A line that nobody can look at is passed over, unless there is no other.
    """
    scans: list[Scan] = []
    troubles: dict[str, str] = {}
    passed_over: dict[str, str] = {}
    for line in wish.lines:
        if not can_scan(line):
            passed_over[line.id] = page.not_scannable(lang)
            if not as_json:
                typer.echo(f"{line.id}  {shown(line)}\n  {passed_over[line.id]}\n")
            continue
        devices = devices_on(settings, line.id) if settings is not None else []
        speeds: tuple[int | None, ...] = wish.bauds if wish.bauds and not hasattr(line, "host") else (None,)
        for baud in speeds:
            trouble = _look(for_scanning(line, baud, wish.timeout_s), wish, devices, lang, scans, quiet=as_json)
            if trouble:
                troubles[line.id] = trouble
                break
    taken = [device.id for device in settings.devices] if settings is not None else []
    found = suggest(scans, settings.buses if settings is not None else (), taken, lang)
    written = _write(file, found, lang, quiet=as_json) if write and found.devices else None
    if as_json:
        data = {
            "lines": [page.as_data(one) for one in scans],
            "troubles": {**passed_over, **troubles},
            "suggested": {"buses": found.buses, "devices": found.devices, "todo": found.todo},
            "written": written is True,
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    elif found.devices and not write:
        typer.echo(_suggested(found, file, lang))
    elif write and not found.devices:
        typer.echo("没有可写的新设备" if lang == "zh" else "There are no new devices to write")
    return 2 if troubles or not scans or written is False else 0


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
