"""What was really due and really read in a pretend community, beside what the buffer's chunks say of it."""

import asyncio
import shutil
from collections import Counter, deque
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from edge_agent.buffer import Buffer
from edge_agent.plan import DevicePlan, PointPlan, SitePlan
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from tests.unit.edge_agent.making import settings
from wire.chunk import ClockFix, ClockState, Content
from wire.codec import unseal
from wire.reading import Batch, Quality, Value

HOUR = 3_600_000_000

BEGIN_US = 1_800_000_000_000_000 - 1_800_000_000_000_000 % HOUR + HOUR - 60_000_000
"""One minute before a full hour."""

PLANS = {
    "door-1": DevicePlan(
        "door-1",
        "lan",
        (
            PointPlan("door_state", "enum", "", ("open", "closed"), 0.5, on_change=True),
            PointPlan("supply_v", "float", "V", (), 7.0, on_change=False),
        ),
    ),
    "bin-1": DevicePlan("bin-1", "lan", (PointPlan("fill_pct", "float", "%", (), 1.0, on_change=False),)),
}

Ledger = Counter[tuple[str, str, int]]
"""(device, point, hour) → how many."""

Answered = tuple[float, str, tuple[str, ...], float]
"""When it was asked (monotonic s), the device, the points it answered with, and when it answered."""


class WitnessedDriver(FakeDriver):
    """Notes every answer, and when the line was first opened (``begun``)."""

    def __init__(self, clock: Clock, truth: FakeClock, values: dict[str, dict[str, Value]]) -> None:
        super().__init__(clock, values)
        self.answers: list[Answered] = []
        self.begun = -1.0
        self._truth = truth

    async def open(self) -> None:
        self.begun = self._truth.monotonic() if self.begun < 0 else self.begun
        await super().open()

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        asked = self._truth.monotonic()
        batch = await super().poll(device, points)
        self.answers.append((asked, device, batch.points, self._truth.monotonic()))
        return batch


def due(
    plans: Iterable[DevicePlan], begin: float, end: float, answers: list[Answered], offset: int, *, over: bool = False
) -> Ledger:
    """Return what is due between two monotonic times: each point once for each whole period from ``begin`` on, in the
    hour of its answer where one was asked for before the next was due, else in its own. An answer serves one slot, the
    oldest that is open, or if none is the one that is about to be. What is open at ``end`` still is not counted, unless
    it is ``over`` with all of them. ``offset``: wall - monotonic, µs.
    """
    found: Ledger = Counter()
    for plan in plans:
        for point in plan.points:
            times = deque(
                (asked, then) for asked, device, points, then in answers if device == plan.id and point.key in points
            )
            slot = begin
            number = 0
            while slot < end or (slot == end and not over):
                after = begin + (number + 1) * point.period_s
                slack = min(0.05, 0.1 * point.period_s)
                while times and times[0][0] < slot - slack:
                    times.popleft()
                served = bool(times) and times[0][0] < after
                at = round((times.popleft()[1] if served else slot) * 1_000_000) + offset
                if served or over or after <= end:
                    found[plan.id, point.key, at // HOUR] += 1
                slot, number = after, number + 1
    return found


def told(contents: Iterable[Content]) -> tuple[Ledger, Counter[str]]:
    """Return what the chunks say was due, and how much of it was missed for which reason; clocks are put right."""
    contents = list(contents)
    fixes = {fix.boot: fix for content in contents for fix in content.fixes}
    found: Ledger = Counter()
    reasons: Counter[str] = Counter()
    for content in contents:
        delta = _delta(content, fixes)
        for batch in content.batches:
            for index, key in enumerate(batch.points):
                if not batch.quality or batch.quality[index] != Quality.OFFLINE:
                    found[batch.device, key, (batch.at + delta) // HOUR] += 1
        for line in content.missed:
            for key in line.points:
                count = -line.count if line.reason == "extra" else line.count
                found[line.device, key, (line.hour + delta) // HOUR] += count
                reasons[line.reason] += line.count
    return +found, reasons


def _delta(content: Content, fixes: dict[str, ClockFix]) -> int:
    mark = content.clock
    fix = fixes.get(mark.boot)
    return fix.offset - (mark.wall - mark.mono) if fix and mark.state is ClockState.UNSYNCED else 0


def chosen_plan(*devices: str, digest: str = "0123456789ab") -> SitePlan:
    """Return a configuration of these devices, of all by default."""
    chosen = settings(digest=digest, rules=())
    there = tuple(each for each in chosen.devices if each.id in (devices or PLANS))
    return SitePlan(replace(chosen, devices=there), {each.id: PLANS[each.id] for each in there})


class World:
    """A community on a fake clock over a buffer in ``folder``; it can be restarted, killed and booted anew."""

    def __init__(self, folder: Path, wall_us: int = BEGIN_US) -> None:
        self.folder = folder
        self.clock = FakeClock(wall_us)
        self.synced = True
        self.boot = "boot-1"
        self.values: dict[str, dict[str, Value]] = {
            "door-1": {"door_state": "closed", "supply_v": 12.0},
            "bin-1": {"fill_pct": 20.0},
        }
        self.answers: list[Answered] = []
        self.drivers: list[WitnessedDriver] = []

    @property
    def begins(self) -> list[float]:
        """When each run's slots began (monotonic s)."""
        return [driver.begun for driver in self.drivers]

    @property
    def driver(self) -> WitnessedDriver:
        return self.drivers[-1]

    def make_driver(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> WitnessedDriver:
        self.drivers.append(WitnessedDriver(clock, self.clock, self.values))
        self.driver.answers = self.answers
        return self.driver

    @asynccontextmanager
    async def running(self, plan: SitePlan | None = None) -> AsyncIterator[CurrentSite]:
        keeper = Timekeeper(self.clock, synced=lambda: self.synced, boot=self.boot)
        self.keeper = keeper
        self.buffer = await Buffer.open(self.folder / "buffer.db", keeper, clock_mark=keeper.mark)
        current = CurrentSite(plan or chosen_plan(), "gate", self.buffer, keeper, self.make_driver)
        await current.remember()
        jobs = [current.run(), self.buffer.run(), keeper.run(lambda fix: self.buffer.put_now(fixes=(fix,)))]
        started = len(self.drivers)
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            for _ in range(40):  # no time passes until the line is opened, however busy the machine is
                if len(self.drivers) > started and self.driver.begun >= 0:
                    break
                await self.buffer.alive()
                await self.clock.advance(0)
            yield current
        finally:
            for task in tasks:
                task.cancel()
            for turn in range(1000):
                await self.clock.advance(0.0 if turn < 50 else 0.25)
                await self.buffer.alive()
                if all(task.done() for task in tasks):
                    break
            await self.buffer.close()

    async def kill(self, into: Path) -> None:
        """Go on, from the next ``running``, with what a killed process would have left on the disk at this moment."""
        await self.buffer.alive()
        shutil.copytree(self.folder, into)
        self.folder = into

    async def passes(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            await self.clock.advance(0.25)
            await self.buffer.alive()
            for _ in range(3):
                await self.clock.advance(0)

    async def contents(self) -> list[Content]:
        keeper = Timekeeper(self.clock, synced=lambda: self.synced, boot=self.boot)
        buffer = await Buffer.open(self.folder / "buffer.db", keeper, clock_mark=keeper.mark)
        try:
            return [unseal(chunk) for chunk in await buffer.peek(100_000_000, 100_000)]
        finally:
            await buffer.close()

    def due(self, begin: float, end: float | None = None, *devices: str) -> Ledger:
        """Due from ``begin`` to ``end``, where all slots are over, or until now, when the last are open still."""
        offset = self.clock.now() - round(self.clock.monotonic() * 1_000_000)
        chosen = [plan for name, plan in PLANS.items() if name in (devices or PLANS)]
        until = self.clock.monotonic() if end is None else end
        return due(chosen, begin, until, self.answers, offset, over=end is not None)
