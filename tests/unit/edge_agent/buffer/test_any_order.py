"""Whatever is done in whatever order, kills included: nothing durable is lost or doubled, no number is used twice."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.buffer.verification import verify
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, alert, as_after_sigkill, batch, receipt
from wire.chunk import Chunk, Content, Lane
from wire.codec import unseal
from wire.receipt import Fate

STEPS = st.one_of(
    st.tuples(st.just("put_readings"), st.integers(1, 6)),
    st.tuples(st.sampled_from(("alarm", "state", "flush", "kill", "restart", "step_clock", "tend")), st.just(0)),
    st.tuples(st.just("upload"), st.integers(1, 5)),
    st.tuples(st.sampled_from(("lose_receipts", "keep", "reject", "upload_out_of_order")), st.integers(1, 3)),
)


@dataclass
class Run:
    """One buffer and what the world knows of it: what was put, what is durable, what the collector has by its name."""

    folder: Path
    clock: FakeClock = field(default_factory=lambda: FakeClock(T0))
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    put: list[int] = field(default_factory=list)
    durable: set[int] = field(default_factory=set)
    seen: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    stored: dict[tuple[str, int, int], Content] = field(default_factory=dict)
    rejected: dict[tuple[str, int, int], Content] = field(default_factory=dict)
    left: set[tuple[str, int, int]] = field(default_factory=set)

    async def open(self, path: Path) -> None:
        self.path = path
        self.buffer = await Buffer.open(path, self.clock, BufferSettings(flush_readings=7))

    async def go(self, steps: list[tuple[str, int]]) -> None:
        await self.open(self.folder / "buffer.db")
        for name, amount in steps:
            await getattr(self, name)(amount)
            self.judge_counts()
        await self.buffer.flush()
        self.durable.update(self.put)
        while await self.upload(50):
            pass
        await self.buffer.close()
        self.judge()

    # -- what the agent does

    async def put_readings(self, readings: int) -> None:
        number = next(self.numbers)
        self.put.append(number)
        await self.buffer.put(batch(T0 + number, readings))

    async def alarm(self, _: int) -> None:
        number = next(self.numbers)
        self.put.append(number)
        assert await self.buffer.put_now(alerts=[alert(number)], rules_state=b"%d" % number)
        self.durable.add(number)
        assert await self.buffer.rules_state() == b"%d" % number

    async def state(self, _: int) -> None:
        await self.buffer.put_state()

    async def flush(self, _: int) -> None:
        assert await self.buffer.flush()
        self.durable.update(self.put)

    async def step_clock(self, _: int) -> None:
        self.clock.step_wall(3_000_000)

    async def tend(self, _: int) -> None:
        await self.buffer.tend()

    # -- what befalls it

    async def kill(self, _: int) -> None:
        left = as_after_sigkill(self.path)
        await self.buffer.close()
        self.left.clear()  # receipts that were not yet on disk are forgotten
        self.put = [number for number in self.put if number in self.durable]
        await self.open(left)

    async def restart(self, _: int) -> None:
        await self.buffer.close()
        self.durable.update(self.put)
        await self.open(self.path)

    # -- what the collector does

    async def upload(self, chunks: int) -> int:
        found = await self.peek(chunks)
        self.stored.update({name(chunk): unseal(chunk) for chunk in found if name(chunk) not in self.rejected})
        self.left.update(map(name, found))
        return await self.buffer.settle([receipt(chunk) for chunk in found])

    async def lose_receipts(self, chunks: int) -> None:
        self.stored.update({name(chunk): unseal(chunk) for chunk in await self.peek(chunks)})

    async def keep(self, chunks: int) -> None:
        assert await self.buffer.settle([receipt(chunk, Fate.KEEP) for chunk in await self.peek(chunks)]) == 0

    async def upload_out_of_order(self, chunks: int) -> None:
        found = (await self.peek(2 * chunks))[chunks:]
        self.stored.update({name(chunk): unseal(chunk) for chunk in found})
        self.left.update(map(name, found))
        assert await self.buffer.settle([receipt(chunk) for chunk in found]) == len(found)

    async def reject(self, chunks: int) -> None:
        found = [chunk for chunk in await self.peek(chunks) if name(chunk) not in self.stored]
        self.rejected.update({name(chunk): unseal(chunk) for chunk in found})
        assert await self.buffer.settle([receipt(chunk, Fate.REJECTED, "bad") for chunk in found]) == len(found)

    async def peek(self, chunks: int) -> list[Chunk]:
        found = await self.buffer.peek(1 << 20, chunks)
        order = [(chunk.lane, chunk.seq) for chunk in found]
        assert order == sorted(set(order))
        assert not self.left.intersection(map(name, found)), "what was delivered came again"
        for chunk in found:
            assert self.seen.setdefault(name(chunk), chunk.body) == chunk.body
        return found

    # -- what must be true

    def judge_counts(self) -> None:
        stats = self.buffer.stats
        assert stats.pending_chunks == sum(stats.lanes)
        assert (stats.pending == 0) == (stats.lanes[Lane.ALARM] + stats.lanes[Lane.HISTORY] == 0)
        assert stats.produced >= stats.pending + stats.quarantined
        assert (stats.pending_oldest_at == 0) == (stats.pending_chunks == 0)

    def judge(self) -> None:
        assert verify(self.path).sound
        told = self.stored | self.rejected
        whole = [content for (_, lane, _), content in told.items() if lane != Lane.STATE]
        times = [batch.at for content in whole for batch in content.batches]
        times += [change.at for content in whole for change in content.alerts]
        numbers = Counter(at - T0 for at in times)
        assert set(numbers.values()) <= {1}
        assert self.durable <= numbers.keys()
        states = [content for (_, lane, _), content in told.items() if lane == Lane.STATE]
        assert all(len({one.points for one in content.batches}) == len(content.batches) for content in states)


def name(chunk: Chunk) -> tuple[str, int, int]:
    """Return the key by which the collector knows a chunk."""
    return chunk.journal, chunk.lane, chunk.seq


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_nothing_durable_is_lost_and_nothing_is_doubled(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(Run(Path(folder)).go(steps))
