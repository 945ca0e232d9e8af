"""The account of what is owed, number by number, in memory: what the witness tells and what salvage is measured by."""

import sqlite3
from collections.abc import Sequence

from edge_agent.buffer.ranges import Pairs, Ranges, without
from edge_agent.buffer.salvage import Job
from edge_agent.buffer.schema import Counters, chunk_id, entries
from edge_agent.buffer.witness import RANGES_TOLD, LaneStanding, Standing
from wire.chunk import ClockMark, Lane

COUNTED = 20_000
"""Up to so many chunks of a lane are looked through when a file is opened whose witness is missing or stale; beyond
that one range stands for all of them.
"""


class Book:
    """What awaits its receipt, by lane: on file, or in a damaged file that is still being read.

    ``put`` and ``take`` belong to a transaction: ``commit`` or ``roll_back`` ends it. What is put twice or taken twice
    counts once. Entries are those that count (``entries``).
    """

    def __init__(self, lanes: Sequence[LaneStanding]) -> None:
        self._numbers = [Ranges(lane.pending) for lane in lanes]
        self._entries = [lane.entries for lane in lanes]
        self._chunks = [lane.chunks for lane in lanes]
        self._undo: list[tuple[int, int, int, int]] = []

    def put(self, lane: int, seq: int, n: int) -> None:
        """Owe chunk ``seq``."""
        if seq not in self._numbers[lane]:
            self._change(lane, seq, n, 1)

    def take(self, lane: int, seq: int, n: int, *, for_good: bool = False) -> None:
        """Owe it no longer; ``for_good``: whatever becomes of the transaction."""
        if seq in self._numbers[lane]:
            self._change(lane, seq, n, -1)
            if for_good:
                self._undo.pop()

    def owes(self, lane: int, seq: int) -> bool:
        """Tell whether this number awaits its receipt."""
        return lane < len(self._numbers) and seq in self._numbers[lane]

    def give_up(self, lane: int, missing: Pairs, lost: int) -> None:
        """Owe these numbers, ``lost`` entries in all, no longer: they will never come."""
        self._numbers[lane] = Ranges(without(self._numbers[lane].pairs(), missing))
        self._entries[lane] -= lost

    def commit(self) -> None:
        """End the transaction."""
        self._undo.clear()

    def roll_back(self) -> None:
        """Undo what the transaction changed."""
        for lane, seq, n, sign in reversed(self._undo):
            self._change(lane, seq, n, -sign)
        self._undo.clear()

    def standing(
        self, journal: str, now: Counters, kept: Sequence[int], shown: int, oldest_at: int, up_to: ClockMark | None
    ) -> Standing:
        """Return the account as the witness tells it, with the counters that go with it; see ``Standing``."""
        return Standing(
            journal,
            tuple(
                LaneStanding(
                    now.seqs[lane],
                    self._entries[lane],
                    self._chunks[lane],
                    self._numbers[lane].bounded(most),
                    kept[lane],
                )
                for lane, most in RANGES_TOLD.items()
            ),
            produced=now.produced,
            quarantined=now.quarantined,
            thinned=now.thinned,
            dropped=now.dropped,
            salvaged=now.salvaged,
            shown=shown,
            oldest_at=oldest_at,
            up_to=up_to,
        )

    def _change(self, lane: int, seq: int, n: int, sign: int) -> None:
        if sign > 0:
            self._numbers[lane].add(seq)
        else:
            self._numbers[lane].discard(seq)
        self._entries[lane] += sign * entries(lane, n)
        self._chunks[lane] += sign
        self._undo.append((lane, seq, n, sign))


def open_book(
    connection: sqlite3.Connection, journal: str, counters: Counters, witness: Standing | None, job: Job | None
) -> Book:
    """Return the account of a file as it is opened: the witness's where that is up to date, else as the file shows."""
    told = (witness.journal, [lane.kept or lane.last_seq for lane in witness.lanes]) if witness is not None else None
    if witness is not None and told == (journal, counters.seqs):
        return Book(witness.lanes)
    if job is not None and job.known and not any(counters.chunks) and not any(job.taken):
        return Book(job.owed.lanes)
    lanes = []
    left = counters.pending
    for lane in Lane:  # history last: what the others do not have is its own
        found = _look_through(connection, lane, counters, left)
        left -= found.entries
        lanes.append(found if job is None or not job.known else _with_owed(found, lane, job))
    return Book(lanes)


def _look_through(connection: sqlite3.Connection, lane: int, counters: Counters, left: int) -> LaneStanding:
    chunks, last = counters.chunks[lane], counters.seqs[lane]
    bounds = (chunk_id(lane, counters.owed_from[lane]), chunk_id(lane + 1, 0))
    if chunks <= COUNTED:
        rows = connection.execute("SELECT seq, n FROM chunk WHERE id >= ? AND id < ? ORDER BY id", bounds).fetchall()
        numbers = Ranges((seq, seq) for seq, _ in rows).pairs()
        return LaneStanding(last, sum(entries(lane, n) for _, n in rows), chunks, numbers)
    first = connection.execute("SELECT seq FROM chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT 1", bounds).fetchone()
    total = left if lane == Lane.HISTORY else 0
    return LaneStanding(last, total, chunks, ((first[0], last),) if first else ())


def _with_owed(found: LaneStanding, lane: int, job: Job) -> LaneStanding:
    owed = job.owed.lanes[lane]
    rest = tuple(without(owed.pending, job.taken[lane]))
    missing = max(0, owed.entries - job.saved[lane])
    return LaneStanding(found.last_seq, found.entries + missing, found.chunks, (*found.pending, *rest))
