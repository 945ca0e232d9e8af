"""An event loop on which an hour passes in a second: when nobody has anything to do, time jumps to the next timer.

Libraries that keep time by the loop (all of asyncio's timeouts) are warped with it, unmodified. Other processes on
whose answers the loop waits are watched: while one of them works, time stands still.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

_BUSY_S: Final = 0.001


class _WarpSelector(selectors.DefaultSelector):
    """Waits for input as ever, and jumps ahead where none can come."""

    offset_s = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.watched: set[int] = set()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        while not ready and any(map(_works, self.watched)):
            ready = super().select(_BUSY_S)
        ready = ready or super().select(0)
        if not ready:
            self.offset_s += timeout
        return ready


class _AtOnce(ThreadPoolExecutor):
    """No thread at all: what is given to it is done at once, so that no time can pass meanwhile."""

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        done: Future[_T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - what a thread would do: hand it to whoever waits
            done.set_exception(error)
        return done


class WarpLoop(asyncio.SelectorEventLoop):
    """``watch`` names the processes whose work takes no time; what goes to a thread of the loop is done at once."""

    def __init__(self) -> None:
        self._warp = _WarpSelector()
        super().__init__(self._warp)
        self.set_default_executor(_AtOnce())

    def time(self) -> float:
        return time.monotonic() + self._warp.offset_s

    def watch(self, pids: Iterable[int]) -> None:
        """From now on let time stand still while one of these processes works; those before are forgotten."""
        self._warp.watched = set(pids)


class WarpClock:
    """A ``Clock`` of the running ``WarpLoop``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wall_us: int = 1_770_000_000_000_000) -> None:
        self._loop, self._zero_us = loop, wall_us - round(loop.time() * 1_000_000)

    def now(self) -> int:
        return self._zero_us + round(self._loop.time() * 1_000_000)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def run_warped(main: Coroutine[Any, Any, _T]) -> _T:
    """Run ``main`` on a ``WarpLoop`` of its own."""
    with asyncio.Runner(loop_factory=WarpLoop) as runner:
        return runner.run(main)


def _works(pid: int) -> bool:
    """Tell whether a process has something to do: whoever waits for input is asleep."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] in "RD"
    except OSError:
        return False
