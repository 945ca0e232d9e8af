"""Puts what comes late in the order in which it happened: held back for as long as lateness is tolerated."""

from heapq import heappop, heappush

from wire.event import Event
from wire.reading import Batch


class Order:
    """Holds batches and events for ``late_us`` and gives them back by time; of one moment by device, events last."""

    def __init__(self, late_us: int) -> None:
        self.late_us = late_us
        self._heap: list[tuple[int, bool, str, str, int, Batch | Event]] = []
        self._newest = 0
        self._added = 0

    def put(self, one: Batch | Event) -> None:
        """Take what has come."""
        self._newest = max(self._newest, one.at)
        self._added += 1
        is_event = isinstance(one, Event)
        name = one.id if isinstance(one, Event) else repr((one.points, one.values, one.quality))
        heappush(self._heap, (one.at, is_event, one.device, name, self._added, one))

    def ripe(self, now: int | None = None) -> list[Batch | Event]:
        """Return, earliest first, what nothing can come before any more: by the newest that came, or by ``now``."""
        until = max(self._newest, now or 0) - self.late_us
        found = []
        while self._heap and self._heap[0][0] <= until:
            found.append(heappop(self._heap)[-1])
        return found

    def next_ripe(self) -> int | None:
        """Return when the earliest is ripe (µs)."""
        return self._heap[0][0] + self.late_us if self._heap else None

    def all(self) -> list[Batch | Event]:
        """Return everything held, earliest first: the clock was set, and nothing can be compared with it any more."""
        found = [heappop(self._heap)[-1] for _ in range(len(self._heap))]
        self._newest = 0
        return found
