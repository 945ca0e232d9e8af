"""While the disk refuses, is gone or is damaged: alarms still leave, memory stays small, and nobody is lied to."""

import shutil
from pathlib import Path

import pytest

from edge_agent.buffer import BufferInUse, BufferState
from tests.unit.edge_agent.buffer.making import (
    T0,
    alert,
    batch,
    contents,
    files_no_larger_than,
    opened,
    reading_times,
    receipt,
)
from wire.chunk import Lane
from wire.receipt import Fate


async def test_in_memory_the_limit_is_the_boxs_and_not_the_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.writer.HELD_BYTES", 20_000)
    (tmp_path / "file").write_text("not a folder")
    async with opened(tmp_path / "file" / "buffer.db") as buffer:
        for i in range(100):
            await buffer.put(batch(T0 + i, 100))
            await buffer.flush()
        kept = len(await reading_times(buffer))
        assert 0 < kept < 100
        assert buffer.stats.dropped == (100 - kept) * 100
        assert buffer.stats.state is BufferState.REFUSED


async def test_what_the_disk_refuses_is_sent_from_memory_and_never_doubled_on_disk(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        assert await buffer.flush()
        with files_no_larger_than(4096):
            for number in range(3):
                await buffer.put_now(alerts=[alert(number)], rules_state=b"newest")
            buffer.stored.clear()
            await buffer.put(batch(T0 + 1))
            await buffer.flush()
            assert buffer.stored.is_set()
            first, second = await buffer.peek(1 << 20, 2)
            assert (first.lane, first.journal) == (Lane.ALARM, second.journal) != (Lane.ALARM, buffer.journal)
            assert await buffer.peek(1 << 20, 2) == [first, second]
            assert await buffer.settle([receipt(first)]) == 1
        assert not await buffer.flush()
        assert (buffer.stats.state, buffer.stats.held) == (BufferState.VOLATILE, 1)
        found = await buffer.peek(1 << 20, 100)
        assert {chunk.journal for chunk in found} == {buffer.journal, second.journal}
        assert [change.alert for content in await contents(buffer) for change in content.alerts] == ["a-2", "a-1"]
        assert await reading_times(buffer) == [T0, T0 + 1]
        assert await buffer.settle([receipt(chunk) for chunk in found]) == len(found) == 4
        assert await buffer.flush()
        assert (buffer.stats.state, buffer.stats.pending) == (BufferState.DURABLE, 0)
        assert await buffer.rules_state() == b"newest"


async def test_what_is_rejected_before_it_was_ever_on_disk_is_told_as_a_gap(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        with files_no_larger_than(4096):
            await buffer.put_now(alerts=[alert(1)])
            (chunk,) = await buffer.peek(1 << 20, 100)
            assert await buffer.settle([receipt(chunk, Fate.KEEP)]) == 0
            assert await buffer.settle([receipt(chunk, Fate.REJECTED, "malformed")]) == 1
        assert await buffer.flush()
        gaps = [(gap.count, gap.reason) for content in await contents(buffer) for gap in content.gaps]
        assert gaps == [(1, "rejected")]


async def test_alarms_that_wait_for_the_disk_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.buffer.writer.HELD_BYTES", 5000)
    async with opened(tmp_path / "buffer.db") as buffer:
        with files_no_larger_than(4096):
            await buffer.put(batch(T0))
            await buffer.flush()
            for number in range(100):
                await buffer.put_now(alerts=[alert(number)], rules_state=b"x" * 1000)
        assert await buffer.flush()
        found = await contents(buffer)
        kept = [change.alert for content in found for change in content.alerts]
        assert kept[-1] == "a-99"
        assert len(kept) + buffer.stats.dropped == 101
        assert [batch for content in found for batch in content.batches] == []


async def test_a_file_deleted_under_the_agent_is_put_back_whole(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    async with opened(folder / "buffer.db") as buffer:
        journal = buffer.journal
        await buffer.put(batch(T0))
        assert await buffer.flush()
        for times in (1, 2):
            if times == 1:
                shutil.rmtree(folder)
            else:
                (folder / "buffer.db").unlink()
            await buffer.put(batch(T0 + times))
            assert await buffer.flush()
        told = buffer.stats.damage
        assert told is not None
        assert (told.why, told.saved, told.lost, told.done) == ("the file was deleted while in use", 2, 0, True)
        with pytest.raises(BufferInUse):
            async with opened(folder / "buffer.db"):
                pass
    async with opened(folder / "buffer.db") as buffer:
        assert buffer.journal == journal
        assert await reading_times(buffer) == [T0, T0 + 1, T0 + 2]
    assert (folder / "buffer.db").stat().st_mode & 0o777 == 0o600


async def test_a_file_put_in_the_buffers_place_is_kept_aside_and_ours_put_back(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        path.unlink()
        path.write_bytes(b"somebody's")
        await buffer.put(batch(T0))
        assert await buffer.flush()
        assert await reading_times(buffer) == [T0]
        assert buffer.stats.damage is not None
    assert (tmp_path / "buffer.db.damaged-1").read_bytes() == b"somebody's"
    async with opened(path) as buffer:
        assert await reading_times(buffer) == [T0]


async def test_damage_that_turns_out_while_running_costs_what_was_hit_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        for i in range(200):
            await buffer.put(batch(T0 + i, 200))
            await buffer.flush()
        await buffer.put_now(rules_state=b"remembered")
    whole = path.read_bytes()
    third = len(whole) // 3 // 4096 * 4096
    path.write_bytes(whole[:third] + b"\xa5" * third + whole[2 * third :])
    async with opened(path) as buffer:
        journal = buffer.journal
        await buffer.peek(1 << 30, 1 << 30)
        await buffer.put(batch(T0 + 1000))
        assert await buffer.flush()
        assert buffer.journal == journal
        found = await contents(buffer)
        gaps = [(gap.count, gap.reason) for content in found for gap in content.gaps]
        kept = [batch for content in found for batch in content.batches]
        assert kept[-1].at == T0 + 1000
        assert gaps == [((200 - len(kept) + 1) * 200, "buffer_damaged")]
        assert 100 < len(kept) < 150
        assert (buffer.stats.state, await buffer.rules_state()) == (BufferState.DURABLE, b"remembered")
