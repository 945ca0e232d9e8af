"""What was delivered and stays for a while, for charts and trials of rules: how much of it, how long, and how it goes.

Keeping writes no chunk again: the mark in the counters moves on, and the chunk lies where it lay. Nothing here is owed.
"""

import sqlite3

from edge_agent.buffer.chunks import KEPT_LANES, footprint
from edge_agent.buffer.schema import Counters, chunk_id

MOST_BYTES = 64_000_000
"""More is never kept."""

SHARE = 5
"""Nor more than this part of all that the buffer may hold."""

TRIMMED = 256
"""So many chunks go in one transaction at most: others get their turn in between."""

_KEPT = "FROM chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"


def most_bytes(max_bytes: int) -> int:
    """Return how much a buffer that may hold ``max_bytes`` may keep."""
    return min(MOST_BYTES, max_bytes // SHARE)


def oldest(connection: sqlite3.Connection, counters: Counters) -> int:
    """Return until when (µs) the oldest kept chunk reaches, 0 where none is kept."""
    query = f"SELECT t_max {_KEPT}"
    found = [connection.execute(query, _bounds(lane, counters, 1)).fetchone() for lane in KEPT_LANES]
    return min((row[0] for row in found if row is not None), default=0)


def trim(connection: sqlite3.Connection, counters: Counters, *, before: int, down_to: int) -> int:
    """Delete the oldest of what is kept, within the caller's transaction: all that ended before ``before`` (µs), and as
    much as it takes to come down to ``down_to`` bytes, history first. Return how many chunks went; ``TRIMMED`` at most.
    """
    gone = 0
    for lane in reversed(KEPT_LANES):
        query = f"SELECT id, t_max, length(body) {_KEPT}"
        for key, end, size in connection.execute(query, _bounds(lane, counters, TRIMMED - gone)).fetchall():
            if end >= before and counters.kept_bytes <= down_to:
                break
            connection.execute("DELETE FROM chunk WHERE id = ?", (key,))
            counters.kept_chunks -= 1
            counters.kept_bytes -= footprint(size)
            gone += 1
    return gone


def _bounds(lane: int, counters: Counters, most: int) -> tuple[int, int, int]:
    return chunk_id(lane, 0), chunk_id(lane, counters.owed_from[lane]), most
