"""Counts what storing, receipting and deleting makes the disk write for each reading, at 40 readings a second.

Run as ``python -m bench.storage.writes FOLDER SECONDS FLUSH_S [--device STAT] [--real] [--keep S]``: prints one JSON
line. The steady state begins after an hour (or ``SECONDS`` if that is less) in which the log grows to its size. Time is
simulated unless ``--real``: then every commit comes when it would, and so does what the kernel writes by itself.
"""

import argparse
import asyncio
import json
import subprocess
from pathlib import Path

from bench.storage.edge import marks
from bench.storage.site import PER_SECOND, batches
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.buffer.card import written_by_this_process
from runtime.clock import Clock, SystemClock
from runtime.testing import FakeClock
from wire.receipt import Fate, Receipt

_SECTOR = 512
_WARM_S = 3600
_REAL_WARM_COMMITS = 500  # the log grows by two pages or three with each, up to four megabytes


class Site:
    """A buffer that is fed, flushed and receipted as at a site whose network works."""

    def __init__(self, buffer: Buffer, clock: Clock, flush_s: int, *, hardest: bool = False) -> None:
        self._buffer, self._clock, self._flush_s, self._hardest = buffer, clock, flush_s, hardest
        self._second, self._began_at = 0, clock.now()

    async def live(self, seconds: int, *, receipted: bool = True, real: bool = False) -> None:
        """Let so many seconds of readings come; what was sent is deleted with the next commit."""
        for _ in range(0, seconds, self._flush_s):
            for batch in batches(self._second, self._flush_s, self._began_at, hardest=self._hardest):
                await self._buffer.put(batch)
            self._second += self._flush_s
            await self._buffer.flush()
            if receipted:
                sent = await self._buffer.peek(1 << 20, 100)
                await self._buffer.settle([Receipt(c.journal, c.lane, c.seq, Fate.ACCEPTED) for c in sent])
            if real:
                await self._clock.sleep(self._flush_s)
            elif isinstance(self._clock, FakeClock):
                await self._clock.advance(self._flush_s)


async def measure(
    folder: Path, seconds: int, flush_s: int, device: Path | None, *, real: bool, keep_s: float = BufferSettings.keep_s
) -> dict[str, float]:
    """Return bytes per reading: ``process`` as the kernel charges this process, ``device`` as the device counts."""
    clock: Clock = SystemClock() if real else FakeClock()
    settings = BufferSettings(flush_s=flush_s, flush_readings=100 * PER_SECOND, keep_free_bytes=0, keep_s=keep_s)
    buffer = await Buffer.open(folder / "buffer.db", clock, settings, clock_mark=marks(clock))
    site = Site(buffer, clock, flush_s)
    await site.live(flush_s * _REAL_WARM_COMMITS if real else min(_WARM_S, seconds))
    _sync(folder)
    charged, counted, commits = written_by_this_process() or 0, _written(device), buffer.stats.commits
    await site.live(seconds, real=real)
    _sync(folder)
    readings = seconds * PER_SECOND
    found = {
        "process": ((written_by_this_process() or 0) - charged) / readings,
        "device": (_written(device) - counted) / readings,
        "commits": buffer.stats.commits - commits,
        "forecast_per_day": buffer.stats.card.per_day,
    }
    await buffer.close()
    return found


def _sync(folder: Path) -> None:
    subprocess.run(["sync", "--file-system", str(folder)], check=True)


def _written(device: Path | None) -> int:
    """Return the bytes that a block device has written; its ``stat`` counts in sectors of 512 whatever it is."""
    return 0 if device is None else int(device.read_text(encoding="ascii").split()[6]) * _SECTOR


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("folder", type=Path)
    asked.add_argument("seconds", type=int)
    asked.add_argument("flush_s", type=int)
    asked.add_argument("--device", type=Path)
    asked.add_argument("--real", action="store_true")
    asked.add_argument("--keep", type=float, default=BufferSettings.keep_s, help="seconds, 0 for not")
    told = asked.parse_args()
    measured = measure(told.folder, told.seconds, told.flush_s, told.device, real=told.real, keep_s=told.keep)
    print(json.dumps(asyncio.run(measured)))
