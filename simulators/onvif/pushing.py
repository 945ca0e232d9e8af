"""A camera that calls: it posts what happens to the address that somebody configured, and remembers the answer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import h11

from runtime.clock import Clock
from simulators.onvif.blocks import Block, CutError, written
from simulators.onvif.faults import Faults

_BOUNDARY = "MIME_boundary"
_ANSWER_S = 30.0


class Pusher:
    """Posts to ``address``, an ``http`` one. ``answers`` are the statuses that came back, 0 for none."""

    def __init__(self, address: str, clock: Clock, wrong: Faults) -> None:
        """``ValueError`` for what is no address to post to."""
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname or not parts.path.startswith("/"):
            raise ValueError("push is an address such as http://192.168.1.2:8090/path")
        self._host, self._port, self._path = parts.hostname, parts.port or 80, parts.path
        self._clock, self._wrong = clock, wrong
        self._turn = asyncio.Lock()
        self.answers: list[int] = []

    async def push(self, blocks: Sequence[Block]) -> None:
        """Post one event: by itself where it is one part, else as a form with its files."""
        async with self._turn:
            status = 0
            with suppress(OSError, h11.ProtocolError):
                status = await self._posted(blocks)
            self.answers.append(status)

    async def _posted(self, blocks: Sequence[Block]) -> int:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            connection = h11.Connection(h11.CLIENT)
            single = len(blocks) == 1
            media = blocks[0].media if single else f"multipart/form-data; boundary={_BOUNDARY}"
            fields = [("Host", f"{self._host}:{self._port}"), ("Content-Type", media)]
            fields.append(("Content-Length", str(len(blocks[0].body))) if single else ("Transfer-Encoding", "chunked"))
            request = h11.Request(method="POST", target=self._path, headers=fields)
            writer.write(connection.send(request) or b"")
            answer = asyncio.create_task(_status(connection, reader), name="what the box says to a push")
            try:
                await self._send(connection, writer, blocks)
                return await answer
            finally:
                answer.cancel()
                await asyncio.gather(answer, return_exceptions=True)
        finally:
            writer.transport.abort()

    async def _send(self, connection: h11.Connection, writer: asyncio.StreamWriter, blocks: Sequence[Block]) -> None:
        wrong = self._wrong if self._wrong.hits("streams") else Faults()
        try:
            if len(blocks) == 1:
                writer.write(connection.send(h11.Data(blocks[0].body)) or b"")
            else:
                for block in blocks:
                    async for piece in written(block, _BOUNDARY, wrong, self._clock):
                        writer.write(connection.send(h11.Data(piece)) or b"")
                        await writer.drain()
                writer.write(connection.send(h11.Data(f"--{_BOUNDARY}--\r\n".encode())) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
            await writer.drain()
        except CutError:
            writer.transport.abort()


async def _status(connection: h11.Connection, reader: asyncio.StreamReader) -> int:
    """Return the status of the answer, which may come before everything was sent; 0 for none."""
    answers = h11.Connection(h11.CLIENT)  # it reads beside who writes, and needs to know that something was asked
    answers.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
    answers.send(h11.EndOfMessage())
    while True:
        event = answers.next_event()
        if event is h11.NEED_DATA:
            answers.receive_data(await reader.read(4096))
        elif isinstance(event, h11.Response):
            return event.status_code
        elif isinstance(event, h11.ConnectionClosed):
            return 0
