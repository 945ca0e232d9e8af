"""How far the history was carried away on a stick: a small file beside the buffer, heeded when room has to be made."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from edge_agent.buffer.errors import BufferInUse
from edge_agent.buffer.lock import Lock
from edge_agent.buffer.schema import SEQ_MASK

WAIT_S = 10.0
"""So long an export waits for a transaction of the running agent to end."""


class Mark(Struct, frozen=True):
    """History of ``journal`` up to number ``seq`` is on a stick; 0 where none is."""

    journal: str
    seq: int


def mark_file(buffer: Path) -> Path:
    """Return where the mark of the buffer at ``buffer`` lies."""
    return buffer.with_name(f"{buffer.name}.carried")


def newest_carried(buffer: Path, journal: str) -> int:
    """Return the newest number of the history of ``journal`` that may be on a stick.

    0 where none is, and where the mark is missing, cannot be read, or is another journal's; never raises.
    """
    try:
        mark = msgspec.json.decode(mark_file(buffer).read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return 0
    return mark.seq if mark.journal == journal and 0 < mark.seq <= SEQ_MASK else 0


def note_carried(buffer: Path, journal: str, seq: int) -> None:
    """Write the mark, whole and durable when this returns; it belongs to whom the buffer belongs to (0600).

    ``OSError`` where it cannot be written, or could not be read by the agent then; an earlier mark stands as it was.
    """
    file, owner = mark_file(buffer), buffer.stat()
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mkstemp makes it 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(msgspec.json.encode(Mark(journal, seq)))
            out.flush()
            os.fchown(out.fileno(), owner.st_uid, owner.st_gid)
            os.fsync(out.fileno())
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def outwait_relief(buffer: Path) -> None:
    """Return once every transaction has ended that may not have seen a mark written before.

    ``sqlite3.Error`` where that cannot be known: the agent's transaction did not end, or we may not write the file.
    """
    lock = Lock(buffer)
    try:
        # Where no agent runs there is nothing to wait for; and opened for writing, a log that is damaged would be cut.
        lock.take_file()
    except BufferInUse:
        uri = f"{buffer.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=WAIT_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    finally:
        lock.release()
