"""The TCP connection to a camera's RTSP port: messages in, questions out, on lent time."""

import asyncio
from typing import Final

from drivers.api.errors import Timeout
from drivers.api.patience import within
from drivers.onvif.metadata.framing import Framing, Message
from runtime.clock import Clock

_PIECE: Final = 64 * 1024
_WAITING: Final = 64 * 1024
"""Bytes that wait to be sent: so many do only where the camera reads nothing any more."""


class Connection:
    """An open one; ``Timeout`` is raised where it broke, whichever way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, clock: Clock) -> None:
        self._reader, self._writer, self._clock = reader, writer, clock
        self._framing = Framing()
        self._next: asyncio.Future[bytes] | None = None

    @classmethod
    async def open(cls, host: str, port: int, clock: Clock, timeout_s: float) -> "Connection":
        """Connect."""
        try:
            reader, writer = await within(clock, timeout_s, asyncio.open_connection(host, port))
        except OSError:  # a TimeoutError is one
            raise Timeout(f"metadata: its RTSP port {port} cannot be reached") from None
        return cls(reader, writer, clock)

    def send(self, data: bytes) -> None:
        """Send; who reads nothing is not waited for."""
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > _WAITING:
            raise Timeout("metadata: it reads nothing any more")

    async def next(self, seconds: float) -> list[Message]:
        """Return what was whole with the next piece; nothing when none came within ``seconds`` or none was whole."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._reader.read(_PIECE))
        over = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((self._next, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if not self._next.done():
            return []
        done, self._next = self._next, None
        try:
            data = done.result()
        except OSError:
            raise Timeout("metadata: the connection broke off") from None
        if not data:
            raise Timeout("metadata: it ended the stream")
        return self._framing.feed(data)

    async def close(self, farewell: bytes = b"") -> None:
        """Say ``farewell`` and be gone, waiting for nothing; it is closed also where this is cancelled."""
        if farewell and not self._writer.is_closing():
            self._writer.write(farewell)
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        else:
            self._writer.close()
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
