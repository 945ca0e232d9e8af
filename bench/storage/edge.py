"""A gateway's buffer and uplink as the agent joins them, and nothing else of the agent: no devices, no rules."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from math import inf

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.storage.sink import NAME
from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.buffer.turns import Turns
from edge_agent.identity_file import Identity
from edge_agent.uplink import CollectorUplink, make_uplink
from runtime.clock import Clock, SystemClock
from wire.chunk import ClockMark, ClockState
from wire.command import SignedCommand
from wire.receipt import Receipt
from wire.status import Status

UPLOADS = ("uplink-urgent", "uplink-history")
"""The loops that carry readings; the others cost the same however many there are."""


class Watched(Buffer):
    """A buffer that tells when something left it: looking for that every few milliseconds costs more than an upload."""

    def __init__(
        self, turns: Turns, clock: Clock, settings: BufferSettings, clock_mark: Callable[[], ClockMark]
    ) -> None:
        super().__init__(turns, clock, settings, clock_mark)
        self._left = asyncio.Event()

    async def settle(self, receipts: Iterable[Receipt]) -> int:
        """See ``Buffer.settle``."""
        left = await super().settle(receipts)
        self._left.set()
        return left

    async def emptied(self) -> None:
        """Return when everything was receipted."""
        while self.stats.pending:
            self._left.clear()
            await self._left.wait()


def known_to_the_sink(port: int) -> Identity:
    """Return an identity for the sink, which believes everybody."""
    key = Ed25519PrivateKey.generate()
    return Identity("330402-bench", key, f"http://127.0.0.1:{port}", NAME, key.public_key())


def marks(clock: Clock) -> Callable[[], ClockMark]:
    """Return what marks chunks as those of a box whose clock is right."""
    return lambda: ClockMark("bench-boot", ClockState.SYNCED, clock.now(), int(clock.monotonic() * 1_000_000))


@asynccontextmanager
async def linked(
    buffer: Buffer, identity: Identity, names: tuple[str, ...] = (), timeout_s: float = 10.0
) -> AsyncIterator[CollectorUplink]:
    """Run the buffer's loop and the uplink's loops of these names (all for none) as long as the block lasts."""
    uplink = make_uplink(
        identity, buffer, SystemClock(), status=lambda: _status(buffer), on_command=_ignore, timeout_s=timeout_s
    )
    loops = uplink.tasks()
    tasks = [asyncio.ensure_future(loops[name]()) for name in names or loops]
    tasks.append(asyncio.ensure_future(buffer.run()))
    try:
        yield uplink
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await uplink.close()
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def until(condition: Callable[[], bool], look_s: float, limit_s: float = inf) -> None:
    """Return when ``condition`` holds, seen to every ``look_s``, or after ``limit_s``."""
    end = time.monotonic() + limit_s
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110 - counts change on the writer's thread, unannounced
        await asyncio.sleep(look_s)


async def settled(buffer: Buffer, look_s: float = 0.01, limit_s: float = inf) -> None:
    """Return when everything was receipted, or after ``limit_s``."""
    await until(lambda: not buffer.stats.pending, look_s, limit_s)


def _status(buffer: Buffer) -> Status:
    stats = buffer.stats
    now = time.time_ns() // 1000
    return Status(now, "bench-boot", "bench", 1.0, stats.journal, str(stats.state), stats.produced, stats.pending)


async def _ignore(_command: SignedCommand) -> None:
    """A bench is not commanded."""
