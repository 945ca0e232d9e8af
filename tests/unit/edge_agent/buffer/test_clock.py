"""One mark is true for all of a chunk: the open history is handed over when the clock is set or its state changes."""

from dataclasses import dataclass
from pathlib import Path

from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, batch, contents, opened
from wire.chunk import ClockFix, ClockMark, ClockState, Content

YEARS = 10 * 365 * 86_400_000_000


@dataclass
class Marks:
    """A timekeeper in a test's hands."""

    clock: FakeClock
    state: ClockState = ClockState.UNSYNCED

    def take(self) -> ClockMark:
        return ClockMark("boot-1", self.state, self.clock.now(), int(self.clock.monotonic() * 1_000_000))


def true_times(found: list[Content], offset: int) -> list[int]:
    """Return when the batches really were taken, by the rule for correcting what an unsynced clock dated."""
    return [
        batch.at + offset - (content.clock.wall - content.clock.mono) for content in found for batch in content.batches
    ]


async def test_a_step_of_the_clock_ends_the_chunk_and_every_reading_can_be_corrected(tmp_path: Path) -> None:
    clock = FakeClock(T0 - YEARS, mono=100.0)
    marks = Marks(clock)
    buffer = await Buffer.open(tmp_path / "buffer.db", clock, BufferSettings(), clock_mark=marks.take)
    for steps in (0, YEARS, -2 * YEARS, YEARS, 600_000):
        clock.step_wall(steps)
        for _ in range(3):
            await clock.advance(1)
            await buffer.put(batch(clock.now()))
    await buffer.flush()
    found = await contents(buffer)
    assert [len(content.batches) for content in found] == [3] * 5
    assert true_times(found, offset=T0 - 100_000_000) == [T0 + i * 1_000_000 for i in range(1, 16)]
    await buffer.close()


async def test_a_small_step_and_a_slow_drift_leave_the_chunk_whole(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        for _ in range(4):
            await buffer.put(batch(clock.now()))
            clock.step_wall(100_000)
        await buffer.flush()
        assert len(await contents(buffer)) == 1


async def test_the_mark_is_from_when_the_first_of_the_chunk_came(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        await clock.advance(3600)
        clock.step_wall(300_000)
        await buffer.put(batch(clock.now()))
        await buffer.flush()
        second = (await contents(buffer))[1]
        assert (second.clock.wall, second.clock.mono) == (T0 + 3_600_300_000, 3_600_000_000)


async def test_a_clock_that_becomes_right_ends_the_chunk_too(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    marks = Marks(clock)
    buffer = await Buffer.open(tmp_path / "buffer.db", clock, BufferSettings(), clock_mark=marks.take)
    for state in (ClockState.UNSYNCED, ClockState.SYNCED, ClockState.HOLDOVER):
        marks.state = state
        for _ in range(2):
            await clock.advance(2)
            await buffer.put(batch(clock.now()))
    await buffer.flush()
    states = [(content.clock.state, len(content.batches)) for content in await contents(buffer)]
    assert states == [(ClockState.UNSYNCED, 2), (ClockState.SYNCED, 2), (ClockState.HOLDOVER, 2)]
    await buffer.close()


async def test_a_poll_that_was_under_way_when_the_clock_was_set_keeps_the_mark_of_its_own_clock(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        await buffer.put(batch(T0))
        await clock.advance(1)
        taken_before = clock.now()
        clock.step_wall(YEARS)
        await buffer.put(batch(clock.now(), device="quick"))
        await clock.advance(1)
        await buffer.put(batch(taken_before, device="slow"))
        await clock.advance(120)
        await buffer.put(batch(clock.now()))
        await buffer.flush()
        found = await contents(buffer)
        devices = [(batch.device, content.clock.wall < T0 + YEARS) for content in found for batch in content.batches]
        assert sorted(devices) == [("bin-1", False), ("bin-1", True), ("quick", False), ("slow", True)]


async def test_a_clock_fix_goes_into_the_alarm_lane(tmp_path: Path) -> None:
    fix = ClockFix("boot-1", T0, 1000, 5, "ntp")
    async with opened(tmp_path / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        assert await buffer.put_now(fixes=[fix])
        assert [content.fixes for content in await contents(buffer)] == [(fix,), ()]
