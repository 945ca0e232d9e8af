"""Disks that are full, read-only or out of inodes, for real: small ones of the kernel's, where it lets us mount."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copyfile

import pytest

from edge_agent.buffer import BufferState
from edge_agent.buffer.journal import Journal
from edge_agent.buffer.remembered import Sealed
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.damaging import DAMAGES, FILES, a_buffer, beside, deliver_all
from tests.unit.edge_agent.buffer.making import T0, batch, files_no_larger_than, opened, receipt
from wire.chunk import ClockMark, ClockState, Content, Lane
from wire.codec import seal

MARK = ClockMark("boot", ClockState.SYNCED, T0, 0)
REOPENED_S = 11.0


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Return what mounts a small disk; called again, it changes how it is mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def make(options: str) -> Path:
        nonlocal mounted
        if not mount("-t", "tmpfs", "-o", f"remount,{options}" if mounted else options, "tmpfs", str(place)):
            pytest.skip("only root may mount a disk")
        mounted = True
        return place

    yield make
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(place: Path) -> Path:
    """Leave no byte free."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


@pytest.mark.parametrize("ending", ["killed", "killed, index of the log gone", "closed"])
async def test_from_a_read_only_disk_the_backlog_drains_and_what_is_new_waits_in_memory(
    tmp_path: Path, disk: Callable[..., Path], ending: str
) -> None:
    truth = await a_buffer(tmp_path)
    if ending == "closed":
        async with opened(truth.path):
            pass
    place = disk("size=20m")
    for suffix in FILES:
        if beside(truth.path, suffix).exists():
            copyfile(beside(truth.path, suffix), beside(place / "buffer.db", suffix))
    if ending.endswith("gone"):
        beside(place / "buffer.db", "-shm").unlink()
    disk("ro")
    clock, collector = FakeClock(T0), truth.collector
    async with opened(place / "buffer.db", clock, alarm_reserve_bytes=0, keep_free_bytes=0) as buffer:
        await buffer.put(batch(T0 + 5_000_000))
        assert not await buffer.flush()
        assert buffer.stats.state is BufferState.VOLATILE
        assert buffer.stats.problem
        if not ending.endswith("gone"):
            await collector.drain(buffer)
            assert truth.pending == 0
        disk("rw")
        await clock.advance(REOPENED_S)
        assert await deliver_all(truth, buffer) == 0
        assert buffer.journal == truth.journal
    async with opened(place / "buffer.db") as buffer:
        assert await buffer.peek(1 << 20, 10) == []


@pytest.mark.parametrize("lack", ["bytes", "inodes"])
async def test_on_a_disk_that_is_full_from_the_start_it_begins_in_memory_and_is_written_once_there_is_room(
    disk: Callable[..., Path], lack: str
) -> None:
    clock = FakeClock(T0)
    if lack == "bytes":
        place = disk("size=2m")
        filler = fill_up(place)
    else:
        place = disk("size=20m,nr_inodes=3")
        filler = place / "filler"
        filler.touch()
        (place / "another").touch()
    async with opened(place / "buffer.db", clock, alarm_reserve_bytes=0, keep_free_bytes=0) as buffer:
        await buffer.put(batch(T0))
        assert not await buffer.flush()
        assert (buffer.stats.state, buffer.stats.held) == (BufferState.VOLATILE, 1)
        assert not await buffer.flush()
        filler.unlink()
        if lack == "inodes":
            disk("nr_inodes=100")
        await clock.advance(REOPENED_S)
        assert await buffer.flush()
        assert (buffer.stats.state, buffer.stats.held, buffer.stats.problem) == (BufferState.DURABLE, 0, "")
    async with opened(place / "buffer.db") as buffer:
        assert [chunk.n for chunk in await buffer.peek(1 << 20, 10)] == [1]


async def test_damage_on_a_full_disk_is_mended_once_there_is_room(tmp_path: Path, disk: Callable[..., Path]) -> None:
    truth = await a_buffer(tmp_path)
    place, clock = disk("size=8m"), FakeClock(T0)
    for suffix in FILES:
        copyfile(beside(truth.path, suffix), beside(place / "buffer.db", suffix))
    beside(place / "buffer.db", "").write_bytes(b"junk" * 10_000)
    filler = fill_up(place)
    async with opened(place / "buffer.db", clock, alarm_reserve_bytes=0, keep_free_bytes=0) as buffer:
        assert buffer.stats.state is BufferState.VOLATILE
        assert buffer.journal == truth.journal
        filler.unlink()
        await clock.advance(REOPENED_S)
        assert await buffer.flush()
        assert await deliver_all(truth, buffer) == 0


async def test_a_damaged_file_on_a_read_only_disk_still_tells_the_rules_what_they_knew(
    tmp_path: Path, disk: Callable[..., Path]
) -> None:
    truth = await a_buffer(tmp_path)
    async with opened(truth.path) as buffer:
        known = await buffer.rules_state()
    DAMAGES["header overwritten, log written back"](truth.path)
    place = disk("size=8m")
    for suffix in ("", ".witness"):
        copyfile(beside(truth.path, suffix), beside(place / "buffer.db", suffix))
    disk("ro")
    async with opened(place / "buffer.db", FakeClock(T0)) as buffer:
        assert buffer.stats.state is BufferState.VOLATILE
        assert known
        assert await buffer.rules_state() == known


def test_while_the_disk_refuses_receipts_cost_nothing_and_nothing_slows_down(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "buffer.db")
    chunk = seal(Content(MARK, batches=(batch(T0, 5),)), journal=journal.id, lane=Lane.HISTORY, seq=0)
    journal.append([Sealed(chunk)] * 2000, T0)
    began: list[str] = []
    journal._connection.set_trace_callback(began.append)
    costs = []
    with files_no_larger_than(4096):
        for _ in range(20):
            steps = 0

            def step() -> int:
                nonlocal steps
                steps += 1
                return 0

            journal._connection.set_progress_handler(step, 1)
            found = journal.peek(1 << 30, 100)
            journal._connection.set_progress_handler(None, 0)
            costs.append(steps)
            assert journal.settle([receipt(one) for one in found]) == len(found) == 100
            with suppress(sqlite3.OperationalError):
                journal.let_go(T0)
    assert sum(statement.startswith("BEGIN") for statement in began) == 1
    assert max(costs) <= costs[1] + 50
    assert journal.peek(1 << 30, 10) == []
    journal.append([], T0)
    assert journal.counters.pending == 0
    journal.close()
