"""HTTP's part of dead lines: connections that are trusted together are given up together."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from edge_agent.uplink.errors import NoAnswer, Silent
from edge_agent.uplink.http_transport import HttpTransport
from edge_agent.uplink.session import Session
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.fakes.http_front import HttpFront
from tests.unit.edge_agent.uplink.running import TIMEOUT_S, make_status, until
from wire.codec import encode
from wire.exchange import Downlink, Hello

BODY = encode(make_status())


@pytest.fixture
async def front(collector: FakeCollector) -> AsyncIterator[HttpFront]:
    front = HttpFront(collector)
    await front.start()
    yield front
    front.freeze(False)
    await front.stop()


@pytest.fixture
async def transport(front: HttpFront, clock: FakeClock) -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(front.url, clock, TIMEOUT_S)
    yield transport
    await transport.close()


@pytest.fixture
async def session(transport: HttpTransport, collector: FakeCollector, clock: FakeClock) -> Session:
    session = Session(collector.identity(), clock)
    hello = await transport.hello()
    session.measured(hello.value.time, hello.sent_at)
    return session


async def test_a_connection_is_kept(transport: HttpTransport, session: Session, front: HttpFront) -> None:
    for _ in range(5):
        await transport.ask("status", BODY, Hello, session.token)
    assert front.accepted == 1


async def test_silence_ends_what_is_in_flight_and_what_is_kept(
    transport: HttpTransport, session: Session, front: HttpFront, collector: FakeCollector
) -> None:
    async def listen() -> None:
        async with transport.downlinks(session.token) as downlinks:
            await downlinks.next()
            listening.set()
            await given_up.wait()
            raise Silent

    listening, given_up = asyncio.Event(), asyncio.Event()
    collector.say(Downlink(collector.time()))
    hearing = asyncio.create_task(listen())
    await listening.wait()
    front.freeze(True)
    asking = asyncio.create_task(transport.ask("status", BODY, Hello, session.token))
    await asyncio.sleep(0.01)
    given_up.set()
    with pytest.raises(Silent):
        await hearing
    with pytest.raises(Silent):
        await asking
    front.freeze(False)
    before = front.accepted
    await transport.ask("status", BODY, Hello, session.token)
    assert front.accepted == before + 1, "a new connection"


async def test_an_ending_leaves_the_others_alone(
    transport: HttpTransport, session: Session, front: HttpFront, collector: FakeCollector
) -> None:
    collector.say(Downlink(collector.time()))
    collector.frames.put_nowait(None)
    async with transport.downlinks(session.token) as downlinks:
        await downlinks.next()
        await transport.ask("status", BODY, Hello, session.token)
        with pytest.raises(NoAnswer, match="ended"):
            await downlinks.next()
    await transport.ask("status", BODY, Hello, session.token)
    assert front.accepted == 2, "one for the stream, one for everything else"


async def test_after_a_timeout_no_kept_connection_is_trusted(
    transport: HttpTransport, session: Session, front: HttpFront, clock: FakeClock, collector: FakeCollector
) -> None:
    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    collector.troubles["status"].append(hang)
    others = [asyncio.create_task(transport.ask("status", BODY, Hello, session.token)) for _ in range(3)]
    await until(lambda: sum(task.done() for task in others) == 2)
    await clock.advance(TIMEOUT_S + 0.1)
    await until(lambda: all(task.done() for task in others))
    assert sorted(type(task.exception()).__name__ for task in others) == ["NoAnswer", "NoneType", "NoneType"]
    before = front.accepted
    await transport.ask("status", BODY, Hello, session.token)
    assert front.accepted == before + 1


async def test_closing_twice_and_without_a_peer_is_quiet(front: HttpFront, clock: FakeClock) -> None:
    await front.stop()
    transport = HttpTransport(front.url, clock, TIMEOUT_S)
    with pytest.raises(NoAnswer, match="cannot_connect"):
        await transport.hello()
    await transport.close()
    await transport.close()
