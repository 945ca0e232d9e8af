"""A process that uses a buffer as an agent does, under the shim, and marks in its record what it was told.

Marks: ``born journal``; ``durable what number`` (what it was told is on disk); ``shown lane seq crc what:number ...``
(what a collector may have seen); ``settling lane seq`` (its receipt came; it may leave from now on).
"""

import asyncio
import ctypes
import random
import sys
from pathlib import Path

from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from runtime.clock import SystemClock
from wire.chunk import Chunk, Lane
from wire.codec import unseal
from wire.event import Event
from wire.reading import Batch
from wire.receipt import Fate, Receipt

DEVICE, POINTS, EVENT = "meter-1", ("number", "door_state"), "pressed"
"""What is stored: readings whose ``number`` counts, and events whose id does."""


async def open_buffer(path: Path) -> Buffer:
    """Open the buffer as the agent would, so that it neither flushes by itself nor thins."""
    return await Buffer.open(path, SystemClock(), BufferSettings(flush_s=3600.0, flush_readings=60, keep_free_bytes=0))


def batch(number: int) -> Batch:
    """Return the reading of this number."""
    return Batch(DEVICE, 1_700_000_000_000_000 + number * 1_000_000, POINTS, (number, "closed"))


def event(number: int) -> Event:
    """Return the event of this number."""
    return Event(f"e-{number}", DEVICE, EVENT, 1_700_000_000_000_000 + number * 1_000_000)


def numbers(chunk: Chunk) -> set[tuple[str, int]]:
    """Return what a chunk holds, as the marks name it; the state lane's copies count for nothing."""
    content = unseal(chunk)
    if chunk.lane == Lane.STATE:
        return set()
    found = {("reading", int(batch.values[0])) for batch in content.batches if isinstance(batch.values[0], int)}
    return found | {("event", int(event.id.removeprefix("e-"))) for event in content.events}


class Worker:
    """Does one thing after the other, drawn with ``dice``."""

    def __init__(self, buffer: Buffer, dice: random.Random, number: int) -> None:
        self._buffer, self._dice, self._number = buffer, dice, number
        self._mark = ctypes.CDLL(None).rig_mark
        self._shown: set[tuple[int, int]] = set()
        self._loose: list[int] = []

    async def work(self, rounds: int) -> None:
        """Do so many things."""
        self.mark("born", self._buffer.journal)
        deeds = [self._put] * 12 + [self._flush, self._put_now, self._put_now, self._command, self._show, self._show]
        deeds.append(self._put_state)
        for _ in range(rounds):
            await self._dice.choice(deeds)()

    def mark(self, *words: object) -> None:
        """Write a word between the records of the disk."""
        self._mark(" ".join(str(word) for word in words).encode())

    async def _put(self) -> None:
        self._number += 1
        self._loose.append(self._number)
        await self._buffer.put(batch(self._number))

    async def _flush(self) -> None:
        if await self._buffer.flush():
            for number in self._loose:
                self.mark("durable", "reading", number)
            self._loose.clear()

    async def _put_now(self) -> None:
        self._number += 1
        number = self._number
        if await self._buffer.put_now(events=[event(number)], rules_state=str(number).encode()):
            self.mark("durable", "event", number)

    async def _put_state(self) -> None:
        await self._buffer.put_state()

    async def _command(self) -> None:
        self._number += 1
        if await self._buffer.accept_command(f"c-{self._number}", DEVICE):
            self.mark("durable", "command", self._number)

    async def _show(self) -> None:
        """Show a collector what there is, and settle some of it: a third at random, or everything."""
        chunks = await self._buffer.peek(1 << 20, 40)
        for chunk in chunks:
            if (chunk.lane, chunk.seq) not in self._shown:
                held = (f"{what}:{number}" for what, number in sorted(numbers(chunk)))
                self.mark("shown", chunk.lane, chunk.seq, chunk.crc, *held)
                self._shown.add((chunk.lane, chunk.seq))
        if self._dice.random() < 0.2:
            return
        share = self._dice.choice((0.3, 1.0))
        receipts = [
            Receipt(chunk.journal, chunk.lane, chunk.seq, Fate.ACCEPTED)
            for chunk in chunks
            if self._dice.random() < share
        ]
        for receipt in receipts:
            self.mark("settling", receipt.lane, receipt.seq)
        await self._buffer.settle(receipts)


async def _main(path: Path, seed: int, rounds: int, number: int) -> None:
    buffer = await open_buffer(path)
    await Worker(buffer, random.Random(seed), number).work(rounds)
    await buffer.close()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:])))
