"""A picture is fetched from its gateway once, shown to whom it may be, audited, and soon forgotten."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from collector.app import Collector
from collector.pictures.desk import WAIT_S
from collector.pictures.shelf import KEPT_S, Looked, Shelf, Wanted
from collector.store import people
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway, refusal
from tests.unit.collector.conftest import browser, soon
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Lane
from wire.codec import decode, encode
from wire.command import Command
from wire.event import Event
from wire.exchange import Downlink
from wire.identity import public_key, verify_command
from wire.outcome import Outcome, OutcomeState
from wire.picture import PICTURE_LIMIT, PictureAnswer

JPEG = b"\xff\xd8 a plate"
BLOCKS = b"\xff\xd8 blocks"
URL = "/pictures/g-1/cam-1-aa"


class _Box:
    """A gateway that hears commands and answers by the protocol alone."""

    def __init__(self, gateway: Gateway, collector: Collector) -> None:
        self.gateway, self.collector = gateway, collector
        self.frames = collector.parts.streams.frames("g-1")
        self.heard: list[Command] = []
        self._fresh: asyncio.Queue[Command] = asyncio.Queue()
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        key = public_key(self.collector.parts.command_key)
        async for frame in self.frames:
            if (signed := decode(frame[4:], Downlink).command) is not None:
                self.heard.append(verify_command(signed, key, gateway="g-1"))
                self._fresh.put_nowait(self.heard[-1])

    async def next(self) -> Command:
        """Return the next command that was not returned yet, when it is there."""
        return await asyncio.wait_for(self._fresh.get(), 10)

    async def answer(
        self, command: Command, word: str = "", data: bytes = JPEG, masked: bool = False
    ) -> httpx.Response:
        answer = PictureAnswer(command.id, b"" if word else data, word, 7, masked)
        return await self.gateway.post("/gateway/v1/pictures", encode(answer))


@pytest.fixture
async def box(gateway: Gateway, collector: Collector) -> AsyncIterator[_Box]:
    made = _Box(gateway, collector)
    await soon()
    yield made
    made.listening.cancel()
    await asyncio.gather(made.listening, return_exceptions=True)


async def audited(collector: Collector) -> list[tuple[str, str, str, str]]:
    rows = await collector.parts.store.read(people.audit_page, limit=20, before=None)
    return [(row.who, row.target, row.result, row.detail) for row in rows if row.what == "picture"][::-1]


async def test_who_may_see_persons_gets_it_whole_others_masked_and_both_are_audited(
    box: _Box, collector: Collector, web: httpx.AsyncClient
) -> None:
    looking = asyncio.create_task(web.get(URL))
    command = await box.next()
    assert (command.device, command.name, command.args) == (
        "", "picture_look", {"reference": "cam-1-aa", "whole": True}
    )  # fmt: skip
    assert (await box.answer(command)).status_code == 200
    whole = await looking
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert (whole.headers["linli-masked"], whole.headers["cache-control"]) == ("no", "no-store")
    async with browser(collector, "viewer") as viewer:
        looking = asyncio.create_task(viewer.get(URL))
        command = await box.next()
        assert command.args["whole"] is False
        await box.answer(command, data=BLOCKS, masked=True)
        seen = await looking
    assert (seen.content, seen.headers["linli-masked"]) == (BLOCKS, "role")
    assert await audited(collector) == [
        ("operator", "g-1/cam-1", "whole", "cam-1-aa"),
        ("viewer", "g-1/cam-1", "masked", "cam-1-aa"),
    ]
    assert (await web.get("/commands")).json() == {"items": []}


async def test_several_who_look_at_once_and_soon_after_cost_the_gateway_one_picture(
    box: _Box, collector: Collector, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    looking = [asyncio.create_task(web.get(URL)) for _ in range(3)]
    command = await box.next()
    await soon()
    looking[0].cancel()
    await box.answer(command)
    assert [(await each).content for each in looking[1:]] == [JPEG, JPEG]
    assert (await web.get(URL)).content == JPEG
    assert len(box.heard) == 1
    await clock.advance(KEPT_S)
    again = asyncio.create_task(web.get(URL))
    await box.answer(await box.next())
    assert (await again).status_code == 200
    assert len(box.heard) == 2


async def test_why_there_is_none_is_said(box: _Box, collector: Collector, web: httpx.AsyncClient) -> None:
    words = {"picture_gone": 404, "pictures_not_kept": 404, "cannot_mask": 403, "too_large": 409, "picture_broken": 502}
    for word, status in words.items():
        looking = asyncio.create_task(web.get(URL))
        await box.answer(await box.next(), word if status != 502 else "a word of tomorrow")
        answer = await looking
        assert (answer.status_code, answer.json()["error"]) == (status, word)
    assert await audited(collector) == [("operator", "g-1/cam-1", word, "cam-1-aa") for word in words]


async def test_what_is_kept_masked_says_so_to_whom_may_see_it_whole(box: _Box, web: httpx.AsyncClient) -> None:
    looking = asyncio.create_task(web.get(URL))
    await box.answer(await box.next(), data=BLOCKS, masked=True)
    assert (await looking).headers["linli-masked"] == "gateway"


async def test_what_is_no_picture_is_not_shown(box: _Box, web: httpx.AsyncClient) -> None:
    looking = asyncio.create_task(web.get(URL))
    await box.answer(await box.next(), data=b"<script>")
    assert (await looking).json()["error"] == "picture_broken"


async def test_an_old_gateway_and_a_busy_one_refuse_and_a_silent_one_is_late(
    box: _Box, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    for reason, said in (("unknown_verb", "not_supported"), ("busy", "gateway_busy")):
        looking = asyncio.create_task(web.get(URL))
        command = await box.next()
        await box.gateway.report(Outcome(command.id, "", OutcomeState.REFUSED, clock.now(), reason))
        assert (await looking).json()["error"] == said
    looking = asyncio.create_task(web.get(URL))
    command = await box.next()
    await box.gateway.report(Outcome(command.id, "", OutcomeState.EXECUTED, clock.now()))
    await clock.advance(WAIT_S)
    late = await looking
    assert (late.status_code, late.json()["error"]) == (504, "picture_late")
    assert (await box.answer(command)).status_code == 200, "what comes too late is let go"
    assert command.expires_at - command.issued_at == round(WAIT_S * 1_000_000)


async def test_a_gateway_that_does_not_listen_is_not_waited_for(
    gateway: Gateway, collector: Collector, web: httpx.AsyncClient
) -> None:
    answer = await web.get(URL)
    assert (answer.status_code, answer.json()["error"]) == (409, "gateway_offline")
    assert (await web.get("/pictures/g-9/cam-1-aa")).json()["error"] == "no_such_gateway"
    assert (await web.get("/pictures/g-1/cam_1")).json()["error"] == "no_such_picture"
    assert [line[2] for line in await audited(collector)] == ["gateway_offline", "no_such_gateway", "no_such_picture"]


async def test_nobody_else_can_answer_for_a_gateway_and_nobody_unknown_can_look(
    box: _Box, collector: Collector, client: httpx.AsyncClient, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    other = Gateway(client, clock, collector.parts.name, "g-2")
    code, _ = await collector.parts.enrolments.invite("g-2", "", by="test")
    await other.enrol(code)
    looking = asyncio.create_task(web.get(URL))
    command = await box.next()
    await other.post("/gateway/v1/pictures", encode(PictureAnswer(command.id, b"\xff\xd8 forged")))
    await box.answer(command)
    assert (await looking).content == JPEG
    assert (await client.get(f"/api/v1{URL}")).status_code == 401
    large = await box.gateway.post("/gateway/v1/pictures", bytes(PICTURE_LIMIT + 2048))
    assert (large.status_code, refusal(large).error) == (413, "too_large")


def test_the_shelf_holds_little_and_not_for_long() -> None:
    clock = FakeClock()
    shelf = Shelf(clock, room=100)
    for number in range(5):
        shelf.put(Wanted("g-1", str(number), True), Looked(bytes(40), 0, False))
    assert (len(shelf), shelf.size) == (2, 80)
    assert shelf.get(Wanted("g-1", "4", False)) is None
    shelf.put(Wanted("g-1", "9", True), Looked(bytes(200), 0, False))
    assert (len(shelf), shelf.size) == (0, 0)


async def test_pictures_are_forgotten_also_where_nobody_looks_again(collector: Collector, clock: FakeClock) -> None:
    desk = collector.parts.pictures
    running = asyncio.create_task(desk.run())
    desk.shelf.put(Wanted("g-1", "cam-1-aa", True), Looked(JPEG, 0, False))
    await clock.advance(KEPT_S + 10)
    assert (len(desk.shelf), desk.shelf.size) == (0, 0)
    running.cancel()


async def test_an_event_and_the_alert_that_it_raised_name_the_picture_also_to_a_viewer(
    gateway: Gateway, collector: Collector, web: httpx.AsyncClient, clock: FakeClock
) -> None:
    await gateway.send(gateway.inventory())
    now = clock.now()
    fields = {"plate": "浙F12345", "snapshot_ref": "door-1-aa"}
    read = Event("1", "door-1", "plate_read", now, dict(fields))
    other = Event("2", "door-1", "plate_read", now - 9, {"plate": "浙F00000", "snapshot_ref": "http://camera/1.jpg"})
    change = AlertChange("a-1", "plate_blacklist", "door-1", AlertState.RAISED, Level.ORANGE, now, now)
    plain = AlertChange("a-2", "forced_open", "door-1", AlertState.RAISED, Level.RED, now - 9, now - 9)
    await gateway.send(gateway.chunk(Lane.ALARM, events=(read, other), alerts=(change, plain)))
    async with browser(collector, "viewer") as viewer:
        items = (await viewer.get("/gateways/g-1/events")).json()["items"]
        assert [(one["masked"], one["fields"], one["picture"]) for one in items] == [
            (True, {}, "door-1-aa"),
            (True, {}, ""),
        ]
        alerts = (await viewer.get("/alerts")).json()["items"]
    assert {one["rule"]: one["picture"] for one in alerts} == {"plate_blacklist": "door-1-aa", "forced_open": ""}
