"""Runs the real gateway in simulated time among faults: driver, devices, pipeline, rules, account, durable buffer."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config.load import load
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.flight import FRAMES, FlightRecorder
from edge_agent.plan import SitePlan, plan_site
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from tests.soak.loop import LoopClock, SimulatedLoop
from tests.soak.oracle import Oracle
from tests.soak.weather import Weather, life
from tests.soak.witness import PORTS, Community
from wire.codec import unseal
from wire.receipt import Fate, Receipt

BEGIN_US: Final = 1_800_000_000_000_000
LOOK_S: Final = 60.0
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_CONFIGURATION = Path(__file__).parent / "gateway.yaml"


@dataclass
class Soaked:
    """What came of it. ``rss`` (bytes), ``tasks`` and ``files`` (open) were looked at ``every_s``; ``left`` are the
    names of tasks that outlived the gateway, ``digest`` tells two runs apart.
    """

    oracle: Oracle
    every_s: float
    faults: int = 0
    requests: int = 0
    rss: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    restarts: int = 0

    @property
    def digest(self) -> tuple[int, ...]:
        """Return numbers that the seed alone decides."""
        return self.oracle.readings, self.requests, self.oracle.alerts, *self.oracle.missed.values()


def soak(folder: Path, seed: int, seconds: float, every_s: float = 3600.0) -> Soaked:
    """Run for ``seconds`` of simulated time in ``folder``; the same ``seed`` gives the same run."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(_soak(folder, seed, seconds, every_s))


async def _soak(folder: Path, seed: int, seconds: float, every_s: float) -> Soaked:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    clock, plan = LoopClock(loop, BEGIN_US), _plan()
    random.seed(seed)  # what backs off draws from the module's own dice
    community = Community(clock, random.Random(f"{seed} devices"))
    weather = Weather(community, clock, random.Random(f"{seed} weather"))
    found = Soaked(Oracle(plan.devices, community.told), every_s)
    for wire in community.wires.values():
        await wire.start()
    begun = clock.monotonic()
    async with _gateway(folder, plan, clock, found) as buffer:
        stories = [weather.over(bus) for bus in PORTS] + [life(community, clock, random.Random(f"{seed} life"))]
        telling = [asyncio.ensure_future(story) for story in stories]
        while clock.monotonic() < begun + seconds:
            await clock.sleep(LOOK_S)
            await _collect(buffer, found.oracle)
            found.oracle.forget(clock.now() - round(2 * LOOK_S * 1e6), BEGIN_US, weather.spells)
            if clock.monotonic() >= begun + every_s * (len(found.rss) + 1):
                _look(found)
        for task in telling:
            task.cancel()
        await asyncio.wait(telling)
    ended = clock.monotonic()
    await _last(folder, clock, found.oracle)
    found.oracle.account(begun, ended)
    for wire in community.wires.values():
        await wire.stop()
    await clock.sleep(5.0)
    found.left = sorted(task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()})
    found.faults = sum(map(len, weather.spells.values()))
    found.requests = sum(wire.line.requests for wire in community.wires.values())
    return found


@asynccontextmanager
async def _gateway(folder: Path, plan: SitePlan, system: LoopClock, found: Soaked) -> AsyncIterator[Buffer]:
    clock = Timekeeper(system, synced=lambda: True, boot="soak")
    settings = BufferSettings(flush_s=plan.settings.buffer.flush_s, keep_free_bytes=0)
    buffer = await Buffer.open(folder / "buffer.db", clock, settings, clock_mark=clock.mark)
    recorder = FlightRecorder(folder / FRAMES, clock)
    current = CurrentSite(plan, plan.settings.site.code, buffer, clock, recorder=recorder)
    await current.remember()
    tasks = [asyncio.ensure_future(job) for job in (current.run(), buffer.run(), recorder.run())]
    try:
        yield buffer
    finally:
        found.restarts = sum(current.site.failures.values())
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.wait(tasks)
        await buffer.flush()
        await buffer.close()
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _collect(buffer: Buffer, oracle: Oracle) -> None:
    """Be the collector: take what is stored, judge it, receipt it."""
    while chunks := await buffer.peek(1 << 20, 100):
        oracle.take(map(unseal, chunks))
        await buffer.settle([Receipt(chunk.journal, chunk.lane, chunk.seq, Fate.ACCEPTED) for chunk in chunks])


async def _last(folder: Path, clock: LoopClock, oracle: Oracle) -> None:
    """Judge what the next start would find in the buffer."""
    buffer = await Buffer.open(folder / "buffer.db", clock, BufferSettings(keep_free_bytes=0))
    await _collect(buffer, oracle)
    await buffer.close()


def _look(found: Soaked) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    found.rss.append(pages * _PAGE)
    found.tasks.append(len(asyncio.all_tasks()))
    found.files.append(len(os.listdir("/proc/self/fd")))


def _plan() -> SitePlan:
    loaded = load(_CONFIGURATION)
    if loaded.settings is None:
        raise ValueError("\n".join(problem.message("en") for problem in loaded.problems))
    return plan_site(loaded.settings)
