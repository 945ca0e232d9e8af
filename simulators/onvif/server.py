"""An HTTP/1.1 server for one pretend device: requests to a handler, its answers out, and every way to break off."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import h11

_BODY_LIMIT = 1_000_000
SOAP = "application/soap+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request; names of ``headers`` are small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """``stream`` is sent instead of ``body`` where there is one, without saying how long it will be.

    ``reads``: it tells a client what it asked for, and is no receipt of a command and no refusal.
    """

    status: int = 200
    body: bytes = b""
    media: str = SOAP
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncGenerator[bytes, None] | None = None
    reads: bool = False


Handler = Callable[[Request], Awaitable[Answer | None]]
"""``None``: the connection is cut instead of an answer."""


class HttpServer:
    """Listens on ``host``:``port`` (0: a free one, kept from then on), with TLS where ``context`` is set."""

    def __init__(self, handler: Handler, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.context: ssl.SSLContext | None = None
        self.connections = 0
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def listening(self) -> bool:
        """Tell whether it can be reached."""
        return self._server is not None

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._taken, self.host, self.port, ssl=self.context, reuse_address=True
            )
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._open)
        self.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection that is open now."""
        for writer in self._open.values():
            writer.transport.abort()

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: start_server's would complain about being cancelled.
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer), name="a connection to a pretend camera")
        self._open[task] = writer
        task.add_done_callback(lambda done: self._open.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while (request := await _receive(connection, reader)) is not None:
                answer = await self._handler(request)
                if answer is None:
                    writer.transport.abort()
                    return
                await _send(connection, writer, answer, head_only=request.method == "HEAD")
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return
                connection.start_next_cycle()
        except (OSError, h11.ProtocolError):
            pass  # the client is gone, or does not speak HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _receive(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _BODY_LIMIT:
                return None
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body))
        else:
            return None


async def _send(connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer, *, head_only: bool) -> None:
    headers = [("Content-Type", answer.media), *answer.headers]
    if answer.stream is None:
        headers.append(("Content-Length", str(len(answer.body))))
    writer.write(connection.send(h11.Response(status_code=answer.status, headers=headers)) or b"")
    if not head_only:
        if answer.stream is None:
            writer.write(connection.send(h11.Data(answer.body)) or b"")
        else:
            async with contextlib.aclosing(answer.stream) as pieces:
                async for piece in pieces:
                    writer.write(connection.send(h11.Data(piece)) or b"")
                    await writer.drain()
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()
