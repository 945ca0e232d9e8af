"""What a camera, or whoever sits at its address, may answer: challenges, statuses, heads without an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from config.hidden import Secret
from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, DriverError, Misconfigured, NotSupported, Timeout
from drivers.onvif.target import Place
from drivers.onvif.vendors.asking import Asking
from runtime.testing import FakeClock
from tests.unit.drivers.onvif.listening import pusher

DIGEST = b'WWW-Authenticate: Digest realm="x", nonce="y", '


def answer(status: int, *headers: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 %d x" % status, *headers, b"Content-Length: 0", b"", b""))


@asynccontextmanager
async def saying(*answers: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Listen, give the next of ``answers`` to each request, then nothing; yields the port and what was asked."""
    left, asked = list(answers), list[bytes]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                if left:
                    writer.write(left.pop(0))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def outcome(port: int, *, does: bool = False, scheme: str = "http") -> DriverError | None:
    """Return how it ends to ask for a path; ``None`` where an answer of 200 came."""
    clock = FakeClock()
    place = Place("https" if scheme == "https" else "http", "127.0.0.1", port)
    asking = Asking(replace(pusher(), place=place, password=Secret("s3cret-word")), clock, 5.0)

    async def ask() -> None:
        async with asking.get("/path?query=1", does=does):
            pass

    task = asyncio.create_task(ask())
    for _ in range(200):
        if not task.done():
            await clock.advance(0.1)
    (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert "s3cret-word" not in repr(ended)
    if ended is not None and not isinstance(ended, DriverError):
        raise ended
    return ended


@pytest.mark.parametrize(
    ("challenge", "error", "times"),
    [
        (b'WWW-Authenticate: Basic realm="x"', Misconfigured, 1),
        (b"X: y", Misconfigured, 1),
        (DIGEST + b'qop="auth-int"', CorruptAnswer, 1),
        (DIGEST + b"algorithm=ROT13", CorruptAnswer, 1),
        (b"WWW-Authenticate: Digest nothing", CorruptAnswer, 1),
        (b'WWW-Authenticate: Digest realm="x"', CorruptAnswer, 1),
        (DIGEST + b'qop="auth"', Misconfigured, 2),
        (b'WWW-Authenticate: Basic realm="x"\r\n' + DIGEST + b"algorithm=SHA-256", Misconfigured, 2),
    ],
)
async def test_challenges(challenge: bytes, error: type[DriverError], times: int) -> None:
    async with saying(answer(401, challenge), answer(401, challenge)) as (port, asked):
        assert isinstance(await outcome(port), error)
        assert len(asked) == times
        assert b"s3cret-word" not in b"".join(asked)
        assert b"Basic" not in b"".join(asked)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, Misconfigured),
        (404, NotSupported),
        (501, NotSupported),
        (302, CorruptAnswer),
        (307, CorruptAnswer),
        (500, DeviceRefused),
        (503, DeviceRefused),
    ],
)
async def test_statuses(status: int, error: type[DriverError]) -> None:
    async with saying(answer(status, b"Location: http://169.254.169.254/")) as (port, asked):
        assert isinstance(await outcome(port), error)
        assert len(asked) == 1


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + bytes([120]) * 200_000])
async def test_what_is_no_http(said: bytes) -> None:
    async with saying(said) as (port, _):
        assert isinstance(await outcome(port), CorruptAnswer)


async def test_an_answer_that_never_comes_is_lost_only_where_something_was_asked() -> None:
    async with saying() as (port, asked):
        assert isinstance(await outcome(port), Timeout)
        assert isinstance(await outcome(port, does=True), AnswerLost)
        assert len(asked) == 2
        assert isinstance(await outcome(port, does=True, scheme="https"), Timeout)


async def test_an_answer_is_given_with_its_body_unread() -> None:
    async with saying(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1000)) as (port, _):
        assert await outcome(port) is None
