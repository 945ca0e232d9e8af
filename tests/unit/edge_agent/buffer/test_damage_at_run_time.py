"""Damage that comes while the agent runs, while damage is being mended, or with a kill: the sum stays right."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.buffer import Buffer, BufferInUse, BufferState
from edge_agent.buffer.salvage import JUMP
from tests.unit.edge_agent.buffer.damaging import (
    Truth,
    a_buffer,
    account,
    beside,
    checkpoint,
    deliver_all,
    junk,
    overwrite,
)
from tests.unit.edge_agent.buffer.making import T0, alert, as_after_sigkill, batch, opened, reading_times, receipt
from wire.codec import unseal
from wire.receipt import Fate


def over_all(path: Path) -> None:
    overwrite(path, 0, junk(path.stat().st_size))


def over_all_but_the_head(path: Path) -> None:
    overwrite(path, 40960, junk(path.stat().st_size - 40960))


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 8192 * 4096)


def cut_to_nothing(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(0)


@pytest.mark.parametrize("damage", [over_all, over_all_but_the_head, cut, cut_to_nothing])
async def test_under_a_running_buffer_the_loss_is_told_exactly(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    truth = await a_buffer(tmp_path)
    checkpoint(truth.path)
    async with opened(truth.path) as buffer:
        await buffer.put_now(rules_state=b"remembered")
        damage(truth.path)
        assert 0 < await deliver_all(truth, buffer) <= 88_671
        assert buffer.journal == truth.journal
        damaged = buffer.stats.damage
        assert damaged is not None
        assert (damaged.exact, damaged.done) == (True, True)
        assert buffer.stats.dropped == truth.collector.lost() == damaged.lost
        assert buffer.stats.produced == sum(chunk.n for chunk in truth.chunks.values()) + _own(truth)
    async with opened(truth.path) as buffer:
        assert buffer.stats.damage is None
        assert await buffer.peek(1 << 20, 10) == []


def being_mended(buffer: Buffer) -> bool:
    return buffer.stats.damage is not None and not buffer.stats.damage.done


def _own(truth: Truth) -> int:
    """Entries that the buffer or the check itself added."""
    return sum(chunk.n for key, chunk in truth.collector.stored.items() if key not in truth.chunks)


async def test_a_kill_while_a_damaged_file_is_read_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.rescue.SLICE_BYTES", 20_000)
    truth = await a_buffer(tmp_path)
    checkpoint(truth.path)
    overwrite(truth.path, 0, junk(4096))
    survivor = tmp_path / "survivor"
    async with opened(truth.path) as buffer:
        for _ in range(8):
            await buffer._turns.call(buffer._turns.writer.salvage)
        assert being_mended(buffer)
        assert buffer.stats.pending == truth.pending
        assert 0 < buffer.stats.salvaged < truth.pending
        shutil.copytree(tmp_path, survivor)
    truth.path = survivor / "buffer.db"
    assert await account(truth) == 0


async def test_damage_to_the_new_file_while_the_first_is_read_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.rescue.SLICE_BYTES", 20_000)
    truth = await a_buffer(tmp_path)
    checkpoint(truth.path)
    overwrite(truth.path, 0, junk(4096))
    async with opened(truth.path) as buffer:
        for _ in range(3):
            await buffer._turns.call(buffer._turns.writer.salvage)
        (delivered,) = await buffer.peek(1, 1)
        truth.collector.take(delivered)
        await buffer.settle([receipt(delivered)])
        assert being_mended(buffer)
    overwrite(truth.path, 0, junk(4096))
    async with opened(truth.path) as buffer:
        assert being_mended(buffer)
        assert await deliver_all(truth, buffer) == 0
    assert len(list(tmp_path.glob("*.damaged-*"))) == 2


async def test_new_numbers_jump_ahead_and_old_ones_stay(tmp_path: Path) -> None:
    truth = await a_buffer(tmp_path)
    overwrite(truth.path, 0, junk(4096))
    async with opened(truth.path) as buffer:
        await buffer.put_now(alerts=[alert(9999)])
        alarms = await buffer.peek(1 << 20, 100, lanes=(0,))
        assert all(chunk.seq < 100 or chunk.seq > JUMP for chunk in alarms)
        assert [change.alert for change in unseal(alarms[-1]).alerts] == ["a-9999"]


async def test_a_deleted_lock_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        beside(path, ".lock").unlink()
        with pytest.raises(BufferInUse):
            async with opened(path):
                pass
        await buffer.put(batch(T0))
        assert await buffer.flush()
        assert buffer.stats.state is BufferState.DURABLE
        assert beside(path, ".lock").exists()
        assert await reading_times(buffer) == [T0]


async def test_what_the_quarantine_the_rules_and_the_commands_knew_outlives_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        (chunk,) = await buffer.peek(1 << 20, 1)
        await buffer.settle([receipt(chunk, Fate.REJECTED, "malformed")])
        assert await buffer.accept_command("c-1", "door-1")
        await buffer.put_now(rules_state=b"state" * 1000)
        left = as_after_sigkill(path)
    overwrite(left, 0, junk(100))
    async with opened(left) as buffer:
        assert buffer.stats.quarantined == 1
        assert await buffer.rules_state() == b"state" * 1000
        assert not await buffer.accept_command("c-1", "door-1")
        assert [command.id for command in await buffer.unfinished_commands()] == ["c-1"]
