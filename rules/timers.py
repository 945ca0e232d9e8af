"""Which device is due next: a heap whose outdated entries are passed over when they come up."""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from rules.device import Device
from rules.watch import NEVER


class Timers:
    """Holds devices by their ``due``. An entry counts while its device still has the ``due`` it was added with."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Device]] = []
        self._added = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, device: Device) -> None:
        """Note the device's ``due``; nothing to do for ``NEVER``."""
        if device.due != NEVER:
            self._added += 1
            heappush(self._heap, (device.due, self._added, device))

    def rebuild(self, devices: Iterable[Device]) -> None:
        """Hold exactly what is due among ``devices``: after a clock was set, or when outdated entries pile up."""
        running = [device for device in devices if device.due != NEVER]
        self._heap = [(device.due, index, device) for index, device in enumerate(running, self._added + 1)]
        self._added += len(running)
        heapify(self._heap)

    def next_due(self) -> int | None:
        """Return the earliest ``due`` (µs), or ``None``."""
        while self._heap and self._heap[0][2].due != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_out(self, now: int) -> Iterator[Device]:
        """Yield, earliest first, each device that is due by ``now`` (µs); the caller moves it on and adds it again."""
        while (due := self.next_due()) is not None and due <= now:
            yield heappop(self._heap)[2]
