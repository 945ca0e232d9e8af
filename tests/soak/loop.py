"""An event loop whose time is simulated and whose network is in memory: the same order of events for the same seed.

When nothing is left to do, time goes on to the next timer at once. What runs on a thread is waited for, so that a disk
that is slow today changes nothing. Connections never leave the process; a write arrives in the loop's next turn.
"""

import asyncio
import selectors
import socket
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class StandstillError(RuntimeError):
    """Nothing is left to do, and no timer will ever bring anything."""


class _NoWaiting(selectors.DefaultSelector):
    """Tells the loop how long it would have waited, instead of waiting."""

    waited_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError("every task waits for something that nobody will do")
        self.waited_s += max(0.0, timeout)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """``time`` begins at 0 and never waits."""

    def __init__(self) -> None:
        self._waiting = _NoWaiting()
        super().__init__(self._waiting)
        self._listening: dict[int, MemoryServer] = {}
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._next_port = 20_000

    def time(self) -> float:
        """Return the seconds that were simulated so far."""
        return self._waiting.waited_s

    def close(self) -> None:
        self._threads.shutdown()
        super().close()

    def run_in_executor(  # type: ignore[override]  # every caller of ours passes no arguments
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run ``func`` on its thread and wait for it here and now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result((executor or self._threads).submit(func, *args).result())
        except Exception as error:  # noqa: BLE001 - whoever awaits the future gets it
            future.set_exception(error)
        return future

    async def create_server(self, protocol_factory, host=None, port=0, **_: Any):  # type: ignore[no-untyped-def]
        """Listen in memory on ``port``, a free one for 0."""
        if not port:
            self._next_port += 1
            port = self._next_port
        if port in self._listening:
            raise OSError(f"port {port} is taken")
        server = self._listening[port] = MemoryServer(protocol_factory, port, self._listening)
        return server

    async def create_connection(self, protocol_factory, host=None, port=None, **_: Any):  # type: ignore[no-untyped-def]
        """Connect to who listens on ``port``; ``ConnectionRefusedError`` if nobody does."""
        server = self._listening.get(port)
        if server is None:
            raise ConnectionRefusedError(111, "Connection refused")
        here, there = protocol_factory(), server.make()
        mine, yours = MemoryTransport(self, here), MemoryTransport(self, there)
        mine.peer, yours.peer = yours, mine
        there.connection_made(yours)
        here.connection_made(mine)
        return mine, here


class MemoryServer:
    """Who listens on a port; what ``asyncio.Server`` is to its users here."""

    def __init__(self, make: Callable[[], asyncio.Protocol], port: int, listening: "dict[int, MemoryServer]") -> None:
        self.make = make
        self.sockets = (_Bound(port),)
        self._listening = listening

    def close(self) -> None:
        """Refuse connections from now on."""
        self._listening.pop(self.sockets[0].getsockname()[1], None)

    async def wait_closed(self) -> None:
        """Return at once."""


class _Bound:
    def __init__(self, port: int) -> None:
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self._port


class MemoryTransport(asyncio.Transport):
    """One end of a connection; the other end's ``peer``."""

    peer: "MemoryTransport"

    def __init__(self, loop: SimulatedLoop, protocol: asyncio.Protocol) -> None:
        self._socket = socket.socket()  # never connected: takes the options that are set on a real one
        super().__init__({"socket": self._socket})
        self._loop, self._protocol = loop, protocol
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closed:
            self._loop.call_soon(self.peer._arrived, bytes(data))

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._end(None)
        self._loop.call_soon(self.peer._end, None)

    def abort(self) -> None:
        self._end(None)
        self._loop.call_soon(self.peer._end, ConnectionResetError(104, "Connection reset by peer"))

    def _arrived(self, data: bytes) -> None:
        if not self._closed:
            self._protocol.data_received(data)

    def _end(self, error: Exception | None) -> None:
        if not self._closed:
            self._closed = True
            self._socket.close()
            self._loop.call_soon(self._protocol.connection_lost, error)


class LoopClock:
    """A ``Clock`` that tells the loop's time; ``wall_us`` is the wall clock's at its beginning (µs since the epoch)."""

    def __init__(self, loop: SimulatedLoop, wall_us: int) -> None:
        self._loop, self._wall_us = loop, wall_us

    def now(self) -> int:
        return self._wall_us + round(self._loop.time() * 1_000_000)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
