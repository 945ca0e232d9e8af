"""A buffer file lent to a command, read only; or the sentence that says why it cannot be had, and exit status 2."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from sqlite_utils import Database

_WHY = {
    "file is not a database": "不是缓存文件 not a buffer file",
    "no such table": "不是缓存文件 not a buffer file",
    "malformed": "文件已损坏, 用 edge-agent buffer verify 查看 damaged, see 'edge-agent buffer verify'",
    "unable to open": "打不开, 用 sudo 再试 cannot be opened, try with sudo",
    "locked": "网关正忙, 请再试一次 the agent is busy, try again",
}
"""What SQLite says, and what a technician is told."""


@contextmanager
def opened(path: Path) -> Iterator["Database"]:
    """Lend the buffer at ``path``; whatever SQLite complains of while it is lent ends the command."""
    from sqlite_utils import Database

    look_for(path)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("SELECT v FROM meta WHERE k = 'journal'").fetchone()
            yield Database(connection)
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        fail(path, explained(error))


def owed(database: "Database", *, kept: bool = False) -> str:
    """Return the condition on ``chunk`` that those which are owed fulfil, or those which are delivered and ``kept``."""
    from edge_agent.buffer.schema import LANE_SHIFT, owed_from

    floors = owed_from(database.conn)
    first = " ".join(f"WHEN {lane} THEN {lane << LANE_SHIFT | floor}" for lane, floor in enumerate(floors))
    return f"id {'<' if kept else '>='} CASE lane {first} ELSE 0 END"


def look_for(path: Path) -> None:
    """Return where there is a file at ``path``; else that is said and the command ends."""
    if not path.exists():
        fail(path, "没有这个文件 no such file")
    if not path.is_file():
        fail(path, "这是目录, 不是文件 this is a folder, not a file")


def explained(error: Exception) -> str:
    """Return what to tell of an error of SQLite's or of the disk's."""
    said = str(error)
    return next((words for sign, words in _WHY.items() if sign in said), said)


def fail(path: Path, why: str) -> NoReturn:
    """End the command: the buffer at ``path`` cannot be read."""
    typer.echo(f"读不到缓存 cannot read the buffer {path}: {why}", err=True)
    raise typer.Exit(2)
