"""The agent's own HTTP connections: what is kept, what is given up, and what a peer that misbehaves comes to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

from edge_agent.uplink.exchange import make_context, no_answer
from runtime.connections import KEPT, Connections
from simulators.network.tls import Authority

Say: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """A server that answers each request on a connection with ``say``; counts ``connections``, notes the ``closed``."""

    def __init__(self, say: Say) -> None:
        self.connections = 0
        self.closed = asyncio.Event()
        self.said = asyncio.Event()
        self.bodies: list[bytes] = []
        self.url = ""
        self._say = say

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
                self.bodies.append(await reader.readexactly(length))
                await self._say(reader, writer)
                self.said.set()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        finally:
            self.closed.set()
            writer.close()


@asynccontextmanager
async def peer(say: Say, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Peer]:
    one = Peer(say)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=context)
    one.url = f"{'https' if context else 'http'}://{host}:{server.sockets[0].getsockname()[1]}/it"
    try:
        yield one
    finally:
        server.close()


def answering(*pieces: bytes, then_close: bool = False) -> Say:
    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if then_close:
            writer.close()

    return say


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    one = Connections(make_context("http://here"))
    yield one
    await one.aclose()


async def ask(connections: Connections, url: str, body: bytes = b"") -> tuple[int, bytes]:
    response = await connections.handle_async_request(httpx.Request("POST", url, content=body))
    try:
        return response.status_code, await response.aread()
    finally:
        await response.aclose()


async def test_one_connection_serves_one_exchange_after_the_other(connections: Connections) -> None:
    async with peer(answering(OK)) as one:
        for body in (b"a", b"", b"b" * 300_000):
            assert await ask(connections, one.url, body) == (200, b"ok")
        assert one.connections == 1
        assert one.bodies == [b"a", b"", b"b" * 300_000]


async def test_at_once_there_are_as_many_as_are_asked_for_and_few_are_kept(connections: Connections) -> None:
    async with peer(answering(OK)) as one:
        for _ in range(2):
            await asyncio.gather(*(ask(connections, one.url) for _ in range(2 * KEPT)))
        assert one.connections == 2 * KEPT + KEPT


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad",
    ],
    ids=["the peer wishes it", "an old one", "an answer that nobody asked for"],
)
async def test_no_further_exchange_follows(connections: Connections, answer: bytes) -> None:
    async with peer(answering(answer, then_close=b"1.0" in answer)) as one:
        for _ in range(2):
            assert await ask(connections, one.url) == (200, b"ok")
        assert one.connections == 2


async def test_an_idle_connection_that_the_peer_closed_or_spoke_on_is_not_used(connections: Connections) -> None:
    async with peer(answering(OK, then_close=True)) as closing:
        await ask(connections, closing.url)
        await closing.closed.wait()
        assert await ask(connections, closing.url) == (200, b"ok")

    writers: list[asyncio.StreamWriter] = []

    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writers.append(writer)

    async with peer(say) as speaking:
        await ask(connections, speaking.url)
        writers[0].write(OK)
        await writers[0].drain()
        assert await ask(connections, speaking.url) == (200, b"ok")
        assert speaking.connections == 2


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"", "broken_off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "broken_off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", "broken_off"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "broken_off"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "broken_off"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "broken_off"),
    ],
    ids=["nothing", "half a body", "half a piece", "another protocol", "an upgrade", "an endless head"],
)
async def test_what_is_no_answer_is_said_to_be_none(connections: Connections, answer: bytes, word: str) -> None:
    async with peer(answering(answer, then_close=True)) as one:
        with pytest.raises(httpx.TransportError) as caught:
            await ask(connections, one.url)
        assert no_answer(caught.value).word == word


async def test_a_reset_is_no_answer(connections: Connections) -> None:
    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with peer(reset) as one:
        with pytest.raises(httpx.TransportError):
            await ask(connections, one.url)


async def test_what_is_said_before_the_answer_is_passed_over(connections: Connections) -> None:
    async with peer(answering(b"HTTP/1.1 103 Early Hints\r\n\r\n", OK)) as one:
        assert await ask(connections, one.url) == (200, b"ok")


async def test_a_peer_is_not_read_faster_than_its_answer_is_taken(connections: Connections) -> None:
    size, sent = 30_000_000, 0

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(300):
            writer.write(bytes(size // 300))
            await writer.drain()
            sent += size // 300

    async with peer(pour) as one:
        response = await connections.handle_async_request(httpx.Request("GET", one.url))
        pieces = response.aiter_raw()
        got = len(await anext(pieces))
        for _ in range(2000):
            await asyncio.sleep(0)
        assert sent < size, "the kernels hold some megabytes, we do not"
        async for piece in pieces:
            got += len(piece)
        assert got == size
        await response.aclose()


async def test_who_stops_waiting_gives_the_connection_up(connections: Connections) -> None:
    async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        one.said.set()
        await reader.read()

    async with peer(say_nothing) as one:
        asking = asyncio.create_task(ask(connections, one.url))
        await one.said.wait()
        asking.cancel()
        await asyncio.wait((asking,))
        await one.closed.wait()


async def test_closing_ends_what_is_under_way(connections: Connections) -> None:
    async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        one.said.set()
        await reader.read()

    async with peer(say_nothing) as one:
        asking = asyncio.create_task(ask(connections, one.url))
        await one.said.wait()
        await connections.aclose()
        with pytest.raises(httpx.TransportError):
            await asking


async def test_a_large_body_that_is_refused_unread_is_not_followed_by_another_request(connections: Connections) -> None:
    taken: list[int] = []

    async def refuse_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(len(await reader.readuntil(b"\r\n\r\n")))
        writer.write(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read(1)
        await done.wait()
        writer.close()

    done = asyncio.Event()
    async with await asyncio.start_server(refuse_early, "127.0.0.1", 0, limit=1024) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for _ in range(2):
            assert await ask(connections, url, bytes(20_000_000)) == (413, b"")
        done.set()
    assert len(taken) == 2


async def test_nobody_there(connections: Connections) -> None:
    async with peer(answering(OK)) as one:
        gone = one.url
    for url in (gone, f"http://{'x' * 70}.invalid/"):
        with pytest.raises(httpx.ConnectError) as caught:
            await ask(connections, url)
        assert no_answer(caught.value).word == "cannot_connect"


async def test_tls_is_judged_by_who_is_trusted_and_by_date_and_by_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    servers, trusting = authority.contexts(), ssl.create_default_context(cafile=str(authority.trust))
    cases = [("good", "localhost", trusting, ""), ("expired", "localhost", trusting, "bad_certificate")]
    cases += [("good", "127.0.0.1", trusting, "bad_certificate")]
    cases += [("good", "localhost", ssl.create_default_context(), "bad_certificate")]
    for name, host, trust, word in cases:
        connections = Connections(trust)
        async with peer(answering(OK), servers[name], host) as one:
            if word:
                with pytest.raises(httpx.ConnectError) as caught:
                    await ask(connections, one.url)
                assert no_answer(caught.value).word == word
            else:
                for _ in range(2):
                    assert await ask(connections, one.url) == (200, b"ok")
                assert one.connections == 1
        await connections.aclose()
