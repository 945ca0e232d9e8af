"""The buffer's file, in whatever state it is found: sound, damaged, older than it should be, unwritable, or gone."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from edge_agent.buffer.aside import fresh_name, make_anew, move_aside, next_aside
from edge_agent.buffer.errors import BufferInUse
from edge_agent.buffer.lock import Lock, identity
from edge_agent.buffer.opening import (
    connect,
    counters_after,
    mend_modes,
    nothing,
    prepare,
    readable,
    tells_of_damage,
    touch,
    verdict,
)
from edge_agent.buffer.remembered import NOTE, UP_TO
from edge_agent.buffer.salvage import Evidence, Job, examine, next_seqs
from edge_agent.buffer.schema import Counters
from edge_agent.buffer.stats import Damage
from edge_agent.buffer.witness import Standing, Witness
from runtime.logs import get_logger
from wire.codec import encode

_REMEMBERED = ("rules_state", "inventory_hash", NOTE)

_log = get_logger("buffer")


class Database:
    """A connection to the buffer, whatever became of its file, and the file's witness.

    ``durable``: it can be written. Else ``problem`` says why, and the connection shows what can be read, or is
    ``empty``. ``job`` is the salvage that the file has still before it. Raises ``BufferInUse`` when another process
    holds the file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock(path)
        self.witness = Witness(path)
        self.job: Job | None = None
        self.empty = False
        self.durable, self.problem = True, ""
        self.put_back: Damage | None = None
        """What became of a file that was deleted or replaced under us, since the start."""
        self._file: tuple[int, int] | None = None
        self.connection = self._open()

    def keep_in_place(self) -> None:
        """Put the file back if it was deleted under us; ``sqlite3.OperationalError`` where that cannot be done.

        An open file that has lost its name takes every write and is gone with the process.
        """
        if not self.durable:
            raise sqlite3.OperationalError(self.problem)
        try:
            found = identity(self._path)
            if found != self._file:
                self._put_back(found)
            self._lock.again()
        except (OSError, BufferInUse) as error:
            raise sqlite3.OperationalError(f"the buffer's file is gone: {error}") from error

    def reopen(self) -> bool:
        """Try again for a file that can be written; tell whether there is one now. The connection is a new one anyway:
        beside one that can only read, SQLite lets no other of the same process write.
        """
        self.connection.close()
        self.durable = True
        try:
            self.connection = self._open()
        except BufferInUse as error:
            self.connection = self._without_file(error)
        if self.durable:
            self.problem = ""
            _log.info("buffer_has_its_file", path=str(self._path))
        return self.durable

    def begin_anew(self, why: str, owed: Standing) -> None:
        """Move the damaged file aside and go on with a new one, whose ``job`` it is to get at what was ``owed``; with
        none, and then not ``durable``, where the disk does not let us. Never raises.
        """
        files = self.job.files if self.job else ()
        self.connection.close()
        self.witness.found = owed
        try:
            self.connection = self._replace(why, Evidence(owed, True, examine(self._path, owed).meta), files)
        except (sqlite3.Error, OSError, BufferInUse) as error:
            self.connection = self._without_file(error)

    def give_up(self, why: str) -> None:
        """The same for a file that turns out to be damaged before anything is known of it but what its witness says."""
        writable, files = self.durable, self.job.files if self.job else ()
        self.connection.close()
        try:
            if not writable:
                raise sqlite3.OperationalError(f"{self.problem}; {why}")
            self.connection = self._replace(why, examine(self._path, self.witness.found), files)
        except (sqlite3.Error, OSError, BufferInUse) as error:
            self.connection = self._without_file(error, damaged=True)

    def close(self) -> None:
        """Close the file and let another process have it."""
        self.connection.close()
        self.witness.close()
        self._lock.release()

    def _open(self) -> sqlite3.Connection:
        try:
            self._lock.take()
            make_anew(self._path)
            mend_modes(self._path)
            why = verdict(self._path, self.witness.found)
            if not why:
                try:
                    return self._connect()
                except sqlite3.DatabaseError as error:
                    if not tells_of_damage(error):
                        raise
                    why = str(error)
            return self._replace(why, examine(self._path, self.witness.found), ())
        except BufferInUse:
            self._lock.release()
            raise
        except (sqlite3.Error, OSError) as error:
            return self._without_file(error)

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        self._file, self.job, self.empty = identity(self._path), stored_job(connection), False
        self._lock.take_file()
        return connection

    def _replace(self, why: str, evidence: Evidence, files: tuple[str, ...]) -> sqlite3.Connection:
        """Prepare a new file completely, then move the old one out of its way: killed in between, it is found again."""
        aside = next_aside(self._path)
        found = any(self._path.with_name(self._path.name + suffix).exists() for suffix in ("", "-wal"))
        earlier = None if files else _decoded(evidence.meta.get("salvage"))
        rest = files or (earlier.files if earlier else ())
        job = evidence.job((aside.name, *rest) if found else rest, why)
        prepare_new(fresh_name(self._path), evidence, job)
        move_aside(self._path, job.files)
        make_anew(self._path)
        moved, knows = str(aside) if found else "", "rules_state" in evidence.meta
        _log.error("buffer_damaged", path=str(self._path), problem=why, moved_to=moved, rules_remember=knows)
        return self._connect()

    def _without_file(self, error: Exception, *, damaged: bool = False) -> sqlite3.Connection:
        """Go on without being able to write: with what can be read, else with nothing."""
        problem = str(error) or type(error).__name__
        if self.problem != problem:
            _log.error("buffer_not_writable", path=str(self._path), error=problem)
        self.durable, self.problem, self.job = False, problem, None
        connection = None if damaged else readable(self._path)
        self.empty = connection is None
        if connection is None:
            connection = nothing(self.witness.found)
            with suppress(OSError):
                _remember(connection, examine(self._path, self.witness.found))
        return connection

    def _put_back(self, found: tuple[int, int] | None) -> None:
        if found is not None:
            self._lock.take_file()  # whoever uses the file that has taken our place shall keep it
            moved = move_aside(self._path, self.job.files if self.job else ())
            _log.error("buffer_replaced", path=str(self._path), moved_to=str(moved))
        self._lock.again()
        for suffix in ("-wal", "-shm"):  # still ours while open, but poison to a new file of the same name
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        touch(self._path)
        try:
            with closing(sqlite3.connect(self._path)) as copy:
                self.connection.backup(copy)
            fresh = connect(self._path)
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise
        self.connection.close()
        self.connection, self._file = fresh, identity(self._path)
        self._lock.take_file()
        why = "the file was deleted while in use" if found is None else "another file was put in its place"
        self.put_back = Damage(why, Counters.load(fresh).pending, 0, exact=True, done=True)
        _log.warning("buffer_put_back", path=str(self._path), reason=why)


def open_database(path: Path) -> Database:
    """Open or make the buffer at ``path``; see ``Database``."""
    return Database(path)


def stored_job(connection: sqlite3.Connection) -> Job | None:
    """Return the salvage that the file has before it, ``None`` where there is none."""
    row = connection.execute("SELECT v FROM meta WHERE k = 'salvage'").fetchone()
    return _decoded(row and row[0])


def store_job(connection: sqlite3.Connection, job: Job | None) -> None:
    """Remember how far salvage is, ``None`` for done; within the caller's transaction."""
    connection.execute("DELETE FROM meta WHERE k = 'salvage'")
    if job is not None:
        connection.execute("INSERT INTO meta(k, v) VALUES ('salvage', ?)", (msgspec.msgpack.encode(job),))


def prepare_new(path: Path, evidence: Evidence, job: Job) -> None:
    """Make the file that goes on after a damaged one, ``job`` before it; nothing stays where that cannot be done."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    owed = evidence.owed
    try:
        touch(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            prepare(connection)
            connection.execute("BEGIN IMMEDIATE")
            _remember(connection, evidence)
            connection.execute("UPDATE meta SET v = ? WHERE k = 'journal'", (owed.journal,))
            store_job(connection, job)
            counters_after(owed, next_seqs(owed)).save(connection)
            connection.execute("COMMIT")
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _remember(connection: sqlite3.Connection, evidence: Evidence) -> None:
    """Have a new file, or memory in its place, know what the old one remembered besides its chunks."""
    rows = [(name, value) for name, value in evidence.meta.items() if name.startswith(_REMEMBERED)]
    if evidence.owed.up_to is not None:
        rows.append((NOTE + UP_TO, encode(evidence.owed.up_to)))
    connection.executemany("INSERT OR REPLACE INTO meta(k, v) VALUES (?, ?)", rows)


def _decoded(value: object) -> Job | None:
    if not isinstance(value, bytes):
        return None
    try:
        return msgspec.msgpack.decode(value, type=Job)
    except msgspec.MsgspecError:
        return None
