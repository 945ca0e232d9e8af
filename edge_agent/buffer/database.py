"""Opens the buffer's file in the one order of pragmas that works, whatever state it is found in."""

import fcntl
import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from edge_agent.buffer.errors import BufferInUse
from runtime.logs import get_logger

SCHEMA_VERSION = 1
"""Version of the tables below; an unknown one is moved aside, never guessed at."""

# A chunk's id is lane * 2**48 + seq: the primary key alone gives the order of sending, the dedupe key and a peek whose
# cost does not grow. A secondary index would multiply what the card has to write by twenty.
_TABLES = """
CREATE TABLE meta(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE chunk(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  t_min INTEGER NOT NULL, t_max INTEGER NOT NULL, codec INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE quarantine(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL,
  t_min INTEGER NOT NULL, t_max INTEGER NOT NULL, codec INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL,
  reason TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE command(id TEXT PRIMARY KEY, device TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX command_unfinished ON command(state) WHERE state = 'accepted';
"""

_DAMAGED_KEPT = 3

_log = get_logger("buffer")


class Database:
    """An open connection; ``durable`` is false when it lives in memory, and ``problem`` then says why."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, problem: str = "", lock: int = -1) -> None:
        self.connection, self.durable, self.problem = connection, not problem, problem
        self._path, self._lock = path, lock
        self._file = _identity(path) if self.durable else None

    def keep_in_place(self) -> None:
        """Put the file back if it was deleted under us; ``sqlite3.OperationalError`` where that cannot be done.

        An open file that has lost its name takes every write and is gone with the process.
        """
        if not self.durable:
            return
        try:
            found = _identity(self._path)
            if found is None:
                self._put_back()
            elif found != self._file:
                raise sqlite3.OperationalError("another file has taken the buffer's place")
        except (OSError, BufferInUse) as error:
            raise sqlite3.OperationalError(f"the buffer's file is gone: {error}") from error

    def begin_anew(self) -> None:
        """Move the damaged file aside and go on with a new one, in memory where none can be had."""
        self.connection.close()
        try:
            aside = _move_aside(self._path)
            _log.error("buffer_damaged", path=str(self._path), moved_to=str(aside))
            self.connection = _connect(self._path)
            self._file = _identity(self._path)
        except (sqlite3.Error, OSError) as error:
            self.connection, self.durable, self.problem = _in_memory(), False, str(error)

    def close(self) -> None:
        """Close the file and let another process have it."""
        self.connection.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _put_back(self) -> None:
        self._lock_again()
        for suffix in ("-wal", "-shm"):  # still ours while open, but poison to a new file of the same name
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        _touch(self._path)
        try:
            with closing(sqlite3.connect(self._path)) as copy:
                self.connection.backup(copy)
            fresh = _connect(self._path)
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise
        self.connection.close()
        self.connection, self._file = fresh, _identity(self._path)
        _log.warning("buffer_put_back", path=str(self._path), reason="the file was deleted while in use")

    def _lock_again(self) -> None:
        held = os.fstat(self._lock)
        if _identity(_lock_path(self._path)) != (held.st_dev, held.st_ino):
            fresh = _take_lock(self._path)
            os.close(self._lock)
            self._lock = fresh


def open_database(path: Path) -> Database:
    """Open or make the buffer at ``path``.

    A damaged file or one of an unknown version is moved aside (``.damaged-N``) and a new one begins. Where no file can
    be had at all the database lives in memory. ``BufferInUse`` when another process holds the file.
    """
    lock = -1
    try:
        lock = _take_lock(path)
        return Database(path, _open_file(path), lock=lock)
    except (sqlite3.Error, OSError) as error:
        if lock >= 0:
            os.close(lock)
        _log.error("buffer_in_memory", path=str(path), error=str(error))
        return Database(path, _in_memory(), problem=str(error) or type(error).__name__)


def _in_memory() -> sqlite3.Connection:
    return _prepare(sqlite3.connect(":memory:", isolation_level=None))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _take_lock(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(_lock_path(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise BufferInUse(f"{path} is in use by another process") from error
    return lock


def _lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _open_file(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = _move_aside(path)
        _log.error("buffer_damaged", path=str(path), moved_to=str(aside), error=str(error))
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    _touch(path)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return _prepare(connection)
    except BaseException:
        connection.close()
        raise


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    # auto_vacuum must precede the first write, hence WAL: the other way round it silently stays off.
    for pragma in ("page_size=4096", "auto_vacuum=INCREMENTAL", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {pragma}")
    for pragma in ("synchronous=FULL", "wal_autocheckpoint=1000", "journal_size_limit=8388608", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        _create(connection)
    found = connection.execute("SELECT v FROM meta WHERE k = 'schema_version'").fetchone()
    if found != (SCHEMA_VERSION,):
        raise sqlite3.DatabaseError(f"schema version {found and found[0]}, not {SCHEMA_VERSION}")
    verdict = connection.execute("PRAGMA quick_check('meta')").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"damaged: {verdict}")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    first = {"schema_version": SCHEMA_VERSION, "journal": secrets.token_hex(16)}
    counters = ("produced", "pending", "pending_chunks", "quarantined", "dropped")
    connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}")
    rows = list(first.items()) + [(name, 0) for name in counters]
    connection.executemany("INSERT INTO meta(k, v) VALUES (?, ?)", rows)
    connection.execute("COMMIT")


def _move_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists() and number < _DAMAGED_KEPT:
        number += 1
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(aside.with_name(aside.name + suffix))
    return aside
