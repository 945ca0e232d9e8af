"""Waiting that ends early: for a deadline of the lent clock, for somebody who has news, or because the line is dead."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from runtime.clock import Clock

T = TypeVar("T")

SLOWEST_BYTES_PER_S = 4096.0
"""A link that carries an upload more slowly than this counts as dead: half of 64 kbit/s, because two may share it."""

LONGEST_S = 60.0
"""No exchange takes longer; the collector does not wait longer for a body either."""


def patience_s(timeout_s: float, size: int) -> float:
    """Return how many seconds a transport gives one exchange that carries ``size`` bytes: ``timeout_s`` for the way
    and the answer, and what the bytes take on the slowest link. Whoever knows the link's pace gives up sooner.
    """
    return max(timeout_s, min(timeout_s + size / SLOWEST_BYTES_PER_S, LONGEST_S))


class Cut:
    """Ends, once and for good, everything that waits ``within`` it."""

    def __init__(self) -> None:
        self.made = False
        self._bells: set[Callable[[], None]] = set()

    def make(self) -> None:
        """End it all."""
        self.made = True
        for ring in tuple(self._bells):
            ring()

    def tell(self, ring: Callable[[], None]) -> None:
        """Have ``ring`` called when it is made."""
        self._bells.add(ring)

    def forget(self, ring: Callable[[], None]) -> None:
        """Call ``ring`` no more."""
        self._bells.discard(ring)


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T], cut: Cut | None = None) -> T:
    """Return what ``work`` returns, or cancel it and raise: ``TimeoutError`` after ``seconds`` of ``clock``,
    ``ConnectionAbortedError`` when ``cut`` is made.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("only a task can wait")
    if cut is not None and cut.made:
        work.close()
        raise ConnectionAbortedError
    cancelled_before, rung = task.cancelling(), False

    def ring(_bell: object = None) -> None:
        nonlocal rung
        if not rung:
            rung = True
            task.cancel()

    # the work stays in its caller's task, as with asyncio.timeout(): a task of its own costs as much as a small answer
    bell = asyncio.ensure_future(clock.sleep(seconds))
    bell.add_done_callback(ring)
    if cut is not None:
        cut.tell(ring)
    try:
        return await work
    except asyncio.CancelledError as error:
        if rung and task.cancelling() <= cancelled_before + 1:
            raise (ConnectionAbortedError if cut is not None and cut.made else TimeoutError) from error
        raise
    finally:
        if cut is not None:
            cut.forget(ring)
        bell.remove_done_callback(ring)
        bell.cancel()
        if rung:
            task.uncancel()  # also where the work kept the cancellation to itself


async def pause(clock: Clock, seconds: float, news: asyncio.Event) -> None:
    """Return after ``seconds`` of ``clock``, or sooner when ``news`` is set."""
    with suppress(TimeoutError):
        await within(clock, seconds, _set(news))


async def _set(event: asyncio.Event) -> None:
    await event.wait()
