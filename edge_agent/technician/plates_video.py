"""Has a video's plates watched for a while, prints each as it is read, and keeps pictures with them marked."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import typer

from drivers.api import DriverError, Glimpse, TechnicianMustAct, WatchesPlates
from edge_agent.technician.plates_page import Lang, passage_line, read_line
from runtime.clock import Clock

PASSWORD: Final = "LINLI_CAMERA_PASSWORD"  # noqa: S105 - the name of where it is
MOST: Final = 500
"""So many pictures are kept; a camera that is watched over night must not fill the disk."""


def is_video(path: str) -> bool:
    """Tell whether a video is named, not a file."""
    return path.lower().startswith(("rtsp://", "rtsps://"))


@dataclass(frozen=True, slots=True)
class Door:
    """A video's address without its password, and the password, which is shown nowhere. ``exposed``: it was given on
    the command line, where every program of the machine can read it.
    """

    address: str
    password: str = field(repr=False)
    exposed: bool = False


def door(address: str, file: Path | None, ask: Callable[[], str]) -> Door:
    """Return how to get in: the password is in ``file``, in the environment, in the address, or is asked for.

    ``ValueError`` for what is no address, ``OSError`` for a file that cannot be read. Without a user none is needed.
    """
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    user, _, within = parts.netloc.rpartition("@")[0].partition(":")
    if not parts.hostname or parts.port == 0:
        raise ValueError("no host")
    shown = parts._replace(netloc=f"{user}@{place}" if user else place).geturl()
    if not user:
        return Door(shown, "")
    if file is not None:
        return Door(shown, file.read_text("utf-8").strip(), bool(within))
    password = os.environ.get(PASSWORD, "") or unquote(within) or ask()
    return Door(shown, password, bool(within))


@dataclass
class Watch:
    """What was seen so far. ``error`` is what a technician has to mend, and ends it."""

    out: Path | None
    lang: Lang
    read: int = 0
    kept: int = 0
    error: DriverError | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    said: str = ""

    def see(self, glimpse: Glimpse) -> None:
        """Print what was read, and keep its picture."""
        moment = datetime.fromtimestamp(glimpse.at / 1_000_000).astimezone()
        for read in glimpse.reads:
            typer.echo(read_line(moment, read, self.lang))
        for passage in glimpse.passages:
            typer.echo(passage_line(moment, passage, self.lang))
        self.read += len(glimpse.reads)
        self.said = ""
        if glimpse.marked and self.out is not None and self.kept < MOST:
            self.kept += 1
            (self.out / f"{moment:%Y%m%d-%H%M%S}-{self.kept:03}.plates.jpg").write_bytes(glimpse.marked)

    def gone(self, error: DriverError) -> None:
        """Say once why there is no video; end where waiting mends nothing."""
        if isinstance(error, TechnicianMustAct):
            self.error = error
            self.ended.set()
        elif str(error) != self.said:
            self.said = str(error)
            typer.echo(f"{'没有画面, 再试' if self.lang == 'zh' else 'no video, trying again'}: {error}", err=True)


async def follow(watches: WatchesPlates, way: Door, clock: Clock, watch: Watch, home: str, seconds: float) -> None:
    """Watch for ``seconds`` (0: until cancelled), or until something has to be mended first."""
    task = asyncio.create_task(watches(way.address, way.password, clock, watch.see, watch.gone, home=home))
    ended = asyncio.create_task(watch.ended.wait())
    try:
        done, _ = await asyncio.wait({task, ended}, timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            task.result()
    finally:
        for each in (task, ended):
            each.cancel()
        await asyncio.gather(task, ended, return_exceptions=True)


def show(watches: WatchesPlates, way: Door, clock: Clock, watch: Watch, home: str, seconds: float) -> None:
    """Do that until the technician has seen enough (Ctrl-C)."""
    if watch.out is not None:
        watch.out.mkdir(parents=True, exist_ok=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(follow(watches, way, clock, watch, home, seconds))
