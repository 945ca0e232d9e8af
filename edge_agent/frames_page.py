"""What `edge-agent frames` prints: the bytes of a line and what they mean, from the running agent or a file."""

import json
import time
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

from drivers.api import Frame, Lang
from edge_agent.flight import read, saved

_TIMEOUT_S = 10.0


class NoFramesError(Exception):
    """There is nothing to show; the text says why and what to do, in the language that was asked for."""


def listed(folder: Path, lang: Lang) -> str:
    """Return a line for each saved file, newest first."""
    lines = []
    for path in saved(folder):
        try:
            flight = read(path, lang)
        except (OSError, ValueError) as error:
            lines.append(f"{path.name}: {error}")
        else:
            lines.append(f"{_moment(flight.at)}  {flight.bus}  {flight.device}  {flight.what}  ({len(flight.frames)})")
    return "\n".join(lines) or _said("没有保存的报文", "no frames are saved", lang)


def kept(folder: Path, bus: str, lang: Lang) -> str:
    """Return the newest saved frames of ``bus``; ``NoFramesError`` if there are none."""
    files = saved(folder, bus)
    if not files:
        raise NoFramesError(_said(f"{bus} 没有保存的报文", f"no frames of {bus} are saved", lang))
    try:
        flight = read(files[0], lang)
    except (OSError, ValueError) as error:
        zh, en = f"读不了 {files[0]}: {error}", f"{files[0]} cannot be read: {error}"
        raise NoFramesError(_said(zh, en, lang)) from error
    return "\n".join((f"# {_moment(flight.at)}  {flight.device}: {flight.what}", *_lines(flight.frames)))


def live(url: str, bus: str, lang: Lang) -> str:
    """Return what the agent at ``url`` has of ``bus``; ``NoFramesError`` if it has nothing or does not answer."""
    try:
        with urlopen(f"{url.rstrip('/')}/frames/{quote(bus)}?lang={lang}", timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the technician's own word
            rows = json.load(answer)
            frames = [Frame(at, sent, bytes.fromhex(data), note) for at, sent, data, note in rows]
    except HTTPError as error:
        error.close()
        if error.code == 404:
            zh, en = f"没有总线 {bus}, 或它不留报文", f"there is no bus {bus}, or it keeps no frames"
        else:
            zh, en = f"网关不给看: {error}", f"the gateway does not show them: {error}"
        raise NoFramesError(_said(zh, en, lang)) from error
    except (OSError, HTTPException, ValueError, TypeError) as error:
        zh = f"网关没有应答 {url}: {error}\n已保存的报文请加 --saved"
        en = f"No gateway answers at {url}: {error}\n--saved shows what is saved"
        raise NoFramesError(_said(zh, en, lang)) from error
    return "\n".join(_lines(frames))


def _lines(frames: Sequence[Frame]) -> list[str]:
    return [f"{_moment(one.at)} {'→' if one.sent else '←'} {one.data.hex(' ').upper()}  {one.note}" for one in frames]


def _moment(at: int) -> str:
    """Return a time as this box shows it, with milliseconds."""
    return time.strftime("%m-%d %H:%M:%S", time.localtime(at / 1e6)) + f".{at // 1000 % 1000:03}"


def _said(zh: str, en: str, lang: Lang) -> str:
    return zh if lang == "zh" else en
