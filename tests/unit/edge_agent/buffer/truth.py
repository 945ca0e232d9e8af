"""The buffer's truth oracle: it knows what was put in, takes what comes out, and says whether all is accounted for."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.buffer.ranges import Ranges
from edge_agent.buffer.thinning import HOUR_US
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, receipt
from wire.chunk import Chunk, ClockMark, ClockState, Lane
from wire.codec import unseal
from wire.reading import Batch


class Truth:
    """Everything is counted by (device, point, hour)."""

    def __init__(self) -> None:
        self.put: Counter[tuple[str, str, int]] = Counter()
        self.rows: Counter[tuple[str, str, int]] = Counter()
        self.summed: Counter[tuple[str, str, int]] = Counter()
        self.lost: dict[str, Counter[tuple[str, str, int]]] = {}
        self.alerts: Counter[str] = Counter()
        self.arrived = [Ranges() for _ in Lane]
        self.never = Ranges()

    async def give(self, buffer: Buffer, batch: Batch) -> None:
        """Put ``batch`` in."""
        self.put.update((batch.device, point, batch.at // HOUR_US) for point in batch.points)
        await buffer.put(batch)

    async def deliver(self, buffer: Buffer, max_bytes: int = 1 << 30) -> int:
        """Be the collector for one upload; return how many chunks came."""
        chunks = await buffer.peek(max_bytes, 1000)
        for chunk in chunks:
            self._take(chunk)
        await buffer.settle([receipt(chunk) for chunk in chunks])
        return len(chunks)

    def _take(self, chunk: Chunk) -> None:
        if chunk.seq in self.arrived[chunk.lane]:
            return  # sent again after a kill, and recognised by its number
        self.arrived[chunk.lane].add(chunk.seq)
        content = unseal(chunk)
        for batch in content.batches:
            self.rows.update((batch.device, point, batch.at // HOUR_US) for point in batch.points)
        for one in content.summaries:
            for point, n in zip(one.points, one.n, strict=True):
                self.summed[one.device, point, one.start // HOUR_US] += n
        self.alerts.update(change.alert for change in content.alerts)
        for gap in content.gaps:
            lost = self.lost.setdefault(gap.reason, Counter())
            for loss in gap.losses:
                lost[loss.device, loss.point, loss.hour // HOUR_US] += loss.count
            for first, last in gap.seqs:
                for seq in range(first, last + 1):
                    assert seq not in self.never, "the same number was given up twice"
                    self.never.add(seq)

    def check(self, last_seq: int) -> None:
        """Assert that every reading and every sequence number of the history is accounted for, once."""
        total = Counter(self.rows)
        for lines in self.lost.values():
            total.update(lines)
        assert +total == self.put
        assert self.summed == Counter({key: n for key, n in self.lost.get("thinned", Counter()).items() if n})
        arrived = self.arrived[Lane.HISTORY]
        assert arrived.size() + self.never.size() == last_seq
        assert not [seq for first, last in self.never.pairs() for seq in range(first, last + 1) if seq in arrived]


@asynccontextmanager
async def opened_by_a_right_clock(path: Path, **limits: float) -> AsyncIterator[Buffer]:
    """Open a buffer for the block, whatever the kernel says of this machine's clock, and close it after."""
    clock = FakeClock(T0)
    settings = BufferSettings(**limits)  # type: ignore[arg-type]

    def mark() -> ClockMark:
        return ClockMark("boot", ClockState.SYNCED, clock.now(), int(clock.monotonic() * 1_000_000))

    buffer = await Buffer.open(path, clock, settings, clock_mark=mark)
    try:
        yield buffer
    finally:
        await buffer.close()
