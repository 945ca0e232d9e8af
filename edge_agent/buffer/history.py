"""What a buffer file still tells of the past, owed or kept: read beside a running agent, in the order of event time."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, TypeAlias

from msgspec.structs import replace

from edge_agent.buffer.chunks import as_stored
from edge_agent.buffer.remembered import meta
from edge_agent.buffer.schema import chunk_id
from edge_agent.buffer.thinning import HOUR_US
from wire.alert import AlertChange
from wire.chunk import Chunk, ClockFix, ClockMark, ClockState, Content, Lane
from wire.codec import unseal
from wire.errors import CodecError
from wire.event import Event
from wire.reading import Batch

OFF_US = 10_000_000
"""A hole shorter than this is none, whatever was told after it."""

LONG_US = 6 * HOUR_US
"""In a hole as long as this the agent cannot have run: something is asked for more often."""

SHIFT_US = 600_000_000
"""By so much at most what was taken before the clock was set is moved to its true time; dated worse, it has none."""

_OUTLINE = "SELECT id, t_min, t_max FROM chunk WHERE id > ? AND id < ? ORDER BY id LIMIT 2000"
_COLUMNS = "SELECT id, lane, seq, n, t_min, t_max, codec, crc, body FROM chunk"
_WHOLE = f"{_COLUMNS} WHERE id = ?"
_NEXT = f"{_COLUMNS} WHERE id > ? AND id < ? ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Pause:
    """From ``at`` until ``end`` (µs) nothing is told: the agent did not run, or it is no longer stored."""

    at: int
    end: int


Item: TypeAlias = Batch | Event | AlertChange | Pause


@dataclass
class Coverage:
    """How far what was read reaches (µs; 0 for nothing), and what is known to be missing from it.

    ``pauses`` are holes of the whole gateway; ``lost`` counts readings by reason that gap records tell of, ``missed``
    slots by (device, reason) in which no reading came or none was stored; ``thinned`` are devices of which only
    summaries are left, with how many readings they stand for; ``undated`` readings were taken before the clock was
    set, and when is not known well enough, ``unreadable`` chunks are damaged: neither is told.
    """

    begin: int = 0
    end: int = 0
    chunks: int = 0
    pauses: list[Pause] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    thinned: Counter[str] = field(default_factory=Counter)
    undated: int = 0
    unreadable: int = 0


class History:
    """The past in the file at ``path`` between two times (µs); ``coverage`` is complete once ``items`` has ended.

    A chunk at a time is in memory, and of each other its number and times. No transaction stays open meanwhile, so the
    agent is not held up; what it deletes meanwhile is missing. Every method may raise ``sqlite3.Error``.
    """

    def __init__(self, path: Path, since: int, until: int, lanes: Sequence[Lane] = (Lane.ALARM, Lane.HISTORY)) -> None:
        self._path, self._since, self._until, self._lanes = path, since, until, lanes
        self.coverage = Coverage()
        self._pending: list[tuple[int, int, Item]] = []
        self._number = 0
        self._reached = 0
        self._fixes: dict[str, ClockFix] = {}

    def items(self) -> Iterator[Item]:
        """Yield batches, events, changes of alerts and pauses by their times."""
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5)) as connection:
            connection.text_factory = lambda stored: stored.decode(errors="replace")
            journal = str(meta(connection, "journal"))
            self._find_fixes(connection, journal)
            for begin, key in sorted(self._outline(connection)):
                yield from self._before(begin - SHIFT_US)
                row = connection.execute(_WHOLE, (key,)).fetchone()
                if row is not None:
                    self._take(journal, row)
        yield from self._before(self._until + 1)

    def _outline(self, connection: sqlite3.Connection) -> Iterator[tuple[int, int]]:
        for lane in self._lanes:
            key, end = chunk_id(lane, 0), chunk_id(lane + 1, 0)
            while rows := connection.execute(_OUTLINE, (key, end)).fetchall():
                key = rows[-1][0]
                yield from ((first, one) for one, first, last in rows if last >= self._since and first <= self._until)

    def _take(self, journal: str, row: tuple[Any, ...]) -> None:
        try:
            chunk = as_stored(journal, row)
            content = unseal(chunk)
        except (sqlite3.DatabaseError, CodecError):
            self.coverage.unreadable += 1
            return
        self._account(content)
        shift = self._shift(content.clock)
        if shift is None:
            self.coverage.undated += chunk.n
            return
        self._follow(chunk, content)
        told: tuple[Batch | Event | AlertChange, ...] = (*content.batches, *content.events, *content.alerts)
        for one in told:
            self._put(one.at + shift, replace(one, at=one.at + shift) if shift else one)
        for summary in content.summaries:
            self.coverage.thinned[summary.device] += sum(summary.n)
            at = summary.start + summary.width_s * 1_000_000 + shift
            self._put(at, Batch(summary.device, at, summary.points, summary.last))

    def _shift(self, mark: ClockMark) -> int | None:
        """Return by how much (µs) what is under this mark is to be moved, ``None`` where nobody knows."""
        if mark.state is not ClockState.UNSYNCED:
            return 0
        fix = self._fixes.get(mark.boot)
        shift = fix.offset - (mark.wall - mark.mono) if fix is not None else SHIFT_US + 1
        return shift if abs(shift) <= SHIFT_US else None

    def _find_fixes(self, connection: sqlite3.Connection, journal: str) -> None:
        """Learn what the right time turned out to be; it is told in the lane of alarms, after what it corrects."""
        key, end = chunk_id(Lane.ALARM, 0), chunk_id(Lane.ALARM + 1, 0)
        while (row := connection.execute(_NEXT, (key, end)).fetchone()) is not None:
            key = row[0]
            with suppress(sqlite3.DatabaseError, CodecError):
                self._fixes.update((fix.boot, fix) for fix in unseal(as_stored(journal, row)).fixes)

    def _follow(self, chunk: Chunk, content: Content) -> None:
        """Notice a hole: after a start the agent tells at once of what was due and not asked while it was off."""
        found = self.coverage
        found.chunks += 1
        found.begin = min(found.begin or chunk.t_min, chunk.t_min)
        if chunk.lane != Lane.HISTORY:
            return
        hole = chunk.t_min - self._reached if self._reached else 0
        off = any(line.reason == "not_running" for line in content.missed)
        if hole > LONG_US or (off and hole > OFF_US):
            pause = Pause(self._reached, chunk.t_min)
            found.pauses.append(pause)
            self._put(pause.end, pause)
        self._reached = found.end = max(self._reached, chunk.t_max)

    def _account(self, content: Content) -> None:
        found = self.coverage
        for gap in content.gaps:
            if gap.reason != "thinned" and gap.end >= self._since and gap.start <= self._until:
                found.lost[gap.reason] += gap.count
        for line in content.missed:
            if self._since - HOUR_US <= line.hour <= self._until:
                found.missed[line.device, line.reason] += line.count

    def _put(self, at: int, one: Item) -> None:
        if self._since <= at <= self._until:
            self._number += 1
            heappush(self._pending, (at, self._number, one))

    def _before(self, at: int) -> Iterator[Item]:
        while self._pending and self._pending[0][0] < at:
            yield heappop(self._pending)[2]
