"""What a damaged buffer file still has: chunks whose checksum is right, found page by page, a slice at a time."""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from edge_agent.buffer.pages import Pages, Value
from edge_agent.buffer.ranges import Pairs, Ranges, without
from edge_agent.buffer.remembered import CommandRow
from edge_agent.buffer.schema import LANE_SHIFT, chunk_id
from edge_agent.buffer.witness import LaneStanding, Standing
from wire.chunk import Chunk, Gap, Lane
from wire.codec import span, unseal
from wire.errors import CodecError

JUMP = 1 << 20
"""By so much the sequence numbers go on after damage: none that may have been given out is ever given out again."""

SLICE_BYTES = 2 * 1024 * 1024
"""So much is read, or found, at a turn; the writer thread does what else it has to do between two turns."""

UNKNOWN_JUMP = 1 << 40
"""The same where not even the last numbers are known."""

_HEAD_PAGES = 64  # what is remembered lies at the beginning of the file
_SEQS_TOLD = 5000
_JOURNAL = re.compile(r"[0-9a-f]{32}")
_LANES = tuple(int(lane) for lane in Lane)
_COUNTERS = (13, 18)  # columns of the counters' row: as version 2 wrote it, and since
_QUARANTINED = 11


class Job(Struct, array_like=True, frozen=True):
    """What salvage has done and has to do, kept in the new file, so that a killed agent goes on where it was.

    ``files`` are the names, beside the buffer, of what is still to be read, and ``why`` is what was wrong. With
    ``known``, ``owed`` names the chunks that await their receipt; else any chunk is taken and ``owed`` has totals at
    most; chunks below ``owed_from`` were delivered and only kept. ``taken`` and ``saved`` (entries of those owed) are
    by lane.
    """

    files: tuple[str, ...]
    why: str
    owed: Standing
    known: bool
    position: int = 0
    taken: tuple[Pairs, ...] = ((), (), ())
    saved: tuple[int, ...] = (0, 0, 0)
    owed_from: tuple[int, ...] = (0, 0, 0)

    @property
    def lost(self) -> int:
        """Entries that were owed and are not saved; what is lost once nothing is left to read."""
        if self.known:
            return sum(max(0, lane.entries - saved) for lane, saved in zip(self.owed.lanes, self.saved, strict=True))
        return max(0, self.owed.entries - sum(self.saved))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A chunk that lay in the quarantine: why, and since when (µs)."""

    chunk: Chunk
    reason: str
    at: int


@dataclass(slots=True)
class Haul:
    """What one slice brought up. ``job`` is true once this is stored; ``surplus`` entries were not known to be owed."""

    job: Job
    done: bool = False
    surplus: int = 0
    chunks: list[Chunk] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    commands: list[CommandRow] = field(default_factory=list)
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a damaged file before its chunks are read: see ``Job``; ``meta`` is what it remembered."""

    owed: Standing
    known: bool
    meta: dict[str, Value]
    owed_from: tuple[int, ...] = (0, 0, 0)

    def job(self, files: tuple[str, ...], why: str) -> Job:
        """Return what salvage has to do, with nothing done yet."""
        return Job(files, why, self.owed, self.known, owed_from=self.owed_from)


class Salvage:
    """One damaged file being read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages: Pages | None = None
        self._name = ""

    def step(self, job: Job, size: int = SLICE_BYTES) -> Haul:
        """Read on from where ``job`` stands for about ``size`` bytes; never raises for what it finds."""
        if not job.files:
            return Haul(job, done=True)
        if self._pages is None or self._name != job.files[0]:
            self.close()
            self._name = job.files[0]
            self._pages = Pages(self._folder / self._name)
        search = _Search(job)
        position, end = job.position, len(self._pages)
        stop = min(end, position + max(1, size // self._pages.page_bytes))
        while position < stop and search.haul.bytes < size:
            search.take(self._pages.table_rows(position))
            position += 1
        if position < end:
            return search.finish(position, job.files)
        self.close()
        return search.finish(0, job.files[1:])

    def close(self) -> None:
        """Give the damaged file back."""
        if self._pages is not None:
            self._pages.close()
            self._pages = None


def examine(path: Path, witness: Standing | None) -> Evidence:
    """Look at what can be known at once about the damaged or missing file at ``path``."""
    pages = Pages(path)
    try:
        meta, counters = _heads(pages)
    finally:
        pages.close()
    journal = meta.get("journal")
    if not isinstance(journal, str) or not _JOURNAL.fullmatch(journal):
        journal = ""
    if witness is not None and journal in ("", witness.journal):
        return Evidence(witness, True, meta)
    if not journal:
        return Evidence(Standing(secrets.token_hex(16)), False, meta)
    return Evidence(_from_counters(journal, counters), False, meta, tuple(counters[12:15]) or (0, 0, 0))


def next_seqs(owed: Standing) -> list[int]:
    """Return for each lane the number after which the new file goes on."""
    known = any(lane.last_seq for lane in owed.lanes)
    return [lane.last_seq + (JUMP if known else UNKNOWN_JUMP) for lane in owed.lanes]


def gaps(job: Job, now: int) -> list[Gap]:
    """Return what to tell of a salvage that is done: one record for each lane that lost something."""
    owed = job.owed
    start = min(owed.oldest_at or now, now)
    if not job.known:
        return [Gap("entries", job.lost, "buffer_damaged", start, now)] if job.lost else []
    found = []
    for lane in _LANES:
        lost = owed.lanes[lane].entries - job.saved[lane]
        if lost > 0:
            missing = Ranges(without(owed.lanes[lane].pending, job.taken[lane])).bounded(_SEQS_TOLD)
            found.append(Gap("entries", lost, "buffer_damaged", start, now, owed.journal, lane, missing))
    return found


class _Search:
    """Picks rows by their shape, whatever page they lie on, and keeps account."""

    def __init__(self, job: Job) -> None:
        self.haul = Haul(job)
        self._job = job
        self._owed = [Ranges(lane.pending) for lane in job.owed.lanes]
        self._taken = [Ranges(pairs) for pairs in job.taken]
        self._saved = list(job.saved)

    def take(self, rows: Iterator[tuple[int, list[Value]]]) -> None:
        for rowid, columns in rows:
            if len(columns) == 9:
                self._chunk(rowid, columns)
            elif len(columns) == _QUARANTINED:
                self._rejected(rowid, columns)
            elif len(columns) == 4 and columns[2] in ("accepted", "done"):
                command, device, state, at = columns
                if isinstance(command, str) and isinstance(device, str) and isinstance(at, int):
                    self.haul.commands.append((command, device, str(state), at))

    def finish(self, position: int, files: tuple[str, ...]) -> Haul:
        taken = tuple(ranges.pairs() for ranges in self._taken)
        if not self._job.known:
            before, after, owed = sum(self._job.saved), sum(self._saved), self._job.owed.entries
            self.haul.surplus += max(0, after - owed) - max(0, before - owed)
        self.haul.job = replace(self._job, files=files, position=position, taken=taken, saved=tuple(self._saved))
        self.haul.done = not files
        return self.haul

    def _chunk(self, rowid: int, columns: Sequence[Value]) -> None:
        lane, seq = rowid >> LANE_SHIFT, rowid & ((1 << LANE_SHIFT) - 1)
        if lane not in _LANES or columns[:3] != [None, lane, seq] or seq in self._taken[lane]:
            return
        standing = self._job.owed.lanes[lane]
        owed = not self._job.known or seq in self._owed[lane]
        if not owed and not standing.last_seq < seq <= standing.last_seq + JUMP:
            return
        if not self._job.known and seq < self._job.owed_from[lane]:
            return
        chunk = sound_chunk(self._job.owed.journal, columns)
        if chunk is None:
            return
        self._taken[lane].add(seq)
        self.haul.chunks.append(chunk)
        self.haul.bytes += len(chunk.body)
        n = 0 if lane == Lane.STATE else chunk.n  # the state lane's are copies
        if owed:
            self._saved[lane] += n
        else:
            self.haul.surplus += n

    def _rejected(self, rowid: int, columns: Sequence[Value]) -> None:
        chunk = sound_chunk(self._job.owed.journal, columns[:9])
        reason, at = columns[9:]
        if chunk is None or rowid != chunk_id(chunk.lane, chunk.seq):
            return
        if isinstance(reason, str) and isinstance(at, int):
            self.haul.rejected.append(Rejected(chunk, reason, at))
            self.haul.bytes += len(chunk.body)


def sound_chunk(journal: str, columns: Sequence[Value]) -> Chunk | None:
    """Return the chunk that a row of the chunk table holds, ``None`` unless its body is whole and can be read.

    What the body itself tells (how many entries, from when to when) is believed before the columns beside it.
    """
    _, *numbers, body = columns
    if not isinstance(body, bytes) or not all(isinstance(number, int) for number in numbers):
        return None
    lane, seq, n, t_min, t_max, codec, crc = (int(number) for number in numbers if isinstance(number, int))
    chunk = Chunk(journal, lane, seq, n, t_min, t_max, codec, crc, body)
    try:
        content = unseal(chunk)
    except CodecError:
        return None
    first, last = span(content)
    return chunk if (first, last) == (t_min, t_max) else replace(chunk, t_min=first, t_max=last)


def _heads(pages: Pages) -> tuple[dict[str, Value], list[int]]:
    """Return what is remembered by name, and the row of counters; the newest image that has them counts."""
    meta: dict[str, Value] = {}
    counters: list[int] = []
    for position in pages.heads(_HEAD_PAGES):
        for row in pages.index_rows(position):
            if len(row) == 2 and isinstance(row[0], str):
                meta.setdefault(row[0], row[1])
        for rowid, columns in pages.table_rows(position):
            numbers = [number for number in columns[1:] if isinstance(number, int)]
            if not counters and rowid == 1 and len(columns) in _COUNTERS and len(columns) == len(numbers) + 1:
                counters = numbers
    return meta, counters


def _from_counters(journal: str, counters: Sequence[int]) -> Standing:
    if not counters:
        return Standing(journal)
    alarm, state, history = counters[:3]
    produced, pending, quarantined, dropped, thinned, salvaged = counters[6:12]
    lanes = (LaneStanding(alarm), LaneStanding(state), LaneStanding(history, pending))
    return Standing(journal, lanes, produced, quarantined, thinned, dropped, salvaged)
