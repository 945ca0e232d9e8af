"""A disk that somebody fills for ten minutes: alarms are stored all the while, history waits, nothing comes twice."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge_agent.buffer import Buffer, BufferState, space
from tests.unit.edge_agent.buffer.making import T0, alert, contents
from tests.unit.edge_agent.buffer.truth import Truth, opened_by_a_right_clock
from wire.chunk import Gap, Lane, Missed
from wire.reading import Batch

S = 1_000_000
HOUR = 3_600 * S
MB = 1_000_000


class Disk:
    """What a disk says is free on it."""

    def __init__(self) -> None:
        self.free: int | None = 1000 * MB

    def ask(self, path: Path) -> int | None:
        return self.free


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(space, "free_bytes", made.ask)
    return made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of eight megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def ten_seconds(buffer: Buffer, truth: Truth, number: int) -> bool:
    """Put in ten seconds of a meter; return whether they are durable."""
    for second in range(10):
        at = T0 + (number * 10 + second) * S
        await truth.give(buffer, Batch("meter", at, ("u", "i"), (at % 977 / 7, at % 101 / 3)))
    return await buffer.flush()


async def ten_minutes_full(buffer: Buffer, truth: Truth) -> None:
    """Live through them."""
    for number in range(6, 66):
        assert not await ten_seconds(buffer, truth, number)
        assert await buffer.put_now(alerts=[alert(number)], rules_state=bytes(2000))
        assert await buffer.accept_command(f"c-{number}", "door-1")
        assert buffer.stats.state is BufferState.VOLATILE
    assert buffer.stats.problem
    assert buffer.stats.dropped == 0


async def all_arrived_once(buffer: Buffer, truth: Truth) -> None:
    """Drain it and ask the oracle."""
    assert (buffer.stats.state, buffer.stats.problem, buffer.stats.held) == (BufferState.DURABLE, "", 0)
    newest = max(chunk.seq for chunk in await buffer.peek(1 << 30, 1 << 30, lanes=(Lane.HISTORY,)))
    while await truth.deliver(buffer):
        pass
    assert truth.arrived[Lane.HISTORY].size() <= newest
    assert truth.rows == truth.put
    assert truth.alerts == {f"a-{number}": 1 for number in range(6, 66)}


async def test_alarms_are_stored_while_the_disk_has_to_be_left_alone(tmp_path: Path, disk: Disk) -> None:
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db") as buffer:
        for number in range(6):
            assert await ten_seconds(buffer, truth, number)
        disk.free = 100 * MB
        await ten_minutes_full(buffer, truth)
        assert buffer.stats.free_bytes == 100 * MB
        disk.free = 1000 * MB
        assert await ten_seconds(buffer, truth, 66)
        await all_arrived_once(buffer, truth)


async def test_a_disk_without_room_for_history_stays_one_while_all_of_it_is_sent_from_memory(
    tmp_path: Path, disk: Disk
) -> None:
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db") as buffer:
        buffer.account = lambda _: ((), {"up_to_here": b"now"})
        assert await ten_seconds(buffer, truth, 1)
        disk.free = 100 * MB
        for number in range(2, 6):
            assert not await ten_seconds(buffer, truth, number)
            while await truth.deliver(buffer):
                pass
            assert await buffer.put_now(alerts=[alert(number)])
            assert buffer.stats.state is BufferState.VOLATILE
        disk.free = 1000 * MB
        assert await ten_seconds(buffer, truth, 6)
        assert buffer.stats.state is BufferState.DURABLE


async def test_what_the_account_notes_of_history_waits_with_it(tmp_path: Path, disk: Disk) -> None:
    truth, notes = Truth(), iter(range(100))
    async with opened_by_a_right_clock(tmp_path / "buffer.db") as buffer:
        buffer.account = lambda _: ((), {"up_to_here": b"%d" % next(notes)})
        assert await ten_seconds(buffer, truth, 1)
        disk.free = 100 * MB
        for number in (2, 3):
            assert not await ten_seconds(buffer, truth, number)
            assert await buffer.put_now(alerts=[alert(number)], notes={"of_alarms": b"%d" % number})
        assert (await buffer.note("up_to_here"), await buffer.note("of_alarms")) == (b"0", b"3")
        await truth.deliver(buffer)
        assert await buffer.put_now(alerts=[alert(4)])
        assert await buffer.note("up_to_here") == b"2", "the history has arrived from memory"


async def test_alarms_are_stored_on_a_real_disk_that_is_full_to_the_last_byte(small_disk: Path) -> None:
    truth = Truth()
    path = small_disk / "buffer.db"
    async with opened_by_a_right_clock(path, keep_free_bytes=0, alarm_reserve_bytes=2 * MB) as buffer:
        for number in range(6):
            assert await ten_seconds(buffer, truth, number)
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        await ten_minutes_full(buffer, truth)
        filler.unlink()
        assert await ten_seconds(buffer, truth, 66)
        assert path.with_name("buffer.db.reserve").stat().st_size == 2 * MB
        await all_arrived_once(buffer, truth)


async def test_beyond_what_memory_holds_history_is_refused_and_told_by_point_and_hour(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.writer.HELD_BYTES", 10_000)
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db") as buffer:
        buffer.account = lambda mark: ((Missed("meter", T0 // HOUR * HOUR, ("u",), "offline", 1),), {})
        disk.free = 0
        for number in range(200):
            assert not await ten_seconds(buffer, truth, number)
        assert await buffer.put_now(alerts=[alert(6)])
        disk.free = 1000 * MB
        assert await ten_seconds(buffer, truth, 200)
        found = await contents(buffer)
        gaps = [gap for content in found for gap in content.gaps]
        assert {(gap.what, gap.reason) for gap in gaps} == {("analogue", "disk_refused")}
        assert buffer.stats.dropped == sum(gap.count for gap in gaps) > 0
        assert buffer.stats.produced == buffer.stats.pending + buffer.stats.dropped
        assert sum(line.count for content in found for line in content.missed) == 201
        await truth.deliver(buffer)
    assert truth.lost.keys() == {"disk_refused"}
    assert truth.rows + truth.lost["disk_refused"] == truth.put


async def test_when_the_disk_stays_full_old_history_is_thinned_for_what_is_new(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.writer.HELD_BYTES", 20_000)
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db") as buffer:
        for number in range(360):
            assert await ten_seconds(buffer, truth, number)
        disk.free = 0
        for number in range(360, 720):
            await ten_seconds(buffer, truth, number)
        assert buffer.stats.thinned > 0
        assert buffer.stats.dropped == 0
        disk.free = 1000 * MB
        assert await ten_seconds(buffer, truth, 720)
        newest = max(chunk.seq for chunk in await buffer.peek(1 << 30, 1 << 30, lanes=(Lane.HISTORY,)))
        await truth.deliver(buffer)
    truth.check(newest)


async def test_where_the_disk_says_nothing_its_own_limit_holds(tmp_path: Path, disk: Disk) -> None:
    disk.free = None
    async with opened_by_a_right_clock(tmp_path / "buffer.db") as buffer:
        assert await ten_seconds(buffer, Truth(), 0)
        assert buffer.stats.free_bytes == 0
        assert not [gap for content in await contents(buffer) for gap in content.gaps if isinstance(gap, Gap)]
