"""Waiting that ends early: for a deadline of the lent clock, or for somebody who has news."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from runtime.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns, or cancel it and raise ``TimeoutError`` after ``seconds`` of ``clock``."""
    task = asyncio.ensure_future(work)
    bell = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, bell), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        await _end(task)
        await _end(bell)


async def pause(clock: Clock, seconds: float, news: asyncio.Event) -> None:
    """Return after ``seconds`` of ``clock``, or sooner when ``news`` is set."""
    bell = asyncio.ensure_future(clock.sleep(seconds))
    told = asyncio.ensure_future(news.wait())
    try:
        await asyncio.wait((bell, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end(bell)
        await _end(told)


async def _end(task: "asyncio.Future[Any]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # seen, so that nobody reports it as forgotten
