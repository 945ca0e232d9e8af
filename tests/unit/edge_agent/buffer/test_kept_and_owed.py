"""Damage, salvage, verification, commands and sticks tell what is kept from what is owed."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.buffer.recovery import recover
from edge_agent.buffer.verification import verify
from edge_agent.buffer_cli import buffer_app
from edge_agent.parcels import export
from tests.unit.edge_agent.buffer.damaging import beside
from tests.unit.edge_agent.buffer.making import T0, as_after_sigkill, opened, receipt
from tests.unit.edge_agent.buffer.test_kept import deliver, store
from tests.unit.edge_agent.test_parcels import BOX
from wire.chunk import Lane


@pytest.mark.parametrize("witness", [True, False])
async def test_salvage_takes_nothing_that_was_delivered(tmp_path: Path, *, witness: bool) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 40, 3000)
        await deliver(buffer)
        await store(buffer, 20, 3000, start=T0 + 1000)
        produced = buffer.stats.produced
    left = as_after_sigkill(path)
    if not witness:
        beside(left, ".witness").unlink()
    with left.open("r+b") as file:
        file.write(bytes(100))
    async with opened(left) as buffer:
        await buffer.tend()
        assert buffer.stats.damage is not None
        assert (buffer.stats.damage.saved, buffer.stats.damage.lost) == (20, 0)
        assert (buffer.stats.pending, buffer.stats.produced, buffer.stats.kept_bytes) == (20, produced, 0)
        assert [chunk.seq for chunk in await buffer.peek(1 << 30, 100)] == list(range(41, 61))
        await deliver(buffer)
        await store(buffer, 1)
        assert buffer.stats.pending == 1


async def test_while_salvage_goes_on_nothing_is_kept_that_could_hide_what_is_still_owed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.buffer.rescue.SLICE_BYTES", 4096)
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 60, 3000)
    left = as_after_sigkill(path)
    with left.open("r+b") as file:
        file.write(bytes(100))
    seen: set[int] = set()
    async with opened(left) as buffer:
        while buffer.stats.damage is not None and (not buffer.stats.damage.done or buffer.stats.pending):
            found = await buffer.peek(1 << 30, 3)
            seen.update(chunk.seq for chunk in found if chunk.lane == Lane.HISTORY)
            await buffer.settle([receipt(chunk) for chunk in found])
            await buffer.put_now(notes={"any": b""})
            await buffer._turns.call(buffer._turns.writer.salvage)
        assert seen == set(range(1, 61))


async def test_verify_and_salvage_by_hand_tell_kept_from_owed(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 10)
        await deliver(buffer)
        await store(buffer, 4)
    found = verify(path)
    assert found.sound
    assert (found.lanes[Lane.HISTORY].chunks, found.kept.chunks) == (4, 10)
    assert recover(path, tmp_path / "into.db").lanes[Lane.HISTORY].chunks == 4
    connection = sqlite3.connect(path)
    connection.execute("UPDATE chunk SET body = zeroblob(20) WHERE lane = 2 AND seq = 3")
    connection.commit()
    connection.close()
    found = verify(path)
    assert (found.sound, found.kept.bad) == (True, 1)


async def test_commands_tell_what_is_owed_and_what_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 5)
        await deliver(buffer)
        await store(buffer, 2)

    def ask(*words: str) -> str:
        return CliRunner().invoke(buffer_app, [*words, "--file", str(path)]).output

    assert "2 of 2 chunks" in ask("list")
    assert "5 of 5 chunks" in ask("list", "--kept")
    assert "5 of 5 chunks" in ask("list", "--kept", "--lane", "history")
    assert "0 of 0 chunks" in ask("list", "--rejected")
    status = ask("status")
    assert "kept 5 块 chunks" in status
    assert "history  2 块 chunks" in status


async def test_a_stick_carries_nothing_that_was_delivered(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await store(buffer, 5)
        await deliver(buffer)
        await store(buffer, 2)
        done = export(path, tmp_path / "out.linli", BOX, T0, "test")
        assert (done.chunks, done.entries) == (2, 2)
