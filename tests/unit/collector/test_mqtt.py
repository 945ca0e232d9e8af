"""The collector at a broker: judged as over HTTP, one answer from one of several doors, commands at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from collector.access.passwords import Passwords
from collector.app import Collector
from collector.fleet.presence import Link
from collector.gateway.protocol import UPLOAD_LIMIT
from collector.home import Home
from collector.lists.desk import Deed
from collector.mqtt import door as door_module
from collector.mqtt.door import MqttDoor
from collector.store import commands, fleet
from collector.store.errors import StoreUnavailable
from collector.store.records import CommandRow
from collector.store.sql import SqlStore
from runtime.broker import Mail
from runtime.testing import FakeClock
from tests.fakes.mosquitto import Mosquitto, mosquitto
from tests.unit.collector.actor import Gateway
from tests.unit.collector.conftest import CHEAP
from tests.unit.collector.mqtt_box import Box
from wire.codec import decode, encode, encode_chunks
from wire.command import Command
from wire.exchange import Downlink, Hello, Refusal
from wire.identity import public_key, verify_part
from wire.picture import PictureAnswer
from wire.plates import ListKind, ListsAsked, PlateEntry, SignedPart
from wire.receipt import Fate, Receipts
from wire.topics import (
    AUTHORIZATION,
    METHOD,
    RETRY_AFTER,
    STATUS,
    answer_topic,
    downlink_topic,
    request_topic,
)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path, "set_tcp_nodelay true") as running:
        yield running


@asynccontextmanager
async def serving(collector: Collector, broker: Mosquitto) -> AsyncIterator[MqttDoor]:
    """Run a door of ``collector`` for the block."""
    door = MqttDoor(broker.broker(), collector.parts)
    running = asyncio.create_task(door.run())
    await until(lambda: door.connected)
    yield door
    running.cancel()
    await asyncio.wait((running,))
    assert running.cancelled()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came about")


@pytest.fixture
async def door(collector: Collector, broker: Mosquitto) -> AsyncIterator[MqttDoor]:
    async with serving(collector, broker) as running:
        yield running


@pytest.fixture
async def box(gateway: Gateway, broker: Mosquitto) -> AsyncIterator[Box]:
    made = Box(gateway)
    await made.connect(broker)
    yield made
    await made.close()


def command(number: str, clock: FakeClock) -> CommandRow:
    now = clock.now()
    wanted = Command(number, "g-1", "door-1", "open", now, now + 30_000_000)
    return CommandRow(
        number, "g-1", "door-1", "open", {}, "why", "who", now, now + 30_000_000, encode(wanted), b"s", "queued"
    )


async def test_hello_needs_no_token(door: MqttDoor, box: Box, collector: Collector, clock: FakeClock) -> None:
    mail = Mail(request_topic("g-1", "hello"), answer_to=answer_topic("g-1"), correlation=b"1")
    assert await box.told(Hello, mail) == Hello(collector.parts.name, (1,), clock.now())


async def test_an_upload_is_stored_before_it_is_answered(door: MqttDoor, box: Box, store: SqlStore) -> None:
    body = encode_chunks([box.gateway.readings(3)])
    receipts = await box.told(Receipts, box.mail("chunks", body))
    assert [receipt.fate for receipt in receipts.receipts] == [Fate.ACCEPTED]
    assert (await store.read(fleet.tallies))["readings"] == 3
    again = await box.told(Receipts, box.mail("chunks", body))
    assert [receipt.fate for receipt in again.receipts] == [Fate.ACCEPTED]
    assert (await store.read(fleet.tallies))["readings"] == 3


async def test_a_large_upload_comes_through(door: MqttDoor, box: Box) -> None:
    assert await box.refused(box.mail("chunks", b"\xc4" * UPLOAD_LIMIT)) == ("400", "malformed")


async def test_what_is_not_believed(door: MqttDoor, box: Box, clock: FakeClock) -> None:
    twice = box.mail("chunks", encode_chunks([]))
    assert (await box.ask(twice)).words[STATUS] == "200"
    over_http = box.mail("chunks", encode_chunks([]), method="POST")
    other_body = box.mail("chunks", encode_chunks([]), body_sha256="0" * 64)
    old = box.mail("chunks", b"", issued_at=clock.now() - 100_000_000)
    nameless = Mail(twice.topic, b"", answer_to=twice.answer_to, correlation=b"1")
    assert await box.refused(twice) == ("401", "replayed")
    assert await box.refused(over_http) == ("401", "wrong_body")
    assert await box.refused(other_body) == ("401", "wrong_body")
    assert await box.refused(old) == ("401", "expired")
    assert await box.refused(nameless) == ("401", "malformed")


async def test_a_gateway_speaks_on_its_own_topics_alone(door: MqttDoor, box: Box) -> None:
    topic = request_topic("g-2", "chunks")
    words = {AUTHORIZATION: box.gateway.token(METHOD, topic)["Authorization"]}
    foreign = Mail(topic, words=words, answer_to=answer_topic("g-2"), correlation=b"1")
    assert await box.refused(foreign) == ("401", "wrong_body")


@pytest.mark.parametrize(
    "changes",
    [{"answer_to": downlink_topic("g-1")}, {"answer_to": answer_topic("g-2")}, {"answer_to": ""}, {"correlation": b""}],
    ids=str,
)
async def test_an_answer_goes_to_its_own_place_or_nowhere(door: MqttDoor, box: Box, changes: dict[str, Any]) -> None:
    mail = replace(box.mail("chunks", encode_chunks([])), **changes)
    box.send(mail)
    assert (await box.ask(box.mail("chunks", encode_chunks([])))).words[STATUS] == "200"
    assert box.answers.empty()
    assert box.downlinks.empty()


async def test_too_much_is_refused(door: MqttDoor, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await box.refused(box.mail("status", b"x" * 300_000)) == ("413", "too_large")
    assert await box.refused(box.mail("listen", b"x" * 65)) == ("413", "too_large")
    monkeypatch.setattr(door_module, "IN_HAND", 0)
    answer = await box.ask(box.mail("chunks", encode_chunks([])))
    assert (answer.words[STATUS], answer.words[RETRY_AFTER]) == ("503", "2")
    assert decode(answer.body, Refusal).error == "busy"


async def test_a_status_is_a_sign_of_life(door: MqttDoor, box: Box, collector: Collector, clock: FakeClock) -> None:
    await clock.advance(600)
    assert collector.parts.presence.count(Link.ONLINE) == 0
    assert await box.refused(box.mail("status", b"\xc0")) == ("400", "malformed")
    await box.told(Hello, box.mail("status", encode(box.gateway.status())))
    assert collector.parts.presence.count(Link.ONLINE) == 1


async def test_a_picture_arrives_also_where_nobody_waits(door: MqttDoor, box: Box) -> None:
    await box.told(Hello, box.mail("pictures", encode(PictureAnswer("nobody-asked", b"\xff\xd8"))))


async def test_plate_lists_are_told_of_and_given_out(door: MqttDoor, box: Box, collector: Collector) -> None:
    row = await collector.parts.lists.put("g-1", ListKind.white, "浙F12345", (None, None), "", Deed("x", ""))
    status = box.mail("status", encode(box.gateway.status()))
    assert (await box.told(Hello, status)).lists == row.at
    signed = await box.told(SignedPart, box.mail("lists", encode(ListsAsked())))
    part = verify_part(signed, public_key(collector.parts.command_key), gateway="g-1")
    assert part.entries == (PlateEntry("浙F12345", ListKind.white),)


async def test_a_database_that_is_away_is_said(
    door: MqttDoor, box: Box, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(store, "read", away)
    assert await box.refused(box.mail("chunks", encode_chunks([]))) == ("503", "store_unavailable")


async def test_a_mistake_of_ours_is_logged_and_harms_nobody_else(
    door: MqttDoor, box: Box, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wrong(*_: object) -> None:
        raise LookupError("a bug")

    with monkeypatch.context() as spoilt, capture_logs() as logs:
        spoilt.setattr(store, "read", wrong)
        box.send(box.mail("chunks", encode_chunks([])))
        await until(lambda: [line["event"] for line in logs] == ["request_failed"])
    assert (await box.ask(box.mail("chunks", encode_chunks([])))).words[STATUS] == "200"


async def test_a_command_comes_down_at_once(door: MqttDoor, box: Box, collector: Collector, clock: FakeClock) -> None:
    store = collector.parts.store
    await store.write(commands.add, command("waits", clock))
    await box.told(Downlink, box.mail("listen", b"stream-1"))
    first = decode((await asyncio.wait_for(box.downlinks.get(), 10)).body, Downlink)
    assert first.command is not None
    assert decode(first.command.payload, Command).id == "waits"
    await store.write(commands.add, command("new", clock))
    collector.parts.streams.wake("g-1")
    second = decode((await asyncio.wait_for(box.downlinks.get(), 10)).body, Downlink)
    assert second.command is not None
    assert decode(second.command.payload, Command).id == "new"
    kept = await store.read(commands.one, "new")
    assert kept is not None
    assert kept.state == "sent"


async def test_a_new_stream_is_offered_everything_again(
    door: MqttDoor, box: Box, collector: Collector, clock: FakeClock
) -> None:
    await collector.parts.store.write(commands.add, command("c", clock))
    for stream in (b"stream-1", b"stream-2"):
        await box.told(Downlink, box.mail("listen", stream))
        await asyncio.wait_for(box.downlinks.get(), 10)
    await box.told(Downlink, box.mail("listen", b"stream-2"))
    await box.told(Hello, box.mail("status", encode(box.gateway.status())))
    assert box.downlinks.empty(), "the same stream is told once"


async def test_who_listens_no_more_is_not_sent_to(
    door: MqttDoor, box: Box, collector: Collector, clock: FakeClock
) -> None:
    await box.told(Downlink, box.mail("listen", b"stream-1"))
    await until(lambda: len(collector.parts.streams) == 1)
    while len(collector.parts.streams) > 0:
        await clock.advance(1)
        await asyncio.sleep(0.001)
    await collector.parts.store.write(commands.add, command("c", clock))
    collector.parts.streams.wake("g-1")
    row = await collector.parts.store.read(commands.one, "c")
    assert row is not None
    assert row.state == "queued"


async def test_several_doors_share_the_work(
    collector: Collector, broker: Mosquitto, box: Box, tmp_path: Path, store: SqlStore, clock: FakeClock
) -> None:
    second = Collector(Home(tmp_path), store, clock, Passwords(CHEAP))
    await clock.advance(1)
    async with serving(collector, broker), serving(second, broker):
        for _ in range(20):
            receipts = await box.told(Receipts, box.mail("chunks", encode_chunks([box.gateway.readings(1)])))
            assert [receipt.fate for receipt in receipts.receipts] == [Fate.ACCEPTED]
            await clock.advance(1)
        assert box.answers.empty(), "one answer to each question"
    shares = [made.parts.ingest.last_minute() for made in (collector, second)]
    assert sum(shares) == 20
    assert all(shares), "both had their part"
    assert (await store.read(fleet.tallies))["readings"] == 20


async def test_the_broker_may_go_and_come(
    door: MqttDoor, box: Box, broker: Mosquitto, clock: FakeClock, store: SqlStore
) -> None:
    await store.write(commands.add, command("c", clock))
    await box.told(Downlink, box.mail("listen", b"stream-1"))
    await asyncio.wait_for(box.downlinks.get(), 10)
    broker.stop()
    await until(lambda: not door.connected)
    for _ in range(3):
        await clock.advance(6)
        await asyncio.sleep(0.01)
    await broker.start()
    while not door.connected:
        await clock.advance(1)
        await asyncio.sleep(0.01)
    await box.close()
    await box.connect(broker)
    mail = Mail(request_topic("g-1", "hello"), answer_to=answer_topic("g-1"), correlation=b"1")
    await box.told(Hello, mail)
    await box.told(Downlink, box.mail("listen", b"stream-1"))
    await asyncio.wait_for(box.downlinks.get(), 10)  # it may have been lost with the connection


async def test_stopping_leaves_nothing_behind(collector: Collector, broker: Mosquitto, box: Box) -> None:
    async with serving(collector, broker):
        await box.told(Downlink, box.mail("listen", b"stream-1"))
        await until(lambda: len(collector.parts.streams) == 1)
    await until(lambda: len(collector.parts.streams) == 0)


async def test_a_door_stops_while_nobody_is_there(collector: Collector, tmp_path: Path) -> None:
    nobody = MqttDoor(Mosquitto(tmp_path).broker(), collector.parts)
    running = asyncio.create_task(nobody.run())
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait((running,))
    assert not nobody.connected
