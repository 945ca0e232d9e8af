"""Polls on beat while the disk under the buffer takes its time, and tells how late the event loop ever was.

Run as ``python -m bench.storage.slow_card FOLDER PORT SECONDS``, by ``slow`` with the disk's shim loaded: prints one
JSON line. The loop carries what the agent's does for storing and sending; a beat of 10 ms stands for what else is due.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.storage.edge import UPLOADS, known_to_the_sink, linked
from bench.storage.site import batches
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from runtime.clock import SystemClock
from tests.faults.disk.shim import Disk, library
from wire.alert import AlertChange, AlertState, Level

_BEAT_S = 0.01
_FLUSH_S = 1.0  # five times as often as a site's, so that few seconds tell enough
_ALARM_S = 0.5


class Beats:
    """How late each beat was, in seconds, and how long each ``put`` and each alarm's ``put_now`` took."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.puts: list[float] = []
        self.alarms: list[float] = []

    async def beat(self) -> None:
        """Note each beat's lateness; endless."""
        due = time.monotonic() + _BEAT_S
        while True:
            await asyncio.sleep(due - time.monotonic())
            now = time.monotonic()
            self.late.append(now - due)
            due = max(due + _BEAT_S, now)

    async def poll(self, buffer: Buffer) -> None:
        """Put what the site says, second by second; endless."""
        second, began_at = 0, time.time_ns() // 1000
        while True:
            for batch in batches(second, 1, began_at):
                began = time.monotonic()
                await buffer.put(batch)
                self.puts.append(time.monotonic() - began)
            second += 1
            await asyncio.sleep(1.0)

    async def alarm(self, buffer: Buffer) -> None:
        """Store an alarm every ``_ALARM_S``; endless."""
        number = 0
        while True:
            await asyncio.sleep(_ALARM_S)
            number += 1
            began, now = time.monotonic(), time.time_ns() // 1000
            change = AlertChange(f"a-{number}", "bench", "meter-0", AlertState.RAISED, Level.RED, now, now)
            await buffer.put_now(alerts=[change])
            self.alarms.append(time.monotonic() - began)


async def _measure(folder: Path, port: int, seconds: float) -> dict[str, float]:
    settings = BufferSettings(flush_s=_FLUSH_S, keep_free_bytes=0)
    buffer = await Buffer.open(folder / "buffer.db", SystemClock(), settings)
    beats = Beats()
    async with linked(buffer, known_to_the_sink(port), UPLOADS):
        await buffer.put(next(batches(0, 1, 0)))  # makes the hour of readings
        tasks = [asyncio.ensure_future(one) for one in (beats.beat(), beats.poll(buffer), beats.alarm(buffer))]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    await buffer.close()
    late = sorted(beats.late)
    return {
        "late_p99": late[len(late) * 99 // 100],
        "late_max": late[-1],
        "put_max": max(beats.puts),
        "alarm_max": max(beats.alarms),
    }


def slow(folder: Path, port: int, seconds: float, sync_ms: int) -> dict[str, float] | None:
    """Return seconds of lateness on a disk whose syncs take ``sync_ms`` longer (0 or 100), ``None`` where the shim
    cannot be built.
    """
    try:
        library()
    except (OSError, subprocess.CalledProcessError):
        return None
    folder.mkdir()
    with Disk(folder / "buffer.db", folder / "shim") as disk:
        if sync_ms:
            disk.suffer("slow")
        command = [sys.executable, "-m", "bench.storage.slow_card", str(folder), str(port), str(seconds)]
        environment = {**os.environ, **disk.environment}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        return {**found, "syncs": disk.syncs}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))))
