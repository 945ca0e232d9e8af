"""What a technician carries for a site without a network: the buffer's chunks out, the collector's receipts back in."""

import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from edge_agent.buffer.carried import newest_carried, note_carried, outwait_relief
from edge_agent.buffer.chunks import as_stored
from edge_agent.buffer.opening import Damaged
from edge_agent.buffer.schema import SEQ_MASK, chunk_id, owed_from
from edge_agent.identity_file import Identity
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import Chunk, Lane
from wire.codec import decode, encode_chunks
from wire.errors import CodecError, IdentityError
from wire.parcel import Form, Head, check_parcel, read_pieces, write_parcel
from wire.receipt import Receipt, Receipts

PIECE_BYTES = 1024 * 1024
"""Bodies of about so many bytes go into one piece, as into one upload."""

INBOX = "receipts"
"""Folder in the agent's state directory where a running agent looks for receipts that were brought."""

LOOK_S = 5.0

_HISTORY = chunk_id(Lane.HISTORY, 0)
_JOURNAL = "SELECT v FROM meta WHERE k = 'journal'"
_CHUNKS = "SELECT id, lane, seq, n, t_min, t_max, codec, crc, body FROM chunk WHERE id >= ? AND id < ? ORDER BY id"

_log = get_logger("parcels")


class BadSlip(Exception):
    """A file of receipts that is not believed; ``word`` is ``not_receipts``, ``other_gateway`` or ``bad_signature``."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(detail or word)
        self.word = word


@dataclass
class Exported:
    """What was put into a parcel. ``damaged`` chunks could not be read and are not in it. ``unmarked`` says why the
    agent could not be told of it and may thin what is on the stick, empty where it was told.
    """

    chunks: int = 0
    entries: int = 0
    bytes: int = 0
    damaged: int = 0
    unmarked: str = ""


def export(buffer: Path, out: Path, identity: Identity, made_at: int, version: str) -> Exported:
    """Write everything that the buffer file owes as a signed parcel; nothing leaves the buffer by it.

    The agent may run meanwhile, and is told how far the history went (``edge_agent.buffer.carried``) before that is
    read. ``FileExistsError``, ``OSError`` or ``sqlite3.Error`` where it cannot be done; then there is no file.
    """
    journal, newest = _newest(buffer)
    done, before = Exported(), newest_carried(buffer, journal)
    with out.open("xb") as file:
        try:
            done.unmarked = _mark(buffer, journal, max(before, newest))
            head = Head(identity.gateway, identity.collector, made_at, version)
            with closing(_opened(buffer)) as connection:
                pieces = _pieces(connection, journal, newest, done)
                done.bytes = write_parcel(file, Form.CHUNKS, head, pieces, identity.key)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            out.unlink()
            with suppress(OSError):  # nothing was carried away
                note_carried(buffer, journal, before)
            raise
    return done


def check_slip(source: BinaryIO, identity: Identity) -> None:
    """Return if a file holds receipts that this gateway's collector signed for it; ``BadSlip`` otherwise."""
    try:
        head = check_parcel(source, Form.RECEIPTS, identity.command_key)
    except CodecError as error:
        raise BadSlip("not_receipts", str(error)) from error
    except IdentityError as error:
        raise BadSlip("bad_signature") from error
    if (head.gateway, head.collector) != (identity.gateway, identity.collector):
        raise BadSlip("other_gateway", head.gateway)


def read_slip(source: BinaryIO, identity: Identity) -> Iterator[Receipts]:
    """Yield the receipts of a slip; ``BadSlip`` before the first where it is not believed."""
    check_slip(source, identity)
    try:
        for piece in read_pieces(source, Form.RECEIPTS):
            yield decode(piece, Receipts)
    except CodecError as error:
        raise BadSlip("not_receipts", str(error)) from error


class Inbox:
    """Settles what a running agent finds in its inbox, and takes it away."""

    def __init__(
        self,
        state: Path,
        identity: Callable[[], Identity | None],
        settle: Callable[[Sequence[Receipt]], Awaitable[int]],
        clock: Clock,
    ) -> None:
        self._folder, self._identity, self._settle, self._clock = state / INBOX, identity, settle, clock

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        """Settle every slip that lies there now; one that is not believed is taken away too, and said so."""
        for file in sorted(self._folder.glob("*")) if self._folder.is_dir() else ():
            identity = self._identity()
            if identity is None:
                return
            left = 0
            try:
                with file.open("rb") as source:
                    for receipts in read_slip(source, identity):
                        left += await self._settle(receipts.receipts)
            except (BadSlip, OSError) as error:
                _log.warning("receipts_not_believed", file=file.name, error=str(error))
            else:
                _log.info("receipts_taken", file=file.name, chunks=left)
            file.unlink(missing_ok=True)


def _opened(buffer: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{buffer.absolute().as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda stored: stored.decode(errors="replace")  # damaged words are for the checksum
    return connection


def _newest(buffer: Path) -> tuple[str, int]:
    """Return the journal, and the newest number of its history that is on file, 0 for none."""
    with closing(_opened(buffer)) as connection:
        (journal,) = connection.execute(_JOURNAL).fetchone()
        (newest,) = connection.execute("SELECT max(id) FROM chunk WHERE id > ?", (_HISTORY,)).fetchone()
    return str(journal), (newest or _HISTORY) - _HISTORY


def _mark(buffer: Path, journal: str, seq: int) -> str:
    """Have the agent told; return why it could not be, if so."""
    try:
        note_carried(buffer, journal, seq)
        outwait_relief(buffer)
    except (OSError, sqlite3.Error) as error:
        return str(error)
    return ""


def _owed(connection: sqlite3.Connection, newest: int) -> Iterator[tuple[Any, ...]]:
    for lane, floor in enumerate(owed_from(connection)):
        end = newest + 1 if lane == Lane.HISTORY else SEQ_MASK
        yield from connection.execute(_CHUNKS, (chunk_id(lane, floor), chunk_id(lane, end)))


def _pieces(connection: sqlite3.Connection, journal: str, newest: int, done: Exported) -> Iterator[bytes]:
    connection.execute("BEGIN")
    if connection.execute(_JOURNAL).fetchone() != (journal,):
        raise sqlite3.OperationalError("the buffer was replaced meanwhile")
    part: list[Chunk] = []
    size = 0
    # what came after the mark was written is for the next time: it may be thinned
    for row in _owed(connection, newest):
        try:
            chunk = as_stored(journal, row)
        except Damaged:
            done.damaged += 1
            continue
        if part and size + len(chunk.body) > PIECE_BYTES:
            yield encode_chunks(part)
            part, size = [], 0
        part.append(chunk)
        size += len(chunk.body)
        done.chunks += 1
        done.entries += chunk.n
    if part:
        yield encode_chunks(part)
