"""Waiting that ends early: for a deadline of the lent clock, for somebody who has news, or because the line is dead."""

import asyncio
from collections.abc import Coroutine
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


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T], cut: asyncio.Event | None = None) -> T:
    """Return what ``work`` returns, or cancel it and raise: ``TimeoutError`` after ``seconds`` of ``clock``,
    ``ConnectionAbortedError`` when ``cut`` is set.
    """
    task = asyncio.ensure_future(work)
    bells = [asyncio.ensure_future(clock.sleep(seconds))]
    if cut is not None:
        bells.append(asyncio.ensure_future(_set(cut)))
    try:
        await asyncio.wait((task, *bells), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ConnectionAbortedError if cut is not None and cut.is_set() else TimeoutError
    finally:
        for one in (task, *bells):
            await _end(one)


async def pause(clock: Clock, seconds: float, news: asyncio.Event) -> None:
    """Return after ``seconds`` of ``clock``, or sooner when ``news`` is set."""
    bell = asyncio.ensure_future(clock.sleep(seconds))
    told = asyncio.ensure_future(_set(news))
    try:
        await asyncio.wait((bell, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end(bell)
        await _end(told)


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _end(task: "asyncio.Future[Any]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # seen, so that nobody reports it as forgotten
