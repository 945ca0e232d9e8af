"""How the uplink's tests fill the buffer, let a loop run, and wait without measuring."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge_agent.buffer import Buffer
from edge_agent.uplink import CollectorUplink
from edge_agent.uplink.api import MakeStatus
from edge_agent.uplink.http_transport import HttpTransport
from edge_agent.uplink.lists import KeepsLists
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from wire.command import SignedCommand
from wire.reading import Batch
from wire.status import Status

T0 = 1_700_000_000_000_000
TIMEOUT_S = 10.0


class Commands(list[SignedCommand]):
    """Takes commands as the agent would."""

    async def __call__(self, command: SignedCommand) -> None:
        self.append(command)


def make_status() -> Status:
    """Return some status."""
    return Status(T0, "boot", "0", 1.0, "j" * 32, "durable", 0, 0)


def make_uplink(
    collector: FakeCollector,
    buffer: Buffer,
    clock: FakeClock,
    commands: Commands,
    status: MakeStatus = make_status,
    seed: int = 1,
    lists: KeepsLists | None = None,
) -> CollectorUplink:
    """Return an uplink to the collector in memory."""
    transport = HttpTransport("http://collector", clock, TIMEOUT_S, collector.transport())
    return CollectorUplink(
        collector.identity(),
        buffer,
        clock,
        transport,
        status=status,
        on_command=commands,
        timeout_s=TIMEOUT_S,
        lists=lists,
        seed=seed,
    )


async def fill(buffer: Buffer, chunks: int) -> None:
    """Put so many chunks of one reading into the history lane."""
    for i in range(chunks):
        await buffer.put(Batch("bin-1", T0 + i, ("fill",), (float(i),)))
        await buffer.flush()


@asynccontextmanager
async def running(uplink: CollectorUplink, *names: str) -> AsyncIterator[None]:
    """Run the named loops (all for none) for the block."""
    loops = uplink.tasks()
    tasks = [asyncio.ensure_future(loops[name]()) for name in names or loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        assert task.cancelled()


async def until(condition: Callable[[], bool], clock: FakeClock | None = None, step_s: float = 1.0) -> None:
    """Return when ``condition`` holds; lets ``clock`` run in steps meanwhile. ``AssertionError`` if it never does."""
    for _ in range(5000):
        if condition():
            return
        if clock is not None:
            await clock.advance(step_s)
        await asyncio.sleep(0.001)  # the buffer's thread needs real turns
    raise AssertionError("it never came about")
