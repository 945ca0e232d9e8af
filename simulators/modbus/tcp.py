"""TCP servers in front of a line, Modbus TCP or RTU frames as they are: real sockets that can be cut and come back."""

import asyncio

from runtime.clock import Clock
from simulators.modbus.frames import Frame, NotModbusError, TcpReader
from simulators.modbus.line import Line
from simulators.modbus.rtu_end import RtuEnd
from simulators.modbus.speed import Speed

_USUAL = Speed(9600)


class TcpWire:
    """Serves ``line`` on ``host``:``port``; port 0 takes a free one, which ``port`` then names and ``start`` keeps.

    ``rtu``: a transparent serial server, RTU frames with their checksum over TCP; ``speed`` is what its serial side is
    set to, and ``paced`` lets the bytes take their time there.
    """

    def __init__(
        self,
        line: Line,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        rtu: bool = False,
        speed: Speed = _USUAL,
        paced: bool = False,
    ) -> None:
        self.line = line
        self.host = host
        self.port = port
        self.clock = clock
        self.rtu = rtu
        self.speed = speed
        self.paced = paced
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._connection, self.host, self.port, reuse_address=True)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection; new ones are refused until ``start``."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            self.cut()
            await server.wait_closed()

    def cut(self) -> None:
        """Reset the connections that are open now; the server goes on listening."""
        for connection in list(self.connections):
            connection.cut()

    def noise(self, data: bytes) -> None:
        """Send bytes that no unit meant to send to everybody who is connected."""
        for connection in list(self.connections):
            connection.send(data)

    def _connection(self) -> "_Connection":
        return _RtuConnection(self) if self.rtu else _MbapConnection(self)


class _Connection(asyncio.Protocol):
    """One client of either server."""

    def __init__(self, wire: TcpWire) -> None:
        self._wire = wire
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  asyncio's signature is wider than its promise
        self._transport = transport
        self._wire.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire.connections.discard(self)
        self._transport = None

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def send(self, data: bytes) -> bool:
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(data)
        return True


class _RtuConnection(_Connection):
    """A client that sends RTU frames."""

    def __init__(self, wire: TcpWire) -> None:
        super().__init__(wire)
        self._end = RtuEnd(wire.line, wire.clock, send=self.send, speed=lambda: wire.speed, paced=wire.paced)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end.cancel()

    def data_received(self, data: bytes) -> None:
        self._end.arrived(data)


class _MbapConnection(_Connection):
    """A client that sends MBAP frames: served in order of arrival; a slow unit delays only its own answers."""

    def __init__(self, wire: TcpWire) -> None:
        super().__init__(wire)
        self._reader = TcpReader()
        self._thinking: set[asyncio.Task[None]] = set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
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

    async def _later(self, request: Frame, slow_s: float) -> None:
        await self._wire.clock.sleep(slow_s)
        self._serve(request)

    def _serve(self, request: Frame) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        reply = self._wire.line.serve(request, tcp=True)
        if reply is not None:
            data, sent = reply
            if self.send(data):
                sent()
