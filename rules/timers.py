"""Which running period ends next, over all devices: a heap whose outdated entries are passed over when they come up."""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from rules.watch import NEVER, Watch


class Timers:
    """Holds watches by their ``due``. An entry counts while its watch still has the ``due`` it was added with."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Watch]] = []
        self._added = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, watch: Watch) -> None:
        """Note the watch's ``due``; nothing to do for ``NEVER``."""
        if watch.due != NEVER:
            self._added += 1
            heappush(self._heap, (watch.due, self._added, watch))

    def rebuild(self, watches: Iterable[Watch]) -> None:
        """Hold exactly what runs among ``watches``: after a clock was set, or when outdated entries pile up."""
        running = [watch for watch in watches if watch.due != NEVER]
        self._heap = [(watch.due, index, watch) for index, watch in enumerate(running, self._added + 1)]
        self._added += len(running)
        heapify(self._heap)

    def next_due(self) -> int | None:
        """Return the earliest running ``due`` (µs), or ``None``."""
        while self._heap and self._heap[0][2].due != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_out(self, now: int) -> Iterator[Watch]:
        """Yield, earliest first, each watch whose period ended by ``now`` (µs); the caller moves it on."""
        while (due := self.next_due()) is not None and due <= now:
            yield heappop(self._heap)[2]
