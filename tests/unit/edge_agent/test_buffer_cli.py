"""`edge-agent buffer`: what it says of a sound file; whatever else is named gets a sentence and no traceback."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.buffer.carried import note_carried
from edge_agent.cli import app
from tests.unit.edge_agent.buffer.making import T0, alert, batch, opened, receipt
from wire.receipt import Fate


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A buffer with an alert, three chunks of history of two readings each, and one that was rejected."""
    async with opened(tmp_path / "buffer.db") as buffer:
        for number in range(4):
            await buffer.put(batch(T0 + number, 2))
            await buffer.flush()
        await buffer.put_now(alerts=[alert(1)])
        [first] = await buffer.peek(1 << 30, 1, lanes=(2,))
        await buffer.settle([receipt(first, Fate.REJECTED, "malformed")])
        note_carried(tmp_path / "buffer.db", buffer.journal, 3)
    return tmp_path / "buffer.db"


def asked(*words: object) -> Result:
    return CliRunner().invoke(app, ["buffer", *map(str, words)])


def test_status_counts(file: Path) -> None:
    told = json.loads(asked("status", "--file", file, "--json").output)
    assert (told["pending"], told["quarantined"], told["carried"]) == (7, 2, 3)
    assert told["chunks"] == {"alarms": 1, "history": 3}
    assert "1 .. 3" in asked("status", "--file", file).output


def test_list_is_in_order_and_bounded(file: Path) -> None:
    told = json.loads(asked("list", "--file", file, "--json").output)
    assert [(row["lane"], row["seq"], row["entries"]) for row in told["chunks"]] == [
        ("alarms", 1, 1),
        *(("history", seq, 2) for seq in (2, 3, 4)),
    ]
    told = json.loads(asked("list", "--file", file, "--lane", "history", "--newest", "--limit", 2, "--json").output)
    assert (told["total"], [row["seq"] for row in told["chunks"]]) == (3, [4, 3])
    assert "malformed" in asked("list", "--file", file, "--rejected").output
    assert "显示 4 块" in asked("list", "--file", file, "--limit", 0).output


def test_show_tells_every_reading(file: Path) -> None:
    shown = asked("show", "history", 2, "--file", file)
    assert (shown.exit_code, "bin-1" in shown.output, "p1=" in shown.output) == (0, True, True)
    assert "被拒绝 rejected malformed" in asked("show", "history", 1, "--file", file).output
    assert "alert=a-1" in asked("show", "alarms", 1, "--file", file).output
    told = json.loads(asked("show", "history", 2, "--file", file, "--json").output)
    assert told["content"]["batches"][0][1] == T0 + 1
    for number in (0, 9, 1 << 60):
        assert asked("show", "history", number, "--file", file).exit_code == 2


def test_show_tells_of_damage(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE chunk SET body = zeroblob(9) WHERE id = (2 << 48) + 2")
    shown = asked("show", "history", 2, "--file", file)
    assert (shown.exit_code, "已损坏 damaged" in shown.output) == (1, True)


COMMANDS = (["status", "--file"], ["list", "--file"], ["show", "history", "1", "--file"], ["verify"], ["salvage"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_what_is_no_buffer_gets_a_sentence(file: Path, command: list[str]) -> None:
    folder = file.parent
    (folder / "text").write_text("hello, this is no database at all")
    with closing(sqlite3.connect(folder / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE other(x)")
    whole = file.read_bytes()
    (folder / "broken.db").write_bytes(whole[:8192] + bytes(1500) + whole[9692:])
    for name in ("none", ".", "text", "other.db", "broken.db"):
        said = asked(*command, folder / name)
        assert said.exit_code in (0, 1, 2), said.output
        assert isinstance(said.exception, SystemExit | None), name
        assert said.output.strip()
        assert said.exit_code == 2 or command[0] in ("verify", "salvage", "show")
