"""A TCP proxy whose weather can change at any moment, for the connections that stand as for those to come."""

import asyncio
import contextlib
import random
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from runtime.clock import Clock
from simulators.network.answers import ANSWERS
from simulators.network.weather import Flow, Weather

SEGMENT = 1460
"""Bytes that travel, get lost and are paced as one."""

RETRY_S = 0.2
"""What TCP waits before it sends a lost segment again, the first time."""

Way = Literal["up", "down"]
Piece = tuple[float, bytes]

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with 0 s: close() sends RST


@dataclass(slots=True)
class Counts:
    """What has happened: connections taken, broken by us; bytes that arrived and that vanished, both ways."""

    taken: int = 0
    broken: int = 0
    carried: int = 0
    lost: int = 0


class Proxy:
    """Stands on a free port (``port``) of ``host`` in front of ``upstream`` on 127.0.0.1, from ``start`` to ``stop``.

    ``certificates`` (contexts for ``good`` and ``expired``) make its clients' side TLS; upstream stays plain. A
    connection of which a byte vanished never carries in that direction again, whatever the weather becomes: as behind
    a box that forgot it. ``dice`` decide about jitter and loss.
    """

    def __init__(
        self,
        upstream: int,
        clock: Clock,
        *,
        dice: random.Random | None = None,
        certificates: dict[str, ssl.SSLContext] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.upstream, self.host, self.port = upstream, host, 0
        self.weather, self.counts = Weather(), Counts()
        self._clock, self._dice, self._certificates = clock, dice or random.Random(1), certificates
        self._server: asyncio.Server | None = None
        self._place: socket.socket | None = None
        self._standing: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._free_at: dict[Way, float] = {"up": 0.0, "down": 0.0}

    async def start(self) -> None:
        """Listen; on the same port as before after a ``stop``. ``OSError`` when that is taken. Until ``stop`` it stays
        ours, even while nobody listens there.
        """
        if self._place is None:
            self._place = _bound(self.host, self.port)
            self.port = int(self._place.getsockname()[1])
        context = self._certificates[self.weather.certificate] if self._certificates else None
        self._server = await asyncio.start_server(self._taken, sock=_bound(self.host, self.port), ssl=context)

    async def stop(self) -> None:
        """Stop listening and reset whatever stands."""
        self._shut()
        if self._place is not None:
            self._place.close()
            self._place = None
        self.reset()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def change(self, weather: Weather) -> None:
        """Have this weather from now on."""
        before, self.weather = self.weather, weather
        self._free_at = {"up": 0.0, "down": 0.0}
        if weather.breaks:
            self.reset()
        listens, shall = self._server is not None, weather.door != "refused"
        if listens and (not shall or (self._certificates and before.certificate != weather.certificate)):
            self._shut()
        if shall and self._server is None:
            await self.start()

    def reset(self) -> None:
        """Reset every connection that stands (RST, both sides)."""
        self.counts.broken += len(self._standing)
        for writer in list(self._standing):
            _reset(writer)

    def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: start_server's would complain about being cancelled.
        task = asyncio.create_task(self._connection(reader, writer), name="a connection in the bad network")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._standing.add(writer)
        self.counts.taken += 1
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            _reset(writer)
        finally:
            self._standing.discard(writer)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        weather = self.weather
        if weather.door == "reset":
            _reset(writer)
        elif weather.answer:
            await _hear(reader)
            writer.write(ANSWERS[weather.answer])
            await writer.drain()
        else:
            await self._carry_both(reader, writer)

    async def _carry_both(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, forth = await asyncio.open_connection("127.0.0.1", self.upstream)
        self._standing.add(forth)
        try:
            async with asyncio.TaskGroup() as group:
                for way, source, sink in (("up", reader, forth), ("down", there, writer)):
                    pipe: asyncio.Queue[Piece] = asyncio.Queue(16)
                    group.create_task(self._fill(source, pipe))
                    group.create_task(self._empty(pipe, sink, "up" if way == "up" else "down"))
        except* (OSError, EOFError):
            _reset(writer)
            _reset(forth)
        finally:
            self._standing.discard(forth)
            forth.close()

    async def _fill(self, source: asyncio.StreamReader, pipe: asyncio.Queue[Piece]) -> None:
        while data := await source.read(16 * SEGMENT):
            await pipe.put((self._clock.monotonic(), data))
        await pipe.put((self._clock.monotonic(), b""))

    async def _empty(self, pipe: asyncio.Queue[Piece], sink: asyncio.StreamWriter, way: Way) -> None:
        """Deliver what was taken in, as the weather has it at the moment of each segment; its end goes the same way."""
        gone = False
        while True:
            arrived, data = await pipe.get()
            for segment in _segments(data, self._flow(way).rate):
                await self._clock.sleep(self._due(arrived, len(segment), way) - self._clock.monotonic())
                gone = gone or self._flow(way).lost
                if gone:
                    self.counts.lost += len(segment)
                    continue
                self.counts.carried += len(segment)
                sink.write(segment)
                await sink.drain()
            if not data:
                await self._end(sink, gone)
                return

    async def _end(self, sink: asyncio.StreamWriter, gone: bool) -> None:
        """Tell the other side of an end, unless that is lost too: then it is never told."""
        if gone:
            await asyncio.Event().wait()
        elif sink.can_write_eof():
            sink.write_eof()
        else:
            sink.close()  # TLS knows no half-closed connection

    def _due(self, arrived: float, size: int, way: Way) -> float:
        flow, now = self._flow(way), self._clock.monotonic()
        due = max(now, arrived + flow.delay_s + self._dice.random() * flow.jitter_s)
        lost_times = 0
        while size and flow.loss and self._dice.random() < flow.loss and lost_times < 5:
            due += RETRY_S * 2**lost_times
            lost_times += 1
        if flow.rate:
            due = max(due, self._free_at[way]) + size / flow.rate
            self._free_at[way] = due
        return due

    def _flow(self, way: Way) -> Flow:
        return self.weather.up if way == "up" else self.weather.down


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket at this place, beside others of ours that do not listen there."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _segments(data: bytes, rate: float) -> Iterator[bytes]:
    """Cut ``data`` so that one piece takes a second at most; a connection's end is one empty piece."""
    size = min(SEGMENT, max(1, int(rate))) if rate else len(data) or 1
    for start in range(0, len(data) or 1, size):
        yield data[start : start + size]


async def _hear(reader: asyncio.StreamReader) -> None:
    """Take one request, whole if it is HTTP, so that what is answered is not lost in a reset."""
    head = await reader.read(65_536)
    if not head.startswith((b"GET ", b"POST ")):
        return
    while b"\r\n\r\n" not in head:
        more = await reader.read(65_536)
        if not more:
            return
        head += more
    head, _, body = head.partition(b"\r\n\r\n")
    sizes = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = (int(sizes[0]) if sizes else 0) - len(body)
    if left > 0:
        await reader.readexactly(left)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
