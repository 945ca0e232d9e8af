"""Waiting for something no longer than a lent clock allows."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from runtime.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, doing: Awaitable[T]) -> T:
    """Return what ``doing`` returns, or cancel it, wait for its end and raise ``TimeoutError``."""
    task, timer = asyncio.ensure_future(doing), asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError(f"not done within {seconds:g} s")
        return task.result()
    finally:
        task.cancel()
        timer.cancel()
        await asyncio.gather(task, timer, return_exceptions=True)
