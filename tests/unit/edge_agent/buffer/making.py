"""What the buffer's tests put in, and how they look at what comes out."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from runtime.testing import FakeClock
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Chunk, Content
from wire.codec import unseal
from wire.reading import Batch
from wire.receipt import Fate, Receipt

T0 = 1_700_000_000_000_000


def batch(at: int, readings: int = 1, device: str = "bin-1") -> Batch:
    """Return a batch of ``readings`` points taken ``at``."""
    points = tuple(f"p{i}" for i in range(readings))
    return Batch(device, at, points, tuple(float(at % 977 + i) for i in range(readings)))


def alert(number: int) -> AlertChange:
    """Return a change of an alert of its own."""
    return AlertChange(f"a-{number}", "bin_full", "bin-1", AlertState.RAISED, Level.BLUE, T0 + number, T0)


def receipt(chunk: Chunk, fate: Fate = Fate.ACCEPTED, reason: str = "") -> Receipt:
    """Return the collector's word on ``chunk``."""
    return Receipt(chunk.journal, chunk.lane, chunk.seq, fate, reason)


async def contents(buffer: Buffer) -> list[Content]:
    """Return what is in all unsettled chunks."""
    return [unseal(chunk) for chunk in await buffer.peek(1 << 30, 1 << 30)]


async def reading_times(buffer: Buffer) -> list[int]:
    """Return when the buffered batches were taken, in order of sending."""
    return [batch.at for content in await contents(buffer) for batch in content.batches]


@asynccontextmanager
async def opened(path: Path, clock: FakeClock | None = None, **limits: float) -> AsyncIterator[Buffer]:
    """Open a buffer for the block and close it after."""
    settings = BufferSettings(**limits)  # type: ignore[arg-type]
    buffer = await Buffer.open(path, clock or FakeClock(T0), settings)
    try:
        yield buffer
    finally:
        await buffer.close()


@asynccontextmanager
async def running(buffer: Buffer) -> AsyncIterator[None]:
    """Let the buffer's own task run during the block."""
    task = asyncio.create_task(buffer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def pass_time(clock: FakeClock, buffer: Buffer, seconds: int) -> None:
    """Let ``seconds`` pass, and let the writer thread keep up with them."""
    for _ in range(seconds):
        await clock.advance(1)
        for _ in range(3):
            await buffer.alive()


def as_after_sigkill(path: Path) -> Path:
    """Return a copy of the open buffer's files: what a killed process leaves behind."""
    copy = path.with_name(f"killed-{len(list(path.parent.iterdir()))}.db")
    for suffix in ("", "-wal", ".witness"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            copy.with_name(copy.name + suffix).write_bytes(source.read_bytes())
    return copy


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let the kernel refuse to grow any file of this process: a full disk, as SQLite sees it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
