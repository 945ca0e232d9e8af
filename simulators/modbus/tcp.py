"""A TCP server in front of a line, Modbus TCP or a transparent serial server: a real socket, to be cut."""

import asyncio

from runtime.clock import Clock
from simulators.modbus.frames import Frame, NotModbusError, RtuReader, TcpReader
from simulators.modbus.line import Line


class TcpWire:
    """Serves ``line`` on ``host``:``port``; port 0 takes a free one, which ``port`` then names and ``start`` keeps.

    ``rtu``: a serial server that hands bytes through as they are, so that frames are those of the serial line.
    """

    def __init__(self, line: Line, clock: Clock, *, host: str = "127.0.0.1", port: int = 0, rtu: bool = False) -> None:
        self.line = line
        self.rtu = rtu
        self.host = host
        self.port = port
        self.connections: set[_Connection] = set()
        self._clock = clock
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: _Connection(self, self._clock), self.host, self.port, reuse_address=True
            )
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection; new ones are refused until ``start``."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            self.cut()
            await server.wait_closed()

    def noise(self, data: bytes) -> None:
        """Send bytes that no unit meant to send to everybody who is connected."""
        for connection in list(self.connections):
            connection.send(data)

    def cut(self) -> None:
        """Reset the connections that are open now; the server goes on listening."""
        for connection in list(self.connections):
            connection.cut()


class _Connection(asyncio.Protocol):
    """One client. Requests are served in order of arrival; a slow unit delays only its own answers."""

    def __init__(self, wire: TcpWire, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock
        self._reader: TcpReader | RtuReader = RtuReader() if wire.rtu else TcpReader()
        self._transport: asyncio.Transport | None = None
        self._thinking: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  asyncio's signature is wider than its promise
        self._transport = transport
        self._wire.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire.connections.discard(self)
        self._transport = None
        for task in self._thinking:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            requests = self._reader.feed(data)
        except NotModbusError:
            self.cut()
            return
        for request in requests:
            slow_s = self._wire.line.slow_s(request.unit)
            if slow_s > 0:
                task = asyncio.create_task(self._later(request, slow_s), name=f"{self._wire.line.name} thinks")
                self._thinking.add(task)
                task.add_done_callback(self._thinking.discard)
            else:
                self._serve(request)

    def send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _later(self, request: Frame, slow_s: float) -> None:
        await self._clock.sleep(slow_s)
        self._serve(request)

    def _serve(self, request: Frame) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        reply = self._wire.line.serve(request, tcp=not self._wire.rtu)
        if reply is not None:
            data, sent = reply
            self._transport.write(data)
            sent()
