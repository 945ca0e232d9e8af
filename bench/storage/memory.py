"""Watches this process's memory and the buffer's file while a backlog grows and while the uplink drains it.

Run as ``python -m bench.storage.memory FOLDER PORT READINGS``: prints one JSON line. The memory that counts begins when
the parts are warm: after a small backlog was stored and sent once.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from bench.account import account
from bench.storage.edge import UPLOADS, known_to_the_sink, linked, marks, settled
from bench.storage.site import PER_SECOND, batches
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.identity_file import Identity
from runtime.testing import FakeClock

_FLUSH_S = 5
_WARM_READINGS = 200_000


class Watch:
    """Samples memory: ``lowest`` and ``highest`` of all samples so far, in bytes."""

    def __init__(self) -> None:
        self.lowest = self.highest = account(os.getpid()).memory

    def look(self) -> int:
        """Take one sample, and return it."""
        memory = account(os.getpid()).memory
        self.lowest, self.highest = min(self.lowest, memory), max(self.highest, memory)
        return memory

    async def keep_looking(self) -> None:
        """Take a sample ten times a second; endless."""
        while True:
            self.look()
            await asyncio.sleep(0.1)


async def measure(folder: Path, port: int, readings: int) -> dict[str, float]:
    """Return memory and file sizes in bytes, and how long growing and draining took."""
    path, clock = folder / "buffer.db", FakeClock()
    settings = BufferSettings(keep_free_bytes=0)
    buffer = await Buffer.open(path, clock, settings, clock_mark=marks(clock))
    identity = known_to_the_sink(port)
    await _grow(buffer, clock, _WARM_READINGS)
    await _drain(buffer, identity)
    watch = Watch()
    found: dict[str, float] = {"warm": watch.look(), "file_before": _size(path)}
    began = time.monotonic()
    await _grow(buffer, clock, readings, watch)
    found |= {"grown": watch.look(), "file_grown": _size(path), "grow_s": time.monotonic() - began}
    found |= {"stored": buffer.stats.used_bytes / readings}
    began = time.monotonic()
    looking = asyncio.ensure_future(watch.keep_looking())
    await _drain(buffer, identity)
    looking.cancel()
    found |= {"drained": watch.look(), "file_drained": _size(path), "drain_s": time.monotonic() - began}
    await buffer.tend()
    found |= {"file_tended": _size(path), "lowest": watch.lowest, "highest": watch.highest}
    await buffer.close()
    return found


async def _grow(buffer: Buffer, clock: FakeClock, readings: int, watch: Watch | None = None) -> None:
    began_at = clock.now()
    for second in range(0, readings // PER_SECOND, _FLUSH_S):
        for batch in batches(second, _FLUSH_S, began_at):
            await buffer.put(batch)
        await buffer.flush()
        await clock.advance(_FLUSH_S)
        if watch is not None and second % 500 == 0:
            watch.look()


async def _drain(buffer: Buffer, identity: Identity) -> None:
    async with linked(buffer, identity, UPLOADS):
        await settled(buffer)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.suffix != ".reserve")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
