"""What a buffer file takes of its disk: pages in use, free ones, and the way in which these go back."""

import sqlite3
from contextlib import suppress

RECLAIM_BYTES = 8_000_000
"""Free pages stay in the file, to be used again, until they are more than this and more than half of it."""

RECLAIM_PAGES = 2000
"""So many pages at once go back to the disk: others get their turn in between."""


class Footprint:
    """Of one open file; every method may raise ``sqlite3.Error`` unless it says otherwise."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._page_size = self._pragma("page_size")

    def measure(self) -> tuple[int, int]:
        """Return the bytes of the pages in use, and of those in the file that hold nothing.

        Cheapest inside a transaction, where it takes no locks of its own.
        """
        free = self._pragma("freelist_count")
        return (self._pragma("page_count") - free) * self._page_size, free * self._page_size

    def shrink(self) -> bool:
        """Give some free pages back to the disk if a lot is free; tell whether there is more to give."""
        if not self._much_is_free():
            return False
        # execute() would free a single page: it steps the statement once. A script runs it to its end.
        self.connection.executescript(f"PRAGMA incremental_vacuum({RECLAIM_PAGES})")
        if self._much_is_free():
            return True
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return False

    def restart_log(self) -> bool:
        """Have the log written from its beginning again, so that it need not grow; tell whether that won anything.

        Never raises.
        """
        with suppress(sqlite3.Error):
            busy, frames, moved = self.connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            return not busy and frames == moved > 0
        return False

    def _much_is_free(self) -> bool:
        free = self._pragma("freelist_count")
        return free * self._page_size > RECLAIM_BYTES and free * 2 > self._pragma("page_count")

    def _pragma(self, name: str) -> int:
        return int(self.connection.execute(f"PRAGMA {name}").fetchone()[0])
