"""The gateway's side of an outage: makes the backlog in simulated time, then drains it by the real uplink.

Run as ``python -m bench.storage.outage STATE URL SECONDS LIMIT_S``: ``STATE`` holds an enrolled identity, ``URL`` is
the way to its collector, the outage lasted ``SECONDS``. Prints a JSON line when the backlog is made and another when it
is drained, or after ``LIMIT_S``. The site goes on measuring while it drains, and alarms go up beside it.
"""

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.storage.edge import linked, marks, settled, until
from bench.storage.site import PER_SECOND, batches
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.identity_file import FILE_NAME, Identity, load_identity
from runtime.clock import SystemClock
from runtime.testing import FakeClock
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Lane

ALARM_S = 2.0
_FLUSH_S = 5
_LOOK_S = 0.005
_LIVE_CHUNKS = 2  # of what is measured just now: no backlog any more
_SETTINGS = BufferSettings(keep_free_bytes=0)


async def make_backlog(path: Path, seconds: int) -> int:
    """Store what the site said in the last ``seconds`` as the agent would have; return how many readings."""
    clock = FakeClock(time.time_ns() // 1000 - (seconds + _FLUSH_S) * 1_000_000)
    buffer = await Buffer.open(path, clock, _SETTINGS, clock_mark=marks(clock))
    began_at = clock.now()
    for second in range(0, seconds, _FLUSH_S):
        await clock.advance(_FLUSH_S)
        for batch in batches(second, _FLUSH_S, began_at):
            await buffer.put(batch)
        await buffer.flush()
    await buffer.close()
    return seconds * PER_SECOND


class Return:
    """The network is back: what is owed drains, while ``measuring`` and ``alarms`` go on."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self.live = 0
        self.waits: list[float] = []

    async def measuring(self) -> None:
        """Put what the site says, second by second; endless."""
        second, began_at = 0, time.time_ns() // 1000
        while True:
            for batch in batches(second, 1, began_at):
                await self._buffer.put(batch)
            self.live += PER_SECOND
            second += 1
            await asyncio.sleep(1.0)

    async def alarms(self) -> None:
        """Put an alarm every ``ALARM_S`` and note how long it took until the collector's receipt; endless."""
        number = 0
        while True:
            await asyncio.sleep(ALARM_S)
            began, now = time.monotonic(), time.time_ns() // 1000
            number += 1
            state = AlertState.RAISED if number % 2 else AlertState.CLEARED
            name = f"bench-{(number + 1) // 2}"
            await self._buffer.put_now(alerts=[AlertChange(name, "bench", "meter-0", state, Level.ORANGE, now, now)])
            await until(lambda: not self._buffer.stats.lanes[Lane.ALARM], _LOOK_S)
            self.waits.append(time.monotonic() - began)


async def drain(path: Path, identity: Identity, backlog: int, limit_s: float) -> dict[str, object]:
    """Drain the buffer at ``path``; return seconds, readings, the waits of alarms and what is owed in the end."""
    clock = SystemClock()
    buffer = await Buffer.open(path, clock, _SETTINGS, clock_mark=marks(clock))
    back = Return(buffer)
    began = time.monotonic()
    async with linked(buffer, identity):
        tasks = [asyncio.ensure_future(back.measuring()), asyncio.ensure_future(back.alarms())]
        await until(lambda: buffer.stats.pending_chunks <= _LIVE_CHUNKS, 0.05, limit_s)
        took_s, owed, waits = time.monotonic() - began, buffer.stats.pending, sorted(back.waits)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await buffer.flush()
        await settled(buffer, 0.05, 20.0)
    stats = buffer.stats
    await buffer.close()
    drained = backlog + back.live - owed
    return {"took_s": took_s, "drained": drained, "waits": waits, "produced": stats.produced, "pending": stats.pending}


async def _main(state: Path, url: str, seconds: int, limit_s: float) -> None:
    identity = load_identity(state / FILE_NAME)
    if identity is None:
        raise SystemExit(f"{state} holds no identity")
    path = state / "buffer.db"
    backlog = await make_backlog(path, seconds)
    print(json.dumps({"backlog": backlog, "bytes": path.stat().st_size}), flush=True)
    print(json.dumps(await drain(path, replace(identity, url=url), backlog, limit_s)), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
