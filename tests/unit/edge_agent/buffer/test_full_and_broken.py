"""Being full and being broken are ordinary states: each has a name, is told, and ends."""

import sqlite3
from pathlib import Path

import pytest

from edge_agent.buffer import BufferInUse, BufferState, NotDurable
from edge_agent.buffer.journal import Journal
from edge_agent.buffer.remembered import Sealed
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.damaging import FILES
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
from wire.chunk import ClockMark, ClockState, Content, Gap, Lane
from wire.codec import seal
from wire.reading import Batch

MARK = ClockMark("boot", ClockState.SYNCED, T0, 0)


def steps(journal: Journal, work: str) -> int:
    """Count the instructions that SQLite's machine needs: a cost that no busy computer can change."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    journal._connection.set_progress_handler(step, 1)
    if work == "peek":
        journal.peek(1 << 20, 3, ())
    elif work == "count":
        journal.pending()
        journal.oldest_at()
    else:
        content = Content(MARK, batches=(batch(T0),))
        journal.append([Sealed(seal(content, journal=journal.id, lane=Lane.HISTORY, seq=0))], T0)
    journal._connection.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize("work", ["peek", "count", "append"])
def test_the_cost_does_not_grow_with_what_is_owed(tmp_path: Path, work: str) -> None:
    journal = Journal(tmp_path / "buffer.db")
    chunk = seal(Content(MARK, batches=(batch(T0, 5),)), journal=journal.id, lane=Lane.HISTORY, seq=0)
    journal.append([Sealed(chunk)] * 10, T0)
    before = steps(journal, work)
    journal.append([Sealed(chunk)] * 20_000, T0)
    assert steps(journal, work) <= before + 20
    journal.close()


async def test_at_the_size_limit_the_oldest_history_goes_and_the_hole_is_a_record(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", max_bytes=1_000_000) as buffer:
        await buffer.put_now(alerts=[alert(1)])
        for i in range(150):
            await buffer.put(batch(T0 + i * 1000, 3000))
            await buffer.flush()
        found = await contents(buffer)
        gaps = [gap for content in found for gap in content.gaps]
        kept = [batch.at for content in found for batch in content.batches]
        assert gaps
        assert {(gap.what, gap.reason) for gap in gaps} == {("analogue", "buffer_full")}
        assert sum(gap.count for gap in gaps) + 3000 * len(kept) == 150 * 3000
        assert max(gap.end for gap in gaps) < kept[0]
        assert kept[-1] == T0 + 149 * 1000
        assert [change.alert for content in found for change in content.alerts] == ["a-1"]
        assert buffer.stats.dropped == sum(gap.count for gap in gaps)
        assert buffer.stats.used_bytes < 1_200_000
        assert buffer.stats.produced == buffer.stats.pending + buffer.stats.dropped


async def test_what_may_be_on_its_way_is_not_evicted(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", max_bytes=1_000_000) as buffer:
        await buffer.put(batch(T0, 3000))
        await buffer.flush()
        (shown,) = await buffer.peek(1, 1)
        for i in range(1, 150):
            await buffer.put(batch(T0 + i, 3000))
            await buffer.flush()
        assert buffer.stats.dropped > 0
        assert await buffer.settle([receipt(shown)]) == 1


async def test_a_full_disk_holds_in_memory_and_writes_when_there_is_room_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        assert await buffer.flush()
        with files_no_larger_than(4096):
            await buffer.put(batch(T0 + 1))
            assert not await buffer.flush()
            assert not await buffer.put_now(alerts=[alert(1)], rules_state=b"held")
            assert (buffer.stats.state, buffer.stats.held) == (BufferState.VOLATILE, 2)
            assert buffer.stats.problem
            with pytest.raises(NotDurable):
                await buffer.accept_command("c-1", "door-1")
        assert await buffer.flush()
        assert (buffer.stats.state, buffer.stats.held, buffer.stats.produced) == (BufferState.DURABLE, 0, 3)
        assert await reading_times(buffer) == [T0, T0 + 1]
        assert await buffer.rules_state() == b"held"
        assert await buffer.accept_command("c-1", "door-1")


async def test_numbers_of_what_the_disk_refused_are_neither_missed_after_a_kill_nor_given_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "killed").mkdir()
    async with opened(tmp_path / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        assert await buffer.flush()
        with files_no_larger_than(4096):
            for number in range(10):
                assert not await buffer.put_now(alerts=[alert(number)])
            left = {f"buffer.db{suffix}": (tmp_path / f"buffer.db{suffix}").read_bytes() for suffix in FILES}
        for name, data in left.items():
            (tmp_path / "killed" / name).write_bytes(data)
        assert await buffer.put_now(alerts=[alert(10)])
        (after,) = [chunk.seq for chunk in await buffer.peek(1 << 20, 1)]
    async with opened(tmp_path / "killed" / "buffer.db") as buffer:
        assert buffer.stats.damage is None
        assert await buffer.put_now(alerts=[alert(11)])
        assert [chunk.seq for chunk in await buffer.peek(1 << 20, 1)] == [after]
        assert await reading_times(buffer) == [T0]


async def test_beyond_what_memory_holds_the_oldest_is_dropped_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.writer.HELD_BYTES", 2000)
    async with opened(tmp_path / "buffer.db") as buffer:
        with files_no_larger_than(4096):
            for i in range(20):
                await buffer.put(batch(T0 + i))
                await buffer.flush()
            assert (buffer.stats.state, buffer.stats.dropped > 0) == (BufferState.REFUSED, True)
        assert await buffer.flush()
        found = await contents(buffer)
        (gap,) = found[0].gaps
        kept = [batch.at for content in found for batch in content.batches]
        lost = 20 - len(kept)
        assert gap == Gap("analogue", lost, "disk_refused", T0, kept[0] - 1, losses=gap.losses)
        assert [(loss.device, loss.point, loss.count) for loss in gap.losses] == [("bin-1", "p0", lost)]
        assert (buffer.stats.state, buffer.stats.dropped) == (BufferState.DURABLE, gap.count)


async def test_where_no_file_can_be_the_buffer_lives_in_memory_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    async with opened(tmp_path / "file" / "buffer.db") as buffer:
        await buffer.put(batch(T0))
        assert not await buffer.flush()
        assert buffer.stored.is_set()
        assert buffer.stats.state is BufferState.VOLATILE
        assert await reading_times(buffer) == [T0]
        with pytest.raises(NotDurable):
            await buffer.accept_command("c-1", "door-1")


@pytest.mark.parametrize("damage", [b"this was never a database" * 400, b"\0" * 8192])
async def test_a_damaged_file_is_moved_aside_and_the_journal_goes_on(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        journal = buffer.journal
    path.write_bytes(damage)
    async with opened(path) as buffer:
        assert buffer.journal == journal
        assert buffer.stats.state is BufferState.DURABLE
        await buffer.put(batch(T0))
        assert await buffer.flush()
    assert (tmp_path / "buffer.db.damaged-1").read_bytes() == damage


async def test_a_file_of_a_later_version_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET v = 99 WHERE k = 'schema_version'")
    connection.commit()
    connection.close()
    async with opened(path) as buffer:
        assert buffer.stats.produced == 0
    assert (tmp_path / "buffer.db.damaged-1").exists()


async def test_two_agents_never_share_a_buffer(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path):
        with pytest.raises(BufferInUse):
            async with opened(path):
                pass


async def test_the_file_is_its_owners_alone_and_can_shrink(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path):
        assert path.stat().st_mode & 0o777 == 0o600
    connection = sqlite3.connect(path)
    settings = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("auto_vacuum", "journal_mode")]
    connection.close()
    assert settings == [2, "wal"]


async def test_what_cannot_be_encoded_is_a_gap_and_its_neighbours_stay(tmp_path: Path) -> None:
    async with opened(tmp_path / "buffer.db", FakeClock(T0)) as buffer:
        await buffer.put(batch(T0))
        await buffer.put(Batch("bin-2", T0, ("p",), (2**70,)))
        await buffer.put(batch(T0 + 1))
        assert await buffer.flush()
        found = await contents(buffer)
        assert [gap for content in found for gap in content.gaps] == [Gap("entries", 1, "unencodable", T0, T0)]
        assert [batch.at for content in found for batch in content.batches] == [T0, T0 + 1]
        assert buffer.stats.state is BufferState.DURABLE
