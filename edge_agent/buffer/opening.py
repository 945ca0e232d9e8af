"""Opens a buffer's file with SQLite, in the one order of pragmas that works, and judges what it finds there."""

import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from edge_agent.buffer.schema import SCHEMA_VERSION, Counters, create, take_over
from edge_agent.buffer.witness import Standing

JOURNAL = re.compile(r"[0-9a-f]{32}")
"""What a journal's id looks like."""

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNREADABLE = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS)


class Damaged(sqlite3.DatabaseError):
    """What SQLite gave without a complaint cannot be what was stored; ``str(error)`` says why."""


def tells_of_damage(error: sqlite3.Error) -> bool:
    """Tell whether ``error`` means that the file is not what it was, and not that it cannot be had or written now."""
    code = getattr(error, "sqlite_errorcode", 0)
    return isinstance(error, Damaged) or code & 0xFF in _BROKEN or code in _UNREADABLE


def connect(path: Path) -> sqlite3.Connection:
    """Open a sound file for writing, or make one; ``sqlite3.Error`` or ``OSError`` where that cannot be."""
    touch(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = _text
    try:
        prepare(connection)
        connection.execute("BEGIN IMMEDIATE")  # a file that can only be read says so now
        connection.execute("ROLLBACK")
    except BaseException:
        connection.close()
        raise
    return connection


def verdict(path: Path, witness: Standing | None) -> str:
    """Say what is wrong with the file at ``path``, empty where it is sound or where it cannot be had now.

    It is read before it is opened for writing: then a damaged log is still there, which SQLite would cut short without
    a word. ``OSError`` where not even its size can be known.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = 0
    if path.is_dir():
        return "a folder is in the file's place"
    if not size:
        log = path.with_name(f"{path.name}-wal")
        gone = witness is not None or (log.exists() and log.stat().st_size > 0)
        return "the file is gone" if gone else ""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return _compare(connection, witness)
    except sqlite3.OperationalError as error:
        told = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # no such table, not UTF-8: not a buffer
        return str(error) if told == sqlite3.SQLITE_ERROR or tells_of_damage(error) else ""
    except (sqlite3.DatabaseError, UnicodeError) as error:  # Python cannot even read the message about some damage
        return str(error)


def _compare(connection: sqlite3.Connection, witness: Standing | None) -> str:
    kept = dict(connection.execute("SELECT k, v FROM meta WHERE k IN ('schema_version', 'journal')").fetchall())
    version, journal = kept.get("schema_version"), kept.get("journal")
    if version not in range(1, SCHEMA_VERSION + 1):
        return f"schema version {version}, not {SCHEMA_VERSION}"
    if not isinstance(journal, str) or not JOURNAL.fullmatch(journal):
        return "it has no journal id"
    tables = ("meta",) if version == 1 else ("meta", "counters")
    for table in tables:
        found = connection.execute(f"PRAGMA quick_check('{table}')").fetchone()[0]
        if found != "ok":
            return f"damaged: {found}"
    if version == 1:
        return ""
    counters = Counters.load(connection)
    numbers = [*counters.seqs, *counters.chunks, counters.produced, counters.pending, counters.dropped]
    numbers += [*counters.owed_from, counters.kept_chunks, counters.kept_bytes]
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        return "its counters are no numbers"
    if witness is None or journal != witness.journal:
        return ""
    behind = any(seq < lane.kept for seq, lane in zip(counters.seqs, witness.lanes, strict=True))
    return "the newest transactions are missing" if behind else ""


def readable(path: Path) -> sqlite3.Connection | None:
    """Return a connection that only reads what is at ``path``, ``None`` where that is not possible either."""
    log = path.with_name(f"{path.name}-wal")
    with suppress(OSError):
        ways = ["mode=ro"] if log.exists() and log.stat().st_size else ["mode=ro", "mode=ro&immutable=1"]
        for way in ways:
            with suppress(sqlite3.Error):
                connection = sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True, isolation_level=None)
                connection.text_factory = _text
                try:
                    Counters.load(connection)
                except sqlite3.Error:
                    connection.close()
                    raise
                return connection
    return None


def nothing(standing: Standing | None) -> sqlite3.Connection:
    """Return an empty buffer in memory; with the name and the totals of the one that cannot be had."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create(connection)
    if standing is not None:
        connection.execute("UPDATE meta SET v = ? WHERE k = 'journal'", (standing.journal,))
        counters = counters_after(standing, [lane.last_seq for lane in standing.lanes])
        counters.pending = standing.entries
        counters.save(connection)
    return connection


def counters_after(standing: Standing, seqs: list[int]) -> Counters:
    """Return the counters of a file that goes on where ``standing`` ends, with nothing in it yet."""
    return Counters(
        seqs,
        produced=standing.produced,
        quarantined=standing.quarantined,
        dropped=standing.dropped,
        thinned=standing.thinned,
        salvaged=standing.salvaged,
    )


def _text(stored: bytes) -> str:
    """Damaged words are words, so that what is wrong with a row is told by its checksum and not by an exception."""
    return stored.decode(errors="replace")


def touch(path: Path) -> None:
    """Make the file, its owner's alone, where there is none, and see whether it can be written; else ``OSError``."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def mend_modes(path: Path) -> None:
    """Make files writable that are ours and were made read-only by mistake; before SQLite makes more like them."""
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        with suppress(OSError):
            if not file.stat().st_mode & 0o200 and not file.is_dir():
                file.chmod(0o600)


def prepare(connection: sqlite3.Connection) -> None:
    """Set a connection up for writing, and make the tables of a new file."""
    # auto_vacuum must precede the first write, hence WAL: the other way round it silently stays off.
    for pragma in ("page_size=4096", "auto_vacuum=INCREMENTAL", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {pragma}")
    for pragma in ("synchronous=FULL", "wal_autocheckpoint=1000", "journal_size_limit=8388608", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        create(connection)
    take_over(connection)
