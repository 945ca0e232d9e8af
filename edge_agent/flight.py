"""The flight recorder: what went over a line in the minutes before something went wrong, kept for later."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.api import Frame, Lang, Records
from runtime.clock import Clock
from runtime.logs import get_logger

FRAMES: Final = "frames"
"""The folder in the agent's state folder."""

KEPT_FILES: Final = 20
EVERY_S: Final = 600.0
"""How often the frames of one bus are saved at most."""

_SUFFIX: Final = ".jsonl.gz"
_LANGS: Final[tuple[Lang, Lang]] = ("zh", "en")

_log = get_logger("flight")


@dataclass(frozen=True, slots=True)
class Flight:
    """Frames of one ``bus``, saved ``at`` (µs) because of ``device`` and ``what`` happened to it."""

    bus: str
    device: str
    what: str
    at: int
    frames: tuple[Frame, ...]


class FlightRecorder:
    """Saves the frames of a bus where a device goes offline or a point turns bad: the newest 20 files in ``folder``.

    ``incident`` may be called from anywhere in the event loop and costs nothing; ``run`` writes, on another thread.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._next: dict[str, float] = {}
        self._waiting: list[tuple[Records, str, str, str]] = []
        self._woken = asyncio.Event()

    def incident(self, bus: str, driver: object, device: str, what: str) -> None:
        """Have the frames of ``bus`` saved, unless its ``driver`` keeps none or they were saved a short while ago."""
        now = self._clock.monotonic()
        if not isinstance(driver, Records) or now < self._next.get(bus, now):
            return
        self._next[bus] = now + EVERY_S
        self._waiting.append((driver, bus, device, what))
        self._woken.set()

    async def run(self) -> None:
        """Save what there is to save, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            waiting, self._waiting = self._waiting, []
            for driver, bus, device, what in waiting:
                try:
                    path = await asyncio.to_thread(self._save, driver, bus, device, what)
                except OSError as error:
                    _log.warning("frames_not_saved", bus=bus, error=error.strerror or str(error))
                else:
                    if path is not None:
                        _log.info("frames_saved", bus=bus, device=device, file=path.name)

    def _save(self, driver: Records, bus: str, device: str, what: str) -> Path | None:
        import gzip  # its memory is only wanted where something went wrong

        at = self._clock.now()
        head = {"bus": bus, "device": device, "what": what, "at": at}
        rows = [
            {"at": zh.at, "sent": zh.sent, "data": zh.data.hex(" ").upper(), "zh": zh.note, "en": en.note}
            for zh, en in zip(*(driver.frames(at - round(EVERY_S * 1e6), lang) for lang in _LANGS), strict=False)
        ]
        if not rows:
            return None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at / 1e6))
        path = self._folder / f"{bus}-{stamp}{_SUFFIX}"
        fresh = path.with_suffix(".part")
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (head, *rows))
        fresh.write_bytes(gzip.compress(text.encode(), 6, mtime=0))
        os.replace(fresh, path)
        for old in saved(self._folder)[KEPT_FILES:]:
            old.unlink(missing_ok=True)
        return path


def saved(folder: Path, bus: str = "") -> list[Path]:
    """Return the files in ``folder`` (of ``bus`` only), newest first; none where there is no folder."""
    found = [path for path in folder.glob(f"*{_SUFFIX}") if not bus or path.name.rsplit("-", 1)[0] == bus]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)


def read(path: Path, lang: Lang) -> Flight:
    """Return what is in a saved file; ``OSError`` or ``ValueError`` if that cannot be read."""
    import gzip

    try:
        head, *rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        frames = tuple(Frame(row["at"], row["sent"], bytes.fromhex(row["data"]), row[lang]) for row in rows)
        return Flight(head["bus"], head["device"], head["what"], head["at"], frames)
    except (EOFError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is no file of frames: {error!r}") from error


def as_rows(frames: Sequence[Frame]) -> list[list[object]]:
    """Return frames as the local page tells them: time in µs, whether sent, hexadecimal bytes, meaning."""
    return [[frame.at, frame.sent, frame.data.hex(" ").upper(), frame.note] for frame in frames]
