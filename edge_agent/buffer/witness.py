"""The buffer's witness: a small file beside it that tells, after the buffer was damaged, what must have been in it."""

import os
from contextlib import suppress
from pathlib import Path
from struct import Struct as Layout
from zlib import crc32

import msgspec
from msgspec import Struct

from edge_agent.buffer.ranges import Pairs
from wire.chunk import ClockMark, Lane

SLOT_BYTES = 4096
"""Two slots of this size, written in turn: what is torn by a power cut is the older one, or the other still stands."""

RANGES_TOLD = {int(Lane.ALARM): 60, int(Lane.STATE): 10, int(Lane.HISTORY): 120}
"""So many ranges of each lane have room in a slot; beyond it neighbours are told as one."""

_HEAD = Layout("<8sQII")
_MAGIC = b"linliwi1"


class LaneStanding(Struct, array_like=True, frozen=True):
    """One lane: the highest sequence number ever given, and what awaits its receipt: entries, chunks, numbers; ``kept``
    is the highest number as of the last commit, which the file has to know.
    """

    last_seq: int = 0
    entries: int = 0
    chunks: int = 0
    pending: Pairs = ()
    kept: int = 0


class Standing(Struct, array_like=True, frozen=True):
    """What the buffer owed and had done when this was written, counted as in ``Stats``.

    ``shown`` is the id of the newest history chunk that may be on its way, ``oldest_at`` the time (µs) of the oldest
    entry that waits, ``up_to`` the moment when history was last handed over.
    """

    journal: str
    lanes: tuple[LaneStanding, ...] = (LaneStanding(), LaneStanding(), LaneStanding())
    produced: int = 0
    quarantined: int = 0
    thinned: int = 0
    dropped: int = 0
    salvaged: int = 0
    shown: int = 0
    oldest_at: int = 0
    up_to: ClockMark | None = None

    @property
    def entries(self) -> int:
        """All entries that await their receipt."""
        return sum(lane.entries for lane in self.lanes)


class Witness:
    """The file ``<buffer>.witness``; writing is a few microseconds and never waits for the disk. Nothing here raises:
    without its witness the buffer works as well, and then knows of a loss only that it was ``at least`` so much.
    """

    def __init__(self, buffer: Path) -> None:
        self._path = buffer.with_name(f"{buffer.name}.witness")
        self._file = -1
        found = _read(self._path)
        self._number = found[0] if found else 0
        self.found = found[1] if found else None
        """What was written last, by an earlier process to begin with; ``None`` where no slot was sound."""

    def write(self, standing: Standing) -> None:
        """Tell ``standing``; the slot written before it stays as it is."""
        body = msgspec.msgpack.encode(standing)
        if _HEAD.size + len(body) > SLOT_BYTES:
            return
        self._number += 1
        self.found = standing
        head = _HEAD.pack(_MAGIC, self._number, len(body), crc32(body, self._number & 0xFFFFFFFF))
        try:
            if self._file < 0 or os.fstat(self._file).st_nlink == 0:
                self._open()
            os.pwrite(self._file, head + body, self._number % 2 * SLOT_BYTES)
        except OSError:
            self.close()

    def close(self) -> None:
        """Give the file back; the next ``write`` opens it again."""
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        self.close()
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        missing = 2 * SLOT_BYTES - os.fstat(self._file).st_size
        if missing > 0:
            os.pwrite(self._file, bytes(missing), 2 * SLOT_BYTES - missing)


def _read(path: Path) -> tuple[int, Standing] | None:
    try:
        with path.open("rb") as file:
            whole = file.read(2 * SLOT_BYTES)
    except OSError:
        return None
    slots = [_slot(whole[at : at + SLOT_BYTES]) for at in (0, SLOT_BYTES)]
    return max((slot for slot in slots if slot), key=lambda slot: slot[0], default=None)


def _slot(slot: bytes) -> tuple[int, Standing] | None:
    if len(slot) < _HEAD.size:
        return None
    magic, number, length, crc = _HEAD.unpack_from(slot)
    body = slot[_HEAD.size : _HEAD.size + length]
    if magic != _MAGIC or crc32(body, number & 0xFFFFFFFF) != crc:
        return None
    try:
        standing = msgspec.msgpack.decode(body, type=Standing)
    except msgspec.MsgspecError:
        return None
    return (number, standing) if len(standing.lanes) == len(Lane) else None
