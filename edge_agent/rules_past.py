"""What the commands that look at the past share: the configuration, the stored history, and when a time was."""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import typer

from edge_agent.options import Lang, fail

if TYPE_CHECKING:
    from config.settings import GatewaySettings, RuleSettings
    from edge_agent.buffer.history import History


def settings_of(config: Path, lang: Lang) -> "GatewaySettings":
    """Return the settings in ``config``; where it has mistakes they are printed and the command ends."""
    from config.load import load
    from config.report import render

    loaded = load(config)
    if loaded.settings is None:
        typer.echo(render(loaded.problems, str(config), lang.value, "text"), err=True)
        raise typer.Exit(1)
    return loaded.settings


def rules_of(settings: "GatewaySettings", rule: str, device: str) -> "list[RuleSettings]":
    """Return the rules of this id in force, for ``device`` alone where one is named."""
    mine = [one for one in settings.rules if one.id == rule]
    if device:
        mine = [replace(one, devices=(device,)) for one in mine if device in one.devices]
    return mine


def need_rule(rule: str, known: "Iterable[RuleSettings]", device: str, lang: Lang) -> None:
    """Return where ``rule`` is in force somewhere (for ``device``); else the command ends with those that are."""
    ids = sorted({one.id for one in known if not device or device in one.devices})
    if rule not in ids:
        where_zh, where_en = (f"设备 {device} 上", f" on device {device}") if device else ("", "")
        names = ", ".join(ids) or "-"
        fail(
            f"{where_zh}没有规则 {rule}. 现有: {names}",
            f"there is no rule {rule}{where_en}. In force: {names}",
            lang,
        )


def history_of(settings: "GatewaySettings", state: Path, file: Path | None, since: int, until: int) -> "History":
    """Return the history in the agent's buffer between two times (µs)."""
    from edge_agent.buffer.history import History

    return History(buffer_file(settings, state, file), since, until)


def buffer_file(settings: "GatewaySettings", state: Path, file: Path | None) -> Path:
    """Return where the buffer lies: as named, as the configuration says, or in the state folder. Where there is none
    the command ends.
    """
    from edge_agent.buffer_cli.opened import look_for

    path = file or (Path(settings.buffer.path) if settings.buffer.path else state / "buffer.db")
    look_for(path)
    return path


def unreadable(path: Path, error: sqlite3.Error, lang: Lang) -> NoReturn:
    """End the command: the buffer cannot be read."""
    from edge_agent.buffer_cli.opened import explained

    fail(f"读不到缓存 {path}: {explained(error)}", f"cannot read the buffer {path}: {explained(error)}", lang)


def span_of(text: str, lang: Lang) -> int:
    """Return a length of time in µs; where ``text`` is none the command ends."""
    from config.duration import parse_duration

    try:
        return round(parse_duration(text) * 1_000_000)
    except ValueError:
        fail(f"不是时长: {text} (写成 90s、10m、2h、7d)", f"not a duration: {text} (write 90s, 10m, 2h, 7d)", lang)


def now_us() -> int:
    """Return the time (µs)."""
    return time.time_ns() // 1000


class Times:
    """Times as people at the site read them."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def show(self, at: int) -> str:
        """Return a time (µs) with its date; a dash for none."""
        return f"{datetime.fromtimestamp(at / 1_000_000, self._zone):%Y-%m-%d %H:%M:%S}" if at else "-"

    def read(self, text: str) -> int:
        """Return the time (µs) that ``text`` (ISO 8601) says; ``ValueError`` for anything else."""
        found = datetime.fromisoformat(text)
        return round((found if found.tzinfo else found.replace(tzinfo=self._zone)).timestamp() * 1_000_000)


def lasted(us: int) -> str:
    """Return a length of time with its two largest units: ``1h 12m``."""
    seconds = max(0, round(us / 1_000_000))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        if seconds >= size or (unit == "s" and not parts):
            parts.append(f"{seconds // size}{unit}")
            seconds %= size
        elif parts:
            parts.append("")
    return " ".join(part for part in parts[:2] if part)
