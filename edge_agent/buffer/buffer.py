"""The buffer as the rest of the agent sees it: put, peek, settle; everything that touches the disk is on one thread."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from edge_agent.buffer.clock_mark import ClockMarks
from edge_agent.buffer.stats import AcceptedCommand, Stats
from edge_agent.buffer.writer import Draft, Writer
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange
from wire.chunk import Chunk, Lane
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome
from wire.reading import Batch
from wire.receipt import Receipt

T = TypeVar("T")

DRAFTS_BEHIND = 20
"""So many drafts may wait for the disk before ``put`` makes its caller wait."""

_log = get_logger("buffer")


class Buffer:
    """One open buffer file. Made by ``open``; ``run`` belongs to the supervisor; after ``close`` nothing works.

    Handing over never raises for a disk's sake: what the disk refuses is held in memory, ``stats`` says so.
    """

    def __init__(
        self, writer: Writer, thread: ThreadPoolExecutor, clock: Clock, *, flush_s: float, flush_readings: int
    ) -> None:
        self._writer, self._thread, self._clock = writer, thread, clock
        self._flush_s, self._flush_readings = flush_s, flush_readings
        self._marks = ClockMarks(clock)
        self._mark = self._marks.take()
        self._open: list[Batch] = []
        self._open_readings = 0
        self._pending = asyncio.Event()
        self._writes: set[asyncio.Future[bool]] = set()
        self._write_asked = False
        self.stored = asyncio.Event()
        """Set whenever something new can be peeked; its one reader, the uplink, clears it before it peeks."""

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Clock,
        *,
        flush_s: float = 5.0,
        flush_readings: int = 500,
        max_bytes: int = 512_000_000,
    ) -> "Buffer":
        """Open the buffer at ``path``, making it (mode 0600) where there is none.

        A file that is not a sound database is moved aside and a new journal begins, now or when it turns out. Where no
        file can be made the buffer is in memory and says ``volatile``. ``BufferInUse`` when another process has it.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="buffer-writer")
        loop = asyncio.get_running_loop()
        try:
            writer = await loop.run_in_executor(thread, lambda: Writer(path, clock, max_bytes=max_bytes))
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(writer, thread, clock, flush_s=flush_s, flush_readings=flush_readings)

    @property
    def journal(self) -> str:
        """The id born with the file: 32 hex digits."""
        return self._writer.stats.journal

    @property
    def stats(self) -> Stats:
        """The newest counts; costs nothing."""
        return self._writer.stats

    async def run(self) -> None:
        """Endlessly commit what ``put`` left open, ``flush_s`` after the first of it; retry what the disk refused."""
        while True:
            await self._pending.wait()
            await self._clock.sleep(self._flush_s)
            await self.flush()

    async def put(self, batch: Batch) -> None:
        """Take one batch for the history lane; on disk within ``flush_s`` or ``flush_readings``.

        Returns at once unless the disk is more than ``DRAFTS_BEHIND`` drafts behind.
        """
        if not self._open:
            self._mark = self._marks.take()
            self._pending.set()
        self._open.append(batch)
        self._open_readings += len(batch.points)
        if self._open_readings < self._flush_readings:
            return
        self._hand_over()
        self._write_soon()
        while len(self._writer.inbox) > DRAFTS_BEHIND:
            await self._write()

    async def put_now(
        self,
        *,
        events: Sequence[Event] = (),
        alerts: Sequence[AlertChange] = (),
        outcomes: Sequence[Outcome] = (),
        inventory: Inventory | None = None,
        rules_state: bytes | None = None,
    ) -> bool:
        """Store what cannot wait as one chunk of the alarm lane, together with the rules' state, in one transaction.

        The commands that ``outcomes`` tell of are done by it. Returns whether it is durable now; ``False`` means that
        it is held in memory and follows when the disk takes it. With nothing but ``rules_state`` no chunk is made.
        """
        self._writer.inbox.append(
            Draft(
                Lane.ALARM,
                self._marks.take(),
                events=tuple(events),
                alerts=tuple(alerts),
                outcomes=tuple(outcomes),
                inventory=inventory,
                rules_state=rules_state,
            )
        )
        return await self._write()

    async def flush(self) -> bool:
        """Commit everything handed over so far; return whether all of it is durable."""
        self._hand_over()
        return await self._write()

    async def peek(self, max_bytes: int, max_chunks: int, skip: Collection[tuple[int, int]] = ()) -> list[Chunk]:
        """Return the oldest unsettled chunks, urgent lanes first, whose bodies sum to at most ``max_bytes``.

        The first one comes whatever its size; chunks in ``skip`` (lane, seq) are passed over. Empty when there are
        none or the disk cannot be read.
        """
        return await self._call(lambda: self._writer.peek(max_bytes, max_chunks, skip))

    async def settle(self, receipts: Iterable[Receipt]) -> int:
        """Let the chunks that ``receipts`` name leave: accepted ones for good, rejected ones into quarantine.

        Receipts of another journal or of unknown chunks mean nothing. Returns how many chunks left.
        """
        settled = tuple(receipts)
        return await self._call(lambda: self._writer.settle(settled))

    async def accept_command(self, command: str, device: str) -> bool:
        """Remember, durably, that the command of this id is being acted on; ``False`` when it was seen before.

        Raises ``NotDurable`` when it cannot be remembered: then the command must not be carried out.
        """
        return await self._call(lambda: self._writer.accept_command(command, device))

    async def unfinished_commands(self) -> list[AcceptedCommand]:
        """Return the commands accepted whose outcome was never put; after a start their outcome is ``unknown``."""
        return await self._call(self._writer.unfinished_commands)

    async def rules_state(self) -> bytes | None:
        """Return the newest ``rules_state`` that was put, ``None`` where there never was one."""
        return await self._call(self._writer.rules_state)

    async def inventory_hash(self) -> str:
        """Return ``config_hash`` of the newest inventory put in this journal, empty where there was none."""
        return await self._call(self._writer.inventory_hash)

    async def alive(self) -> None:
        """Return once the writer thread has had a turn: the proof that a watchdog wants."""
        await self._call(lambda: None)

    async def close(self) -> None:
        """Flush and give the file back."""
        await self.flush()
        await self._call(self._writer.close)
        self._thread.shutdown()

    def _hand_over(self) -> None:
        if self._open:
            self._writer.inbox.append(Draft(Lane.HISTORY, self._mark, batches=tuple(self._open)))
            self._open.clear()
            self._open_readings = 0
        self._pending.clear()

    async def _write(self) -> bool:
        durable = await self._call(self._writer.drain)
        self._written()
        return durable

    def _write_soon(self) -> None:
        """Have the inbox drained; a drain that was asked for and has not begun takes what came since along."""
        if self._write_asked:
            return
        self._write_asked = True
        future = asyncio.get_running_loop().run_in_executor(self._thread, self._drain)
        self._writes.add(future)
        future.add_done_callback(self._write_done)

    def _drain(self) -> bool:
        self._write_asked = False  # before the inbox is looked at: what comes from now on asks anew
        return self._writer.drain()

    def _write_done(self, future: asyncio.Future[bool]) -> None:
        self._writes.discard(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            _log.error("buffer_write_failed", error=repr(error))
            return
        self._written()

    def _written(self) -> None:
        if self.stats.held:
            self._pending.set()
        self.stored.set()

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
