"""What a buffer file remembers besides chunks: the rules' state, the newest inventory's hash, the commands it saw."""

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from edge_agent.buffer.stats import AcceptedCommand
from wire.chunk import Chunk

COMMANDS_REMEMBERED = 10_000
"""So many commands are remembered. They live half a minute, so a replay always meets its own record."""

NOTE = "note:"
"""What the names of notes begin with in the table of what is remembered."""

UP_TO = "up_to"
"""The note of a file that goes on after a damaged one: when, by the witness, history was last handed over (a mark)."""

CommandRow = tuple[str, str, str, int]
"""A command's id, its device, ``accepted`` or ``done``, and when (µs)."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chunk that has no seq yet (it gets one when it is inserted), and what its transaction changes besides.

    ``finished`` are ids of commands that now have their outcome; ``commands`` were remembered by an earlier file.
    The notes of ``history`` say that it is stored: they are never written before it.
    """

    chunk: Chunk | None
    rules_state: bytes | None = None
    inventory_hash: str | None = None
    finished: tuple[str, ...] = ()
    commands: tuple[CommandRow, ...] = ()
    notes: Mapping[str, bytes] = field(default_factory=dict)
    history: bool = False


def remember(connection: sqlite3.Connection, item: Sealed) -> None:
    """Write what ``item`` changes besides its chunk, within the caller's transaction."""
    for name, value in (("rules_state", item.rules_state), ("inventory_hash", item.inventory_hash)):
        if value is not None:
            connection.execute("INSERT OR REPLACE INTO meta(k, v) VALUES (?, ?)", (name, value))
    for name, note in item.notes.items():
        connection.execute("INSERT OR REPLACE INTO meta(k, v) VALUES (?, ?)", (NOTE + name, note))
    if item.commands:
        connection.executemany("INSERT OR IGNORE INTO command VALUES (?, ?, ?, ?)", item.commands)
    for command in item.finished:
        connection.execute("UPDATE command SET state = 'done' WHERE id = ?", (command,))


def meta(connection: sqlite3.Connection, name: str) -> int | str | bytes | None:
    """Return one remembered value, ``None`` where there is none."""
    row = connection.execute("SELECT v FROM meta WHERE k = ?", (name,)).fetchone()
    value: int | str | bytes | None = None if row is None else row[0]
    return value


def recall(connection: sqlite3.Connection) -> Sealed:
    """Return whatever can still be read of what is remembered; never raises ``sqlite3.Error``."""
    known: dict[str, int | str | bytes | None] = {}
    for name in ("rules_state", "inventory_hash"):
        try:
            known[name] = meta(connection, name)
        except sqlite3.Error:
            known[name] = None
    notes: dict[str, bytes] = {}
    with suppress(sqlite3.Error):
        rows = connection.execute("SELECT k, v FROM meta WHERE k GLOB ?", (NOTE + "*",))
        notes.update((name.removeprefix(NOTE), value) for name, value in rows)
    commands: list[CommandRow] = []
    with suppress(sqlite3.Error):  # those before the damage were read
        commands.extend(connection.execute("SELECT id, device, state, at FROM command ORDER BY rowid"))
    state, digest = known["rules_state"], known["inventory_hash"]
    return Sealed(
        None,
        state if isinstance(state, bytes) else None,
        digest if isinstance(digest, str) else None,
        commands=tuple(commands),
        notes=notes,
    )


def accept(connection: sqlite3.Connection, command: str, device: str, at: int) -> bool:
    """Remember a command, within the caller's transaction; ``False`` when it was seen before."""
    row = (command, device, at)
    inserted = connection.execute("INSERT OR IGNORE INTO command VALUES (?, ?, 'accepted', ?)", row)
    if inserted.rowcount:
        connection.execute(
            "DELETE FROM command WHERE rowid <= (SELECT max(rowid) FROM command) - ? AND state = 'done'",
            (COMMANDS_REMEMBERED,),
        )
    return inserted.rowcount == 1


def unfinished(connection: sqlite3.Connection) -> list[AcceptedCommand]:
    """Return the commands accepted that have no outcome."""
    rows = connection.execute("SELECT id, device, at FROM command WHERE state = 'accepted' ORDER BY rowid")
    return [AcceptedCommand(*row) for row in rows]
