"""The memory of commands: single use, over restarts, and honest about what was left unfinished."""

from pathlib import Path

import pytest

from edge_agent.buffer.journal import Journal
from edge_agent.buffer.remembered import COMMANDS_REMEMBERED
from tests.unit.edge_agent.buffer.making import T0, as_after_sigkill, batch, opened
from wire.outcome import Outcome, OutcomeState


async def test_a_command_is_accepted_once_even_over_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        assert await buffer.accept_command("c-1", "door-1")
        assert not await buffer.accept_command("c-1", "door-1")
        assert not await buffer.accept_command("c-1", "door-2")
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert not await survivor.accept_command("c-1", "door-1")


async def test_a_command_without_outcome_is_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await buffer.accept_command("c-1", "door-1")
        await buffer.accept_command("c-2", "door-2")
        await buffer.put_now(outcomes=[Outcome("c-1", "door-1", OutcomeState.EXECUTED, T0)])
        left = as_after_sigkill(path)
    async with opened(left) as survivor:
        assert [(command.id, command.device, command.at) for command in await survivor.unfinished_commands()] == [
            ("c-2", "door-2", T0)
        ]
        await survivor.put_now(outcomes=[Outcome("c-2", "door-2", OutcomeState.UNKNOWN, T0)])
        assert await survivor.unfinished_commands() == []
        assert not await survivor.accept_command("c-2", "door-2")


@pytest.mark.parametrize("found_out", ["at the start", "while running"])
async def test_a_damaged_file_does_not_make_anybody_forget_a_command(tmp_path: Path, found_out: str) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        await buffer.accept_command("c-1", "door-1")
        await buffer.accept_command("c-2", "door-2")
        await buffer.put_now(outcomes=[Outcome("c-1", "door-1", OutcomeState.EXECUTED, T0)])
        for i in range(200):
            await buffer.put(batch(T0 + i, 200))
            await buffer.flush()
    whole = path.read_bytes()
    third = len(whole) // 3 // 4096 * 4096
    head = bytes(100) if found_out == "at the start" else whole[:100]
    path.write_bytes(head + whole[100:third] + b"\xa5" * third + whole[2 * third :])
    async with opened(path) as buffer:
        await buffer.peek(1 << 30, 1 << 30)
        assert path.with_name("buffer.db.damaged-1").exists()
        await buffer.flush()
        await buffer.tend()
        assert [one.id for one in await buffer.unfinished_commands()] == ["c-2"]
        assert not await buffer.accept_command("c-1", "door-1")
        assert not await buffer.accept_command("c-2", "door-2")
        assert await buffer.accept_command("c-3", "door-2")


def test_the_memory_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "buffer.db")
    connection = journal._connection
    rows = ((f"c-{i}", "d", "done", i) for i in range(COMMANDS_REMEMBERED + 50))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO command VALUES (?, ?, ?, ?)", rows)
    connection.execute("COMMIT")
    assert journal.accept_command("new", "d", T0)
    assert connection.execute("SELECT count(*) FROM command").fetchone() == (COMMANDS_REMEMBERED,)
    assert not journal.accept_command(f"c-{COMMANDS_REMEMBERED}", "d", T0)
    journal.close()
