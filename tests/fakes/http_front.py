"""Puts the collector in memory on a real socket, as a server that can be stopped, started and frozen."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx

from tests.fakes.collector import FakeCollector

_LOST = (httpx.HTTPError, OSError)


class HttpFront:
    """Serves ``collector`` at ``url``, always the same one; ``accepted`` counts connections."""

    def __init__(self, collector: FakeCollector) -> None:
        self.url = ""
        self.accepted = 0
        self._collector = collector
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._streaming: asyncio.Task[None] | None = None
        self._thawed = asyncio.Event()
        self._thawed.set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Break every connection; nobody is there until ``start``."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._open)
        for task, writer in self._open.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def freeze(self, frozen: bool) -> None:
        """Fall silent or speak again; what arrived meanwhile on connections that still stand is answered then."""
        if frozen:
            self._thawed.clear()
        else:
            self._thawed.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.accepted += 1
        self._open[task] = writer
        try:
            while await self._exchange(reader, writer):
                pass
        except (EOFError, asyncio.LimitOverrunError, *_LOST):
            pass
        except asyncio.CancelledError:
            pass  # asyncio's server would report it as an error
        finally:
            del self._open[task]
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        await self._thawed.wait()
        answering = self._collector.answer(method, path, fields.get("authorization", ""), body)
        response = await _unless_gone(answering, reader)
        await self._thawed.wait()
        if path.endswith("/commands") and response.status_code == httpx.codes.OK:
            await self._stream(response, reader, writer)
            return False
        content = await response.aread()
        lines = [f"{name}: {value}" for name, value in response.headers.items() if name != "content-length"]
        writer.write(f"HTTP/1.1 {response.status_code} .\r\nContent-Length: {len(content)}\r\n".encode())
        writer.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + content)
        await writer.drain()
        return True

    async def _stream(
        self, response: httpx.Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._streaming is not None and not self._streaming.done():
            self._streaming.cancel()  # a gateway has one stream
            await asyncio.wait((self._streaming,))
        self._streaming = asyncio.current_task()
        writer.write(b"HTTP/1.1 200 .\r\nTransfer-Encoding: chunked\r\n")
        writer.write(f"Content-Type: {response.headers.get('content-type', '')}\r\n\r\n".encode())
        await writer.drain()
        pieces = response.aiter_raw()
        while True:
            piece = await _unless_gone(anext(pieces, b""), reader)
            await self._thawed.wait()
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            if not piece:
                return


async def _unless_gone(work: Awaitable[Any], reader: asyncio.StreamReader) -> Any:
    """Return what ``work`` returns; ``ConnectionResetError`` when the peer hangs up first."""
    doing, gone = asyncio.ensure_future(work), asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait((doing, gone), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ConnectionResetError
        return doing.result()
    finally:
        for task in (doing, gone):
            task.cancel()
        await asyncio.gather(doing, gone, return_exceptions=True)
