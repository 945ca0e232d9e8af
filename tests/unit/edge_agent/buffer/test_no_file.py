"""A buffer that cannot have its file works in memory, says so, tries again, and then writes everything down."""

from pathlib import Path

from edge_agent.buffer import BufferState
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import (
    T0,
    alert,
    as_after_sigkill,
    batch,
    contents,
    opened,
    pass_time,
    reading_times,
    receipt,
    running,
)


async def test_when_the_file_can_be_had_all_that_waited_is_on_disk_within_ten_seconds(tmp_path: Path) -> None:
    folder, clock = tmp_path / "state", FakeClock(T0)
    folder.write_text("in the way")
    path = folder / "buffer.db"
    async with opened(path, clock, keep_free_bytes=0) as buffer, running(buffer):
        for i in range(3):
            await buffer.put(batch(T0 + i))
            assert not await buffer.flush()
        assert not await buffer.put_now(alerts=[alert(1)], rules_state=b"held")
        assert (buffer.stats.state, buffer.stats.held) == (BufferState.VOLATILE, 4)
        folder.unlink()
        folder.mkdir()
        await pass_time(clock, buffer, 21)
        assert (buffer.stats.state, buffer.stats.held, buffer.stats.pending) == (BufferState.DURABLE, 0, 4)
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert await reading_times(survivor) == [T0, T0 + 1, T0 + 2]
        assert [change.alert for content in await contents(survivor) for change in content.alerts] == ["a-1"]
        assert await survivor.rules_state() == b"held"


async def test_what_was_sent_from_memory_is_not_written_under_another_name(tmp_path: Path) -> None:
    folder, clock = tmp_path / "state", FakeClock(T0)
    folder.write_text("in the way")
    async with opened(folder / "buffer.db", clock, keep_free_bytes=0) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        (sent,) = await buffer.peek(1 << 20, 10)
        folder.unlink()
        folder.mkdir()
        await clock.advance(10)
        await buffer.put(batch(T0 + 1))
        assert not await buffer.flush()
        assert {chunk.journal for chunk in await buffer.peek(1 << 20, 10)} == {sent.journal, buffer.journal}
        assert await buffer.settle([receipt(sent)]) == 1
        assert await buffer.flush()
        assert (await reading_times(buffer), buffer.stats.state) == ([T0 + 1], BufferState.DURABLE)
