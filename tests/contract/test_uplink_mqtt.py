"""The uplink's contract over MQTT 5, through a real Mosquitto; and what only a broker can do to it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from edge_agent.identity_file import Identity
from edge_agent.uplink.api import Transport
from edge_agent.uplink.errors import LinkError, NoAnswer, Refused, Silent
from edge_agent.uplink.mqtt_transport import HEAD, PICTURE_MOST, UPLOAD_LIMIT, MqttTransport
from edge_agent.uplink.uplink import make_transport
from runtime.broker import Broker, Mail, broker_at
from runtime.clock import SystemClock
from runtime.mqtt import Connection
from runtime.testing import FakeClock
from tests.contract.picture_suite import PictureContract
from tests.contract.uplink_suite import T0, TIMEOUT_S, Harness, UplinkContract
from tests.fakes.broker_rights import COLLECTOR, rights
from tests.fakes.certificates import make_certificates
from tests.fakes.collector import FakeCollector
from tests.fakes.mosquitto import Mosquitto, mosquitto
from tests.fakes.mqtt_front import MqttFront
from wire.codec import encode_chunks
from wire.exchange import Downlink, Hello
from wire.identity import Claims, body_digest, sign_token
from wire.receipt import Receipts
from wire.topics import STATUS, answer_topic, downlink_topic


class MqttHarness(Harness):
    """The collector in memory at a broker."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(T0)
        self.collector = FakeCollector(self.clock)
        self._front = MqttFront(folder, self.collector)

    def identity(self) -> Identity:
        return self.collector.identity(self._front.mosquitto.url)

    def transport(self, identity: Identity) -> Transport:
        return make_transport(identity, self.clock, TIMEOUT_S)

    async def start(self) -> None:
        await self._front.start()

    async def stop(self) -> None:
        await self._front.stop()

    def freeze(self, frozen: bool) -> None:
        self._front.freeze(frozen)

    def say(self, downlink: Downlink) -> None:
        self._front.say(downlink)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[MqttHarness]:
    made = MqttHarness(tmp_path)
    yield made
    await made.stop()


class TestMqtt(UplinkContract, PictureContract):
    """The suite over MQTT 5."""


T = TypeVar("T")


class Site:
    """A gateway's transport and a collector at one broker, by the system's clock."""

    def __init__(self, folder: Path, *lines: str, username: str = "", password: str = "") -> None:
        self.collector = FakeCollector(SystemClock())
        self.front = MqttFront(folder, self.collector, *lines)
        broker = self.front.mosquitto.broker(username, password)
        self.transport = MqttTransport(broker, "gw-1", SystemClock(), 5.0)

    def sign(self, method: str, path: str, body: bytes) -> str:
        """Sign as gateway ``gw-1``."""
        digest, now = body_digest(body), self.collector.time()
        claims = Claims("gw-1", self.collector.name, now, secrets.token_hex(8), method, path, digest)
        return sign_token(claims, self.collector.gateway_key)

    async def refusal(self, asked: Awaitable[T]) -> LinkError:
        """Return what a question failed with."""
        with pytest.raises(LinkError) as caught:
            await asked
        return caught.value


@asynccontextmanager
async def site_at(folder: Path, *lines: str) -> AsyncIterator[Site]:
    """Run a site for the block."""
    site = Site(folder, *lines)
    try:
        await site.front.start()
        yield site
    finally:
        await site.transport.close()
        await site.front.stop()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_at(tmp_path) as running:
        yield running


async def test_many_questions_at_once_find_their_own_answers(site: Site) -> None:
    uploads = [site.transport.ask("chunks", encode_chunks([]), Receipts, site.sign) for _ in range(10)]
    greetings, receipts = await asyncio.gather(
        asyncio.gather(*(site.transport.hello() for _ in range(10))), asyncio.gather(*uploads)
    )
    assert {type(answer.value) for answer in greetings} == {Hello}
    assert {type(answer.value) for answer in receipts} == {Receipts}


async def test_a_broker_s_limit_is_kept_to_before_it_is_hit(tmp_path: Path) -> None:
    async with site_at(tmp_path, "max_packet_size 20000") as site:
        await site.transport.hello()
        error = await site.refusal(site.transport.ask("chunks", b"x" * (20_001 - HEAD), Receipts, site.sign))
        assert isinstance(error, Refused)
        assert (error.status, error.time) == (413, None)
        assert site.collector.requests == ["hello"]
        error = await site.refusal(site.transport.ask("chunks", b"x" * (20_000 - HEAD), Receipts, site.sign))
        assert error.word == "malformed", "the largest that is let through arrives"
        assert (await site.transport.hello()).value.collector == "district"


async def test_the_collector_s_limit_is_known_here(site: Site) -> None:
    error = await site.refusal(site.transport.ask("chunks", bytes(UPLOAD_LIMIT + 1), Receipts, site.sign))
    assert isinstance(error, Refused)
    assert error.status == 413
    error = await site.refusal(site.transport.ask("pictures", bytes(PICTURE_MOST + 1), Hello, site.sign))
    assert isinstance(error, Refused)
    assert error.status == 413, "an alarm would wait behind it"
    assert site.collector.requests == []


async def test_without_a_collector_the_broker_says_so_at_once(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        transport = MqttTransport(broker.broker(), "gw-1", SystemClock(), 60.0)
        with pytest.raises(NoAnswer, match="no_collector"):
            await transport.hello()
        await transport.close()


async def test_a_broker_with_tls_is_believed_by_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, certificate, key = make_certificates(tmp_path)
    async with mosquitto(tmp_path, f"certfile {certificate}", f"keyfile {key}") as broker:
        place = broker_at(broker.url.replace("mqtt:", "mqtts:"))
        with pytest.raises(NoAnswer, match="bad_certificate"):
            await MqttTransport(place, "gw-1", SystemClock(), 5.0).hello()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        trusting = MqttTransport(place, "gw-1", SystemClock(), 5.0)
        with pytest.raises(NoAnswer, match="no_collector"):
            await trusting.hello()
        await trusting.close()


async def test_a_broker_without_tls_is_none_with_it(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        transport = MqttTransport(broker_at(broker.url.replace("mqtt:", "mqtts:")), "gw-1", SystemClock(), 5.0)
        with pytest.raises(NoAnswer, match=r"no_tls|cannot_connect"):
            await transport.hello()


async def test_silence_gives_the_whole_connection_up(site: Site) -> None:
    await site.transport.hello()
    with pytest.raises(Silent):
        async with site.transport.downlinks(site.sign):
            raise Silent
    assert (await site.transport.hello()).value.collector == "district"
    assert site.front.mosquitto.log.count("New client connected") >= 3, "the collector's, ours, and ours anew"


async def test_old_and_foreign_messages_are_nobody_s_answer(site: Site) -> None:
    await site.transport.hello()
    heard: list[Mail] = []
    spoiler = Connection(
        site.front.mosquitto.broker(), "spoiler", heard.append, keepalive_s=10, most=10_000, timeout_s=5.0
    )
    await spoiler.open()
    for correlation in (b"", b"x" * 16, secrets.token_bytes(16)):
        await spoiler.post(Mail(answer_topic("gw-1"), b"?", words={STATUS: "200"}, correlation=correlation))
    assert (await site.transport.hello()).value.collector == "district"
    async with site.transport.downlinks(site.sign) as downlinks:
        assert (await downlinks.next()).command is None
        await spoiler.post(Mail(downlink_topic("gw-1"), b"\xc1"))
        with pytest.raises(NoAnswer, match="garbage"):
            await downlinks.next()
    await spoiler.close()


async def test_a_stream_ends_with_its_connection(site: Site) -> None:
    async with site.transport.downlinks(site.sign) as downlinks:
        await downlinks.next()
        site.front.mosquitto.stop()
        with pytest.raises(NoAnswer, match="broken_off"):
            await downlinks.next()
        with pytest.raises(NoAnswer, match="broken_off"):
            await downlinks.next()


async def test_closing_while_it_connects_is_quiet(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        broker.freeze(True)
        transport = MqttTransport(broker.broker(), "gw-1", SystemClock(), 60.0)
        asked = asyncio.create_task(transport.hello())
        await asyncio.sleep(0.2)
        await transport.close()
        with pytest.raises(NoAnswer):
            await asked
        broker.freeze(False)


class TestRights:
    """The access list of docs/operations.md."""

    @pytest.fixture
    async def guarded(self, tmp_path: Path) -> AsyncIterator[Mosquitto]:
        users = {COLLECTOR: "c", "gw_1": "1", "gw_2": "2"}
        async with mosquitto(tmp_path, *rights(tmp_path, **users)) as running:
            yield running

    async def _open(self, broker: Broker, heard: list[Mail], *filters: str) -> Connection:
        made = Connection(broker, "x", heard.append, keepalive_s=10, most=10_000, timeout_s=5.0)
        await made.open(*filters)
        return made

    @pytest.mark.parametrize(("name", "password"), [("", ""), ("gw-1", "2"), ("nobody", "1")])
    async def test_strangers_stay_outside(self, guarded: Mosquitto, name: str, password: str) -> None:
        transport = MqttTransport(guarded.broker(name, password), "gw-1", SystemClock(), 5.0)
        with pytest.raises(NoAnswer, match="not_authorized"):
            await transport.hello()
        await transport.close()

    async def test_a_gateway_cannot_speak_as_another_or_as_the_collector(self, guarded: Mosquitto) -> None:
        heard: list[Mail] = []
        victim = await self._open(guarded.broker("gw-1", "1"), heard, answer_topic("gw-1"), downlink_topic("gw-1"))
        evil = await self._open(guarded.broker("gw-2", "2"), [])
        for topic in (answer_topic("gw-1"), downlink_topic("gw-1"), "linli/v1/gw-1/chunks", answer_topic("gw-2")):
            assert await evil.post(Mail(topic, b"forged")) == 0x87
        collector = await self._open(guarded.broker(COLLECTOR, "c"), [])
        assert await collector.post(Mail(answer_topic("gw-1"), b"true")) == 0
        while not heard:
            await asyncio.sleep(0.01)
        assert [mail.body for mail in heard] == [b"true"]
        for connection in (victim, evil, collector):
            await connection.close()

    async def test_a_gateway_under_another_s_name_at_the_broker_gets_nothing(self, guarded: Mosquitto) -> None:
        transport = MqttTransport(guarded.broker("gw-2", "2"), "gw-1", SystemClock(), 5.0)
        with pytest.raises(NoAnswer, match="not_authorized"):
            await transport.hello()
        await transport.close()
