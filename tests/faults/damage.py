"""What can become of a buffer's files: each kind of damage as a deed on the file, the agent being down or not."""

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

PAGE = 4096


def _overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _write_back(path: Path) -> None:
    """Have everything in the file itself, as after some hours: what its log still holds, damage to it would not hit."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _header(path: Path, dice: random.Random) -> None:
    _write_back(path)
    _overwrite(path, 0, dice.randbytes(100))


def _page(path: Path, dice: random.Random) -> None:
    """Tear one page of the database in half: what was written of it is not what was there."""
    _write_back(path)
    pages = path.stat().st_size // PAGE
    _overwrite(path, dice.randrange(1, max(2, pages)) * PAGE + PAGE // 2, dice.randbytes(PAGE // 2))


def _pages(path: Path, dice: random.Random) -> None:
    """Write junk over one page of three, from the third on."""
    _write_back(path)
    for number in range(2, path.stat().st_size // PAGE, 3):
        _overwrite(path, number * PAGE, dice.randbytes(PAGE))


def _truncated(path: Path, _dice: random.Random) -> None:
    _write_back(path)
    os.truncate(path, path.stat().st_size // PAGE // 2 * PAGE)


def _wal(path: Path, dice: random.Random) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(dice.randbytes(3 * PAGE))


def _empty(path: Path, _dice: random.Random) -> None:
    os.truncate(path, 0)


def _version(path: Path, _dice: random.Random) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE meta SET v = 999 WHERE k = 'schema_version'")


def _gone(path: Path, _dice: random.Random) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "header": _header,
    "page": _page,
    "pages": _pages,
    "truncated": _truncated,
    "wal": _wal,
    "empty": _empty,
    "version": _version,
    "gone": _gone,
    "deleted": _gone,
}
"""By name: the header overwritten, a torn page, one page of three junk, half of the file, junk in place of the WAL,
nothing left in it, a version from the future, and nothing left at all (``deleted``: while the agent runs)."""

WHILE_RUNNING = frozenset({"deleted"})
"""These befall an agent that runs; before the others it is killed, and started again after them."""
