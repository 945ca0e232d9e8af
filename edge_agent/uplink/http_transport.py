"""The way to the collector over HTTP: questions and answers, and one endless answer that carries frames."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from edge_agent.uplink.api import Answer, Sign, Subject
from edge_agent.uplink.errors import NoAnswer, Silent
from edge_agent.uplink.exchange import (
    TRANSPORT_ERRORS,
    ask,
    check_is_ours,
    make_context,
    make_request,
    make_way,
    no_answer,
    read_limited,
    refused,
)
from edge_agent.uplink.waiting import Cut, patience_s, within
from runtime.clock import Clock
from wire.codec import decode
from wire.errors import CodecError
from wire.exchange import Downlink, Hello

FRAME_LIMIT = 64 * 1024
"""Most bytes of one frame."""

_ROOT = "/gateway/v1"
_LENGTH_BYTES = 4

T = TypeVar("T")


class HttpTransport:
    """A ``Transport`` to the collector at ``url``. ``timeout_s`` is for one exchange of an ordinary size (see
    ``patience_s``); ``way`` replaces the sockets.

    Connections are kept between exchanges. After a timeout none of the kept ones is trusted again, and ``Silent``
    that leaves ``downlinks`` ends the exchanges in flight as well: sockets that look whole die together.
    """

    def __init__(
        self, url: str, clock: Clock, timeout_s: float = 10.0, way: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url, self._clock, self._timeout_s, self._way = url, clock, timeout_s, way
        self._context = make_context(url)
        self._line = self._new_line()

    async def hello(self) -> Answer[Hello]:
        """See ``Transport.hello``."""
        return await self._ask("GET", "hello", b"", Hello, None)

    async def ask(self, subject: Subject, body: bytes, kind: type[T], sign: Sign) -> Answer[T]:
        """See ``Transport.ask``."""
        return await self._ask("POST", subject, body, kind, sign)

    @asynccontextmanager
    async def downlinks(self, sign: Sign) -> "AsyncIterator[Frames]":
        """See ``Transport.downlinks``."""
        async with self._line as line:
            sent_at = self._clock.monotonic()
            response = await self._open(line, sign)
            try:
                if response.status_code != httpx.codes.OK:
                    raise refused(response, await self._bounded(read_limited(response), line), sent_at)
                check_is_ours(response)
                yield Frames(response.aiter_raw())
            except Silent:
                line.cut.make()
                await self._renew(line)
                raise
            finally:
                await response.aclose()

    async def close(self) -> None:
        """See ``Transport.close``."""
        await self._line.way.aclose()

    async def _ask(self, method: str, name: str, body: bytes, kind: type[T], sign: Sign | None) -> Answer[T]:
        path = f"{_ROOT}/{name}"
        request = make_request(self._url, method, path, body, sign(method, path, body) if sign else "")
        async with self._line as line:
            deadline_s = patience_s(self._timeout_s, len(body))
            try:
                return await ask(line.way, request, kind, self._clock, deadline_s, line.cut)
            except NoAnswer as error:
                if error.word == "timeout":
                    await self._renew(line)
                raise

    async def _open(self, line: "_Line", sign: Sign) -> httpx.Response:
        path = f"{_ROOT}/commands"
        request = make_request(self._url, "GET", path, token=sign("GET", path, b""))
        return await self._bounded(line.way.handle_async_request(request), line)

    async def _bounded(self, work: Coroutine[Any, Any, T], line: "_Line") -> T:
        try:
            return await within(self._clock, self._timeout_s, work, line.cut)
        except TRANSPORT_ERRORS as error:
            if isinstance(error, TimeoutError):
                await self._renew(line)
            raise no_answer(error) from error

    def _new_line(self) -> "_Line":
        return _Line(make_way(self._url, self._way, self._context))

    async def _renew(self, line: "_Line") -> None:
        if line is self._line:
            self._line = self._new_line()
            await line.retire()


class _Line:
    """Connections that are trusted together; once retired they close when the last who uses them has left."""

    def __init__(self, way: httpx.AsyncBaseTransport) -> None:
        self.way = way
        self.cut = Cut()
        self._users = 0
        self._retired = False

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        await self._sweep()

    async def retire(self) -> None:
        self._retired = True
        await self._sweep()

    async def _sweep(self) -> None:
        if self._retired and self._users == 0:
            await self.way.aclose()


class Frames:
    """Cuts an endless answer, however its bytes arrive, into frames: a 4-byte big-endian length, then so many bytes of
    msgpack ``Downlink``.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._data = bytearray()

    async def next(self) -> Downlink:
        """See ``Downlinks.next``."""
        try:
            while (frame := self._take()) is None:
                self._data += await anext(self._pieces)
        except StopAsyncIteration as error:
            raise NoAnswer("ended") from error
        except CodecError as error:
            raise NoAnswer("garbage") from error
        except TRANSPORT_ERRORS as error:
            raise no_answer(error) from error
        return frame

    def _take(self) -> Downlink | None:
        """Return the next whole frame, ``None`` until it is there; ``CodecError`` for one that cannot be right."""
        if len(self._data) < _LENGTH_BYTES:
            return None
        end = _LENGTH_BYTES + int.from_bytes(self._data[:_LENGTH_BYTES], "big")
        if end > FRAME_LIMIT:
            raise CodecError(f"a frame of {end} bytes")
        if len(self._data) < end:
            return None
        frame = bytes(self._data[_LENGTH_BYTES:end])
        del self._data[:end]
        return decode(frame, Downlink)
