"""The bad network does what its names say: bytes vanish, wait, break off, or somebody else answers."""

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.network import WEATHERS, Authority, Flow, Proxy, Weather
from simulators.network.packets import PacketWire

PATIENCE_S = 10


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server that says everything back, and its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


class Watched(FakeClock):
    """A clock that tells whether anybody sleeps on it."""

    asleep = 0

    async def sleep(self, seconds: float) -> None:
        self.asleep += seconds > 0
        try:
            await super().sleep(seconds)
        finally:
            self.asleep -= seconds > 0


@pytest.fixture
def clock() -> Watched:
    return Watched()


@pytest.fixture
async def proxy(echo: int, clock: Watched) -> AsyncIterator[Proxy]:
    made = Proxy(echo, clock)
    await made.start()
    yield made
    await made.stop()


class Caller:
    """A client of bare bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def of(cls, proxy: Proxy) -> "Caller":
        return cls(*await asyncio.open_connection("127.0.0.1", proxy.port))

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hears(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE_S)

    async def rest(self) -> bytes:
        try:
            return await asyncio.wait_for(self.reader.read(-1), PATIENCE_S)
        finally:
            self.writer.close()


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until ``condition()``; the test's own limit ends it."""
    while not condition():
        await asyncio.sleep(0)


async def test_in_calm_weather_everything_arrives_and_so_does_the_end(proxy: Proxy) -> None:
    caller = await Caller.of(proxy)
    caller.say(b"x" * 200_000)
    assert await caller.hears(200_000) == b"x" * 200_000
    caller.writer.write_eof()
    assert await caller.rest() == b""
    assert proxy.counts.carried == 400_000


async def test_half_open_swallows_in_silence_and_a_connection_that_lost_bytes_never_recovers(proxy: Proxy) -> None:
    caller, untouched = await Caller.of(proxy), await Caller.of(proxy)
    caller.say(b"one")
    untouched.say(b"two")
    assert (await caller.hears(3), await untouched.hears(3)) == (b"one", b"two")
    await proxy.change(WEATHERS["half-open"])
    caller.say(b"gone")
    await until(lambda: proxy.counts.lost == 4)
    await proxy.change(WEATHERS["open"])
    caller.say(b"gone too")
    await until(lambda: proxy.counts.lost == 12)
    assert not caller.reader.at_eof()
    untouched.say(b"three")
    assert await untouched.hears(5) == b"three"
    caller.writer.close()
    untouched.writer.close()


async def test_one_way_lets_requests_arrive_and_loses_the_answers(proxy: Proxy) -> None:
    await proxy.change(WEATHERS["one-way-up"])
    caller = await Caller.of(proxy)
    caller.say(b"four")
    await until(lambda: proxy.counts.lost == 4)
    assert proxy.counts.carried == 4
    caller.writer.close()


@pytest.mark.parametrize("name", ["cut", "refused"])
async def test_a_cut_resets_what_stands_and_takes_nothing_new(proxy: Proxy, name: str) -> None:
    caller = await Caller.of(proxy)
    caller.say(b"x")
    await caller.hears(1)
    await proxy.change(WEATHERS[name])
    with pytest.raises(ConnectionResetError):
        await caller.rest()
    with pytest.raises(ConnectionError):
        await (await Caller.of(proxy)).hears(1)
    await proxy.change(WEATHERS["open"])
    caller = await Caller.of(proxy)
    caller.say(b"y")
    assert await caller.hears(1) == b"y"
    caller.writer.close()


async def test_while_nobody_listens_nobody_else_gets_the_port(proxy: Proxy) -> None:
    await proxy.change(WEATHERS["refused"])
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", proxy.port))


async def test_delay_and_bandwidth_are_by_the_clock(proxy: Proxy, clock: Watched) -> None:
    await proxy.change(Weather(up=Flow(delay_s=2.0), down=Flow(rate=1.0)))
    caller = await Caller.of(proxy)
    caller.say(b"abc")
    await until(lambda: clock.asleep)
    assert proxy.counts.carried == 0
    await clock.advance(2.0)
    await until(lambda: proxy.counts.carried == 3)
    for letter in (b"a", b"b", b"c"):
        await until(lambda: clock.asleep)
        await clock.advance(1.0)
        assert await caller.hears(1) == letter
    caller.writer.close()


async def test_lost_segments_come_late_and_in_order(echo: int) -> None:
    proxy = Proxy(echo, SystemClock())
    await proxy.start()
    await proxy.change(Weather(up=Flow(jitter_s=0.001, loss=0.01)))
    caller = await Caller.of(proxy)
    sent = bytes(range(256)) * 200
    caller.say(sent)
    assert await caller.hears(len(sent)) == sent
    caller.writer.close()
    await proxy.stop()


@pytest.mark.parametrize(
    ("name", "start"), [("portal", b"HTTP/1.1 200 OK"), ("redirect", b"HTTP/1.1 302"), ("garbage", b"\x16")]
)
async def test_somebody_else_answers(proxy: Proxy, name: str, start: bytes) -> None:
    await proxy.change(WEATHERS[name])
    caller = await Caller.of(proxy)
    caller.say(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
    caller.say(b"hello")
    assert (await caller.rest()).startswith(start)
    assert proxy.counts.carried == 0


@pytest.fixture
async def wire(clock: Watched) -> AsyncIterator[tuple[PacketWire, socket.socket, socket.socket]]:
    """A wire of packets, its client's end and its server's."""
    client, near = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    far, server = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in (client, server):
        end.settimeout(0)
    async with PacketWire(near.fileno(), far.fileno(), clock, random.Random(4)) as made:
        yield made, client, server
    for end in (client, near, far, server):
        end.close()


def _arrived(end: socket.socket) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(end.recv(100))
    except BlockingIOError:
        return found


async def test_packets_overtake_each_other_and_some_never_arrive(
    wire: tuple[PacketWire, socket.socket, socket.socket], clock: Watched
) -> None:
    packets, client, server = wire
    packets.weather = Weather(up=Flow(delay_s=1.0, jitter_s=1.0, loss=0.2))
    sent = [bytes([number]) for number in range(50)]
    for packet in sent:
        client.send(packet)
    await until(lambda: packets.lost + packets.under_way == 50 and clock.asleep)
    await clock.advance(2.0)
    await until(lambda: packets.lost + packets.carried == 50)
    found = _arrived(server)
    assert found != sorted(found)
    assert 25 < len(found) == 50 - packets.lost < 50
    server.send(b"back")
    await until(lambda: packets.lost + packets.carried == 51)
    assert _arrived(client) == [b"back"]


async def test_a_narrow_wire_drops_what_would_wait_too_long(
    wire: tuple[PacketWire, socket.socket, socket.socket], clock: Watched
) -> None:
    packets, client, server = wire
    packets.weather = Weather(up=Flow(rate=10.0))
    for _ in range(5):
        client.send(bytes(10))
    await until(lambda: packets.lost + packets.under_way == 5 and clock.asleep)
    await clock.advance(3.0)
    await until(lambda: packets.carried == 3)
    assert len(_arrived(server)) == 3
    packets.weather = WEATHERS["half-open"]
    client.send(b"gone")
    await until(lambda: packets.lost == 3)


async def test_tls_with_a_good_certificate_and_with_one_that_expired(echo: int, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    proxy = Proxy(echo, SystemClock(), certificates=authority.contexts())
    await proxy.start()
    context = ssl.create_default_context(cafile=authority.trust)

    async def call() -> bytes:
        reader, writer = await asyncio.open_connection("localhost", proxy.port, ssl=context)
        writer.write(b"secret")
        heard = await reader.readexactly(6)
        writer.close()
        return heard

    assert await call() == b"secret"
    await proxy.change(WEATHERS["expired"])
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        await call()
    await proxy.change(WEATHERS["open"])
    assert await call() == b"secret"
    await proxy.stop()
