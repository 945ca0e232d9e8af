"""Counts how many bytes of the buffer's file a reading takes while it waits for the collector.

Run as ``python -m bench.storage.stored FOLDER SECONDS``: prints one JSON line, bytes per reading by site and chunk.
"""

import asyncio
import json
import sys
from pathlib import Path

from bench.storage.edge import marks
from bench.storage.site import PER_SECOND
from bench.storage.writes import Site
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from runtime.testing import FakeClock

_CASES = (("the site, 5 s", 5, False), ("the site, 12 s", 12, False), ("the hardest, 5 s", 5, True))


async def measure(folder: Path, seconds: int) -> dict[str, float]:
    """Return bytes in pages of the file per reading, all that goes with a chunk included, by case."""
    found: dict[str, float] = {}
    for number, (name, flush_s, hardest) in enumerate(_CASES):
        clock = FakeClock()
        settings = BufferSettings(flush_s=flush_s, flush_readings=100 * PER_SECOND, keep_free_bytes=0)
        buffer = await Buffer.open(folder / f"stored-{number}.db", clock, settings, clock_mark=marks(clock))
        await Site(buffer, clock, flush_s, hardest=hardest).live(seconds, receipted=False)
        found[name] = buffer.stats.used_bytes / buffer.stats.pending
        await buffer.close()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2])))))
