"""HTTP/1.1 over asyncio and h11 as httpx's way out: all that a box asks of a pool, at a quarter of the usual price."""

import asyncio
import ipaddress
import select
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any, TypeAlias, cast

import h11
import httpx

KEPT = 3
"""So many connections are kept between exchanges."""

IDLE_S = 30.0
"""So long one is kept; the collector keeps it longer."""

HEAD_LIMIT = 64 * 1024
"""Most bytes of an answer's head, or of the line before a piece of its body."""

_UNREAD = 256 * 1024  # bytes that wait for a reader before the peer is made to wait
_EYEBALLS_S = 0.25
_UNACKNOWLEDGED_MS = 12_000

_SOCKET_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    # Linux only: what the peer's kernel has not acknowledged for so long ends the connection.
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_USER_TIMEOUT", _UNACKNOWLEDGED_MS), ("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 3))
        if hasattr(socket, name)
    ),
]

_Origin: TypeAlias = tuple[str, str, int]


class Connections(httpx.AsyncBaseTransport):
    """Takes requests to their servers, trusted by ``context`` where TLS is used; no proxy, no HTTP/2, no retry.

    It waits without limit: whoever is impatient cancels, and the connection is given up. ``sending`` of a request's
    extensions, where it is there, is called before the first byte of it may leave: who gives up earlier asked nothing.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._context.set_alpn_protocols(["http/1.1"])
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See ``httpx.AsyncBaseTransport``; ``httpx.TransportError`` when the way is at fault."""
        url = request.url
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
        connection = self._take_idle(origin) or await self._connect(origin)
        try:
            body = await request.aread()
            request.extensions.get("sending", _nobody)()
            connection.send(request, body)
            head = await connection.head()
        except BaseException:
            self._give_up(connection)
            raise
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        headers = head.headers.raw_items()
        return httpx.Response(head.status_code, headers=headers, stream=_Body(self, connection), extensions=extensions)

    async def aclose(self) -> None:
        """Close every connection, whatever is under way on it."""
        for connection in tuple(self._open):
            self._give_up(connection)
        self._idle.clear()

    def let_go(self, connection: "_Connection") -> None:
        """Keep the connection if another exchange can follow on it."""
        if connection not in self._open or connection in self._idle:
            return
        if not connection.next_cycle():
            self._give_up(connection)
            return
        self._idle.append(connection)
        if len(self._idle) > KEPT:
            self._give_up(self._idle.pop(0))

    def _take_idle(self, origin: _Origin) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.origin == origin and connection.still_good():
                return connection
            self._give_up(connection)
        return None

    def _give_up(self, connection: "_Connection") -> None:
        self._open.discard(connection)
        connection.abort()

    async def _connect(self, origin: _Origin) -> "_Connection":
        scheme, host, port = origin
        more: dict[str, Any] = {"ssl": self._context, "server_hostname": host} if scheme == "https" else {}
        if not _is_address(host):  # a race that is cancelled (Python 3.11) leaves a socket to be collected
            more["happy_eyeballs_delay"] = _EYEBALLS_S
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: _Connection(origin, loop), host, port, **more)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:  # a name that DNS cannot have is the latter
            raise httpx.ConnectError(str(error)) from error
        self._open.add(connection)
        return connection


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _nobody() -> None:
    """Tell nobody."""


class _Connection(asyncio.Protocol):
    """One connection to ``origin``; one exchange at a time: ``send``, ``head``, ``pieces``, ``next_cycle``."""

    def __init__(self, origin: _Origin, loop: asyncio.AbstractEventLoop) -> None:
        self.origin, self._loop = origin, loop
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._unread, self._paused = 0, False
        self._ended = False  # nothing more will come
        self._silent = True  # nothing has come since something was sent
        self._error: Exception | None = None
        self._good_until: float | None = None  # while it is idle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        for option in _SOCKET_OPTIONS:
            transport.get_extra_info("socket").setsockopt(*option)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self._silent = False
        self._parser.receive_data(data)
        self._unread += len(data)
        if self._unread > _UNREAD and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self._end()
        self._ended, self._error = True, self._error or exc
        self._wake()

    def send(self, request: httpx.Request, body: bytes) -> None:
        """Hand a whole request to the kernel, in one piece where it takes it."""
        self._good_until, self._silent = None, True
        path, headers = request.url.raw_path, request.headers.raw
        try:
            pieces = [self._parser.send(h11.Request(method=request.method, target=path, headers=headers))]
            pieces += [self._parser.send(h11.Data(body))] if body else []
            pieces.append(self._parser.send(h11.EndOfMessage()))
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        if self._transport is not None:
            self._transport.write(b"".join(piece for piece in pieces if piece))

    async def head(self) -> h11.Response:
        """Return the answer's head; ``httpx.TransportError`` where none comes."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise httpx.RemoteProtocolError("no answer came")

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes; ``httpx.TransportError`` where it breaks off."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def next_cycle(self) -> bool:
        """Get ready for another exchange; ``False`` where the peer or what lies unsent or unread forbids it."""
        parser = self._parser
        clean = parser.our_state is h11.DONE is parser.their_state and not parser.trailing_data[0]
        if self._ended or self._transport is None or not clean or self._transport.get_write_buffer_size():
            return False
        parser.start_next_cycle()
        self._unread = 0
        self._good_until = self._loop.time() + IDLE_S
        return True

    def still_good(self) -> bool:
        """Tell whether an idle connection may be used: young enough, and nothing said or ended by the peer."""
        if self._ended or self._unread or self._transport is None:
            return False
        if self._good_until is None or self._loop.time() > self._good_until:
            return False
        looking = select.poll()
        looking.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not looking.poll(0)

    def abort(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    async def _event(self) -> object:
        while True:
            try:
                event = self._parser.next_event()
            except h11.RemoteProtocolError as error:
                if self._silent:  # h11 calls it a breach of protocol that a connection simply ends
                    raise httpx.ReadError("it ended without an answer") from error
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            self._unread = 0
            if self._ended:
                raise httpx.ReadError(str(self._error)) from self._error
            if self._paused and self._transport is not None:
                self._paused = False
                self._transport.resume_reading()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._parser.receive_data(b"")
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Body(httpx.AsyncByteStream):
    """What an answer holds, and what becomes of its connection."""

    def __init__(self, connections: Connections, connection: _Connection) -> None:
        self._connections, self._connection = connections, connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._connection.pieces():
            yield piece

    async def aclose(self) -> None:
        self._connections.let_go(self._connection)
