"""The writer's thread: whoever wants something of the disk waits for its turn there, never the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from edge_agent.buffer.draft import Draft
from edge_agent.buffer.writer import Writer
from runtime.logs import get_logger

T = TypeVar("T")

_log = get_logger("buffer")


class Turns:
    """Runs what it is given on one thread, in order. ``writer`` is touched on that thread only, but for its ``inbox``,
    ``stats`` and ``has_file``.
    """

    def __init__(self, writer: Writer, thread: ThreadPoolExecutor) -> None:
        self.writer, self._thread = writer, thread
        self.after_drain: Callable[[], None] = _nothing
        """Called on the loop after every drain."""
        self._running: set[asyncio.Future[bool]] = set()
        self._asked = False

    @classmethod
    async def begin(cls, make_writer: Callable[[], Writer]) -> "Turns":
        """Start the thread and make the writer on it; raises what ``make_writer`` raises."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="buffer-writer")
        try:
            writer = await asyncio.get_running_loop().run_in_executor(thread, make_writer)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(writer, thread)

    async def call(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns when its turn has come."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def hand_in(self, draft: Draft) -> int:
        """Put a draft into the inbox; return how many are there."""
        self.writer.inbox.append(draft)
        return len(self.writer.inbox)

    async def drain(self, *, urgent: bool = False, last: bool = False) -> bool:
        """Have the inbox written; return whether all of it is durable, or all that is ``urgent``. With ``last`` a file
        that could not be had is tried for at once.
        """
        durable = await self.call(lambda: self.writer.drain(urgent=urgent, last=last))
        self.after_drain()
        return durable

    def drain_soon(self) -> None:
        """Have the inbox drained; a drain that was asked for and has not begun takes what came since along."""
        if self._asked:
            return
        self._asked = True
        future = asyncio.get_running_loop().run_in_executor(self._thread, self._drain)
        self._running.add(future)
        future.add_done_callback(self._done)

    async def end(self) -> None:
        """Close the file and end the thread."""
        await self.call(self.writer.close)
        self._thread.shutdown()

    def _drain(self) -> bool:
        self._asked = False  # before the inbox is looked at: what comes from now on asks anew
        return self.writer.drain()

    def _done(self, future: asyncio.Future[bool]) -> None:
        self._running.discard(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            _log.error("buffer_write_failed", error=repr(error))
            return
        self.after_drain()


def _nothing() -> None:
    """What follows a drain until somebody asks to be told."""
