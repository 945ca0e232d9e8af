"""Sends readings through a buffer and its uplink to the sink and counts what that cost this process's processor.

Run as ``python -m bench.storage.through FOLDER PORT READINGS``: prints one JSON line, processor microseconds per
reading of every case. Batches are made beforehand: a driver makes them, not the buffer.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.storage.edge import UPLOADS, Watched, known_to_the_sink, linked
from bench.storage.site import DEVICES, POINTS, batches
from config.settings import BufferSettings
from edge_agent.identity_file import Identity
from runtime.clock import SystemClock
from wire.reading import Batch

CHUNK = 500
LIVE_CHUNK = 200
"""What 5 s bring at 40 a second."""

Case = Callable[[Watched, Identity, list[Batch]], Awaitable[dict[str, float]]]


async def measure(folder: Path, port: int, readings: int) -> dict[str, float]:
    """Return µs per reading by case."""
    began_at = time.time_ns() // 1000 - readings // 40 * 1_000_000
    made = list(batches(0, readings // (DEVICES * POINTS), began_at))
    found: dict[str, float] = {}
    cases: list[tuple[Case, int]] = [(_flowing, 1), (_first_stored_then_sent, 1), (_each_alone, 5), (_live, 10)]
    for number, (case, part) in enumerate(cases):
        buffer = await Watched.open(folder / f"case-{number}.db", SystemClock(), BufferSettings(keep_free_bytes=0))
        found |= await case(buffer, known_to_the_sink(port), made[: len(made) // part])
        await buffer.close()
    return found


async def _flowing(buffer: Watched, identity: Identity, made: list[Batch]) -> dict[str, float]:
    async with linked(buffer, identity, UPLOADS):
        await _warm(buffer, made)
        cpu = time.process_time()
        for batch in made:
            await buffer.put(batch)
        await buffer.flush()
        await buffer.emptied()
        return {"flowing": _each(cpu, made)}


async def _first_stored_then_sent(buffer: Watched, identity: Identity, made: list[Batch]) -> dict[str, float]:
    async with linked(buffer, identity, UPLOADS):
        await _warm(buffer, made)
    cpu = time.process_time()
    for batch in made:
        await buffer.put(batch)
    await buffer.flush()
    stored = _each(cpu, made)
    cpu = time.process_time()
    async with linked(buffer, identity, UPLOADS):
        await buffer.emptied()
    return {"stored": stored, "drained": _each(cpu, made)}


async def _each_alone(buffer: Watched, identity: Identity, made: list[Batch]) -> dict[str, float]:
    return {"chunks alone": await _one_by_one(buffer, identity, made, CHUNK)}


async def _live(buffer: Watched, identity: Identity, made: list[Batch]) -> dict[str, float]:
    return {"live": await _one_by_one(buffer, identity, made, LIVE_CHUNK)}


async def _one_by_one(buffer: Watched, identity: Identity, made: list[Batch], readings: int) -> float:
    """Every chunk has its own commit, upload and receipt before the next one begins, as at a site without a backlog."""
    size = readings // POINTS
    async with linked(buffer, identity, UPLOADS):
        await _warm(buffer, made)
        cpu = time.process_time()
        for start in range(0, len(made), size):
            for batch in made[start : start + size]:
                await buffer.put(batch)
            await buffer.flush()
            await buffer.emptied()
        return _each(cpu, made)


async def _warm(buffer: Watched, made: list[Batch]) -> None:
    for batch in made[:2000]:
        await buffer.put(batch)
    await buffer.flush()
    await buffer.emptied()


def _each(since: float, made: list[Batch]) -> float:
    return (time.process_time() - since) * 1e6 / (len(made) * POINTS)


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # "on one core"; the sink has the others
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
