"""The gateway on one pretend line: the agent's own site, rules and durable buffer, watched from within.

Run as ``python -m bench.modbus.gateway FOLDER LINK CASE``: answers each line on standard input with one
JSON line, and ends with its input. Times are monotonic seconds.
"""

import asyncio
import dataclasses
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.modbus.cases import BAUD, BUS, CASES, GATEWAY, REGISTERS, Case, line_plan
from bench.modbus.priority import GATEWAY as RANK
from bench.modbus.priority import before_others
from config.settings import BufferSettings
from drivers.api import DriverError, Executes, Records
from edge_agent.buffer import Buffer
from edge_agent.flight import FRAMES, FlightRecorder
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import SystemClock
from runtime.logs import configure
from wire.event import Event
from wire.reading import Batch, Quality

SETTLE_S = 4.0
"""So long after its start the gateway is not measured."""

_WRITE_S = (0.15, 0.45)


@dataclass
class Seen:
    """What reached the buffer: ``readings`` (when, device) of batches with a good value, ``doors`` (when, which, open),
    ``writes``: when a write was asked for, its value, and when it was acknowledged (0: never).
    """

    readings: list[tuple[float, str]] = field(default_factory=list)
    doors: list[tuple[float, str, bool]] = field(default_factory=list)
    writes: list[tuple[float, int, float]] = field(default_factory=list)


class WatchedBuffer(Buffer):
    """A buffer that notes what is put into it."""

    seen: Seen

    async def put(self, item: Batch | Event) -> None:
        if isinstance(item, Batch):
            self._look_at(item)
        await super().put(item)

    def _look_at(self, batch: Batch) -> None:
        if any(quality < Quality.BAD for quality in batch.quality or (0,)):
            self.seen.readings.append((time.monotonic(), batch.device))
        if "door_state" in batch.points:
            state = batch.values[batch.points.index("door_state")]
            self.seen.doors.append((time.monotonic(), batch.device, state == "open"))


async def watch(folder: Path, link: str, case: Case) -> None:
    """Run the gateway until the end of standard input; answer each line of it with what was seen so far."""
    clock = Timekeeper(SystemClock(), synced=lambda: True)
    settings = BufferSettings(keep_free_bytes=0)
    buffer = await WatchedBuffer.open(folder / "buffer.db", clock, settings, clock_mark=clock.mark)
    seen = buffer.seen = Seen()
    recorder = FlightRecorder(folder / FRAMES, clock)
    current = CurrentSite(line_plan(case, link), GATEWAY, buffer, clock, recorder=recorder)
    await current.remember()
    tasks = [asyncio.ensure_future(job) for job in (current.run(), buffer.run(), recorder.run())]
    if case.writes:
        tasks.append(asyncio.ensure_future(_write(current, case, seen)))
    loop = asyncio.get_running_loop()
    await asyncio.sleep(SETTLE_S / 2)
    begun = len(asyncio.all_tasks())
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps({**dataclasses.asdict(seen), "tasks_begun": begun, **_told(current)}), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await buffer.close()


def _told(current: CurrentSite) -> dict[str, object]:
    """Return what the gateway itself reports of the line: the pace it keeps, the slots it passed over."""
    bus = current.site.buses[BUS]
    kept = bus.pace.kept(time.monotonic())
    return {
        "cpu_s": time.process_time(),
        "missed": bus.missed,
        "measured_s": 0.0 if kept is None else kept.measured_s,
        "load": 0.0 if kept is None else kept.load,
        "planned_load": current.site.planned_load[BUS],
        "tasks": len(asyncio.all_tasks()),
        "silence_ms": _silence_ms(bus.driver),
    }


def _silence_ms(driver: object) -> float:
    """Return the median silence between an answer and the next request, from the flight recorder."""
    frames = driver.frames() if isinstance(driver, Records) else ()
    after = (1000 * (len(answer.data) - 1) * 10 / BAUD for answer in frames)  # an answer is dated by its first byte
    pairs = zip(frames, frames[1:], after, strict=False)
    found = sorted((ask.at - answer.at) / 1000 - took for answer, ask, took in pairs if ask.sent and not answer.sent)
    return found[len(found) // 2] if found else 0.0


async def _write(current: CurrentSite, case: Case, seen: Seen) -> None:
    """Write a register at moments that no period divides; endless."""
    dice, number = random.Random(11), 0
    bank = next(member.id for member in case.members if member.kind in REGISTERS)
    while True:
        await asyncio.sleep(dice.uniform(*_WRITE_S))
        driver = current.driver_of(bank)
        if not isinstance(driver, Executes) or not current.is_online(bank):
            continue
        number += 1
        asked, acknowledged = time.monotonic(), 0.0
        try:
            await driver.execute(bank, "set", {"value": number})
            acknowledged = time.monotonic()
        except DriverError:
            pass
        seen.writes.append((asked, number, acknowledged))


if __name__ == "__main__":
    _folder, _link, _case = sys.argv[1:]
    before_others(RANK)
    configure("console", "error")
    asyncio.run(watch(Path(_folder), _link, CASES[_case]))
