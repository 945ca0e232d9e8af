"""A connection that dawdles is closed; one that is being answered is left in peace."""

import asyncio

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from collector.api.door import Door


class _Hasty(Door):
    head_s = 0.05


async def _serve(answered: asyncio.Event) -> asyncio.Server:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answered.wait()
        await PlainTextResponse("at last")(scope, receive, send)

    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    return await asyncio.get_running_loop().create_server(lambda: _Hasty(config, state, {}), "127.0.0.1", 0)


async def _said(server: asyncio.Server, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(words)
    try:
        return await reader.read(-1)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_head_that_never_ends_is_not_waited_for() -> None:
    async with await _serve(asyncio.Event()) as server:
        assert await _said(server, b"") == b""
        assert await _said(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""


async def test_a_request_that_is_being_answered_has_its_time() -> None:
    answered = asyncio.Event()
    async with await _serve(answered) as server:
        whole = asyncio.create_task(_said(server, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        assert await _said(server, b"GET / HTTP/1.1\r\n") == b"", "the deadline has passed"
        answered.set()
        assert (await whole).endswith(b"at last")
