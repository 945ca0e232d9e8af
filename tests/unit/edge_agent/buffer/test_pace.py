"""When readings are committed: as set, wider when the card is to be spared, and with the account of what was missed."""

from pathlib import Path

import pytest

from edge_agent.buffer import Buffer
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, alert, batch, contents, opened, pass_time, running
from wire.chunk import ClockMark, Missed

HOUR = T0 // 3_600_000_000 * 3_600_000_000


class Ledger:
    """An account in a test's hands: every call takes away what is there."""

    def __init__(self, buffer: Buffer) -> None:
        self.lines: list[Missed] = []
        buffer.account = self.take

    def take(self, mark: ClockMark) -> tuple[tuple[Missed, ...], dict[str, bytes]]:
        told, self.lines = tuple(self.lines), []
        return told, {}


async def test_a_wider_interval_commits_less_often_and_alarms_at_once_still(tmp_path: Path) -> None:
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock, flush_readings=10) as buffer, running(buffer):
        buffer.widen(20.0)
        for _ in range(15):
            await buffer.put(batch(clock.now(), 2))
            await pass_time(clock, buffer, 1)
        assert await contents(buffer) == []
        assert await buffer.put_now(alerts=[alert(1)])
        assert len(await contents(buffer)) == 1
        await pass_time(clock, buffer, 6)
        assert sum(len(content.batches) for content in await contents(buffer)) == 15


@pytest.mark.parametrize(("asked", "got"), [(0.1, 5.0), (7.5, 7.5), (3600.0, 60.0)])
async def test_the_interval_stays_between_what_is_set_and_a_minute(tmp_path: Path, asked: float, got: float) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        buffer.widen(asked)
        assert (buffer._flush_s, buffer._flush_readings) == (got, round(100 * got))


async def test_the_account_travels_with_the_readings_it_belongs_to(tmp_path: Path) -> None:
    line = Missed("bin-1", HOUR, ("p",), "no_answer", 3)
    async with opened(tmp_path / "buffer.db") as buffer:
        ledger = Ledger(buffer)
        ledger.lines.append(line)
        await buffer.put_now(alerts=[alert(1)])
        await buffer.put(batch(T0))
        await buffer.flush()
        alarm, history = await contents(buffer)
        assert (alarm.missed, history.missed, history.batches) == ((), (line,), (batch(T0),))


async def test_an_account_that_no_reading_takes_along_is_stored_by_itself(tmp_path: Path) -> None:
    line = Missed("bin-1", HOUR, ("p",), "offline", 60)
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        ledger = Ledger(buffer)
        async with running(buffer):
            ledger.lines.append(line)
            await pass_time(clock, buffer, 75)
            (found,) = await contents(buffer)
            assert (found.missed, found.batches, found.clock.wall >= T0 + 60_000_000) == ((line,), (), True)
        ledger.lines.append(line)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        assert [content.missed for content in await contents(buffer)] == [(line,), (line,)]


async def test_a_last_flush_takes_the_account_along_so_that_it_can_still_be_sent(tmp_path: Path) -> None:
    line = Missed("bin-1", HOUR, ("p",), "no_answer", 3)
    async with opened(tmp_path / "buffer.db") as buffer:
        ledger = Ledger(buffer)
        ledger.lines.append(line)
        await buffer.flush()
        assert await contents(buffer) == []
        await buffer.flush(account=True)
        assert [content.missed for content in await contents(buffer)] == [(line,)]
        assert buffer.stats.pending == 1
