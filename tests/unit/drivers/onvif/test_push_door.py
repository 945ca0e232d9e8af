"""Cameras that call the box, those that call wrongly, and everybody else who finds the port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest

from drivers.api import CorruptAnswer, LineLost, Misconfigured
from drivers.onvif.vendors import PushDoor
from drivers.onvif.vendors.push_body import LARGEST_SINGLE
from drivers.onvif.vendors.push_door import LONGEST_S, MOST_OF_ONE
from runtime.testing import FakeClock
from simulators.onvif.picture import jpeg
from tests.fakes.camera import FakeVoice
from tests.unit.drivers.onvif.listening import START, Scene, pusher, scene

PATH = "gate-7f3a9c1e"
ALERT = b"<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>"


@asynccontextmanager
async def opened(clock: FakeClock, voice: FakeVoice, host: str = "127.0.0.1") -> AsyncIterator[PushDoor]:
    door = PushDoor("127.0.0.1", 0, clock)
    door.admit(pusher(host=host, path=PATH), voice)
    await door.open()
    try:
        yield door
    finally:
        await door.close()


def door_of(one: Scene, host: str = "127.0.0.1") -> AbstractAsyncContextManager[PushDoor]:
    """Open the door to a scene's voice."""
    return opened(one.clock, one.voice, host)


@asynccontextmanager
async def calling(maker: str) -> AsyncIterator[tuple[Scene, PushDoor]]:
    """Give a camera that was told where the door is."""
    clock, voice = FakeClock(START), FakeVoice()
    async with (
        opened(clock, voice) as door,
        scene(maker, push=f"http://127.0.0.1:{door.port}/{PATH}", clock=clock) as one,
    ):
        one.voice = voice
        yield one, door


async def said(one: Scene, door: PushDoor, request: bytes, *more: bytes) -> str:
    """Send raw bytes and return the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    for piece in (request, *more):
        writer.write(piece)
        await one.clock.advance(0.01)
    answer = asyncio.create_task(reader.read())
    await one.until(answer.done, 2 * LONGEST_S)
    writer.transport.abort()
    return (await answer).partition(b"\r\n")[0].decode()


def post(path: str, body: bytes, media: str = "application/xml", method: str = "POST") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def test_a_hikvision_camera_pushes_a_plate_with_its_pictures() -> None:
    async with calling("hikvision") as (one, door):
        one.camera.pass_car("浙FD12345", 0.97)
        one.camera.move()
        await one.until(lambda: len(one.camera.truth()["pushes"]) == 2)
        assert one.camera.truth()["pushes"] == [200, 200]
        assert [event.name for event in one.happened()] == ["plate_read", "motion"]
        assert one.voice.pictures == [jpeg("normal", START // 1_000_000)]
        assert not door.misused


async def test_a_dahua_camera_pushes_json() -> None:
    async with calling("dahua") as (one, _):
        one.camera.pass_car("浙FA0001", 0.9)
        one.camera.cross_line()
        await one.until(lambda: len(one.camera.truth()["pushes"]) == 2)
        assert [event.name for event in one.happened()] == ["plate_read", "line_crossed"]
        assert one.happened()[0].fields["plate"] == "浙FA0001"


async def test_half_a_picture_costs_itself_and_a_cut_call_nothing_else() -> None:
    async with calling("hikvision") as (one, _):
        one.camera.faults(where="streams", truncated=True)
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: one.camera.truth()["pushes"])
        one.camera.faults(truncated=False, cut_parts=1)
        one.camera.pass_car("浙FA0002")
        await one.until(lambda: len(one.camera.truth()["pushes"]) == 2)
        one.camera.pass_car("浙FA0003")
        await one.until(lambda: len(one.camera.truth()["pushes"]) == 3)
        assert [plate.fields["plate"] for plate in one.happened()] == ["浙FA0001", "浙FA0003"]
        assert len(one.voice.pictures) == 1


async def test_who_pushes_without_an_end_is_cut_and_dropped_pictures_are_not_held() -> None:
    async with calling("hikvision") as (one, door):
        one.camera.faults(where="streams", huge_mb=300)
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: one.camera.truth()["pushes"], 15)
        assert door.misused == {"too_large": 1}
        assert [plate.name for plate in one.happened()] == ["plate_read"]
        assert not one.voice.pictures
        assert one.camera.truth()["pushes"][0] in (0, 413)


@pytest.mark.parametrize("path", ["/", f"/{PATH}x", f"/x/{PATH}", f"/{PATH.upper()}", "/" + "a" * 7000])
async def test_every_other_path_is_not_found(path: str) -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        assert await said(one, door, post(path, ALERT)) == "HTTP/1.1 404 Not Found"
        assert door.misused == {"unknown_path": 1}
        assert not one.voice.said


async def test_the_path_may_have_a_query_and_nobody_reads_from_it() -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        assert await said(one, door, post(f"/{PATH}?a=b", ALERT)) == "HTTP/1.1 200 OK"
        assert await said(one, door, post(f"/{PATH}", b"", method="GET")) == "HTTP/1.1 404 Not Found"
        assert one.voice.bodies == [ALERT]


async def test_a_body_that_waits_for_a_word_gets_it() -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        head, _, body = post(f"/{PATH}", ALERT).partition(b"\r\n\r\n")
        assert await said(one, door, head + b"\r\nExpect: 100-continue\r\n\r\n", body) == "HTTP/1.1 100 "
        assert one.voice.bodies == [ALERT]


async def test_the_path_is_worth_nothing_from_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    async with scene("hikvision") as one, door_of(one, "192.0.2.7") as door:
        door.admit(pusher("other-cam", path="other-path"), FakeVoice())
        for _ in range(3):
            assert await said(one, door, post(f"/{PATH}", ALERT)) == "HTTP/1.1 404 Not Found"
            assert await said(one, door, post("/guessed-path", ALERT)) == "HTTP/1.1 404 Not Found"
        assert door.misused == {"other_address": 3, "unknown_path": 3}
        assert not one.voice.said
    shown = "".join(capsys.readouterr())
    assert (shown.count("other_address"), shown.count("unknown_path")) == (1, 1)
    assert PATH not in shown
    assert "guessed-path" not in shown


async def test_a_stranger_is_sent_away_without_being_heard() -> None:
    async with scene("hikvision") as one, door_of(one, "192.0.2.7") as door:
        assert await said(one, door, b"") == "HTTP/1.1 404 Not Found"
        assert door.misused == {"stranger": 1}


@pytest.mark.parametrize("start", [b"", b"POST /", post(f"/{PATH}", ALERT)[:-5]])
async def test_who_drips_is_cut_and_others_are_heard_meanwhile(start: bytes) -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        voice = FakeVoice()
        door.admit(pusher("other-cam", path="other-path"), voice)
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(start)
        await one.clock.advance(1)
        assert await said(one, door, post("/other-path", ALERT)) == "HTTP/1.1 200 OK"
        assert voice.bodies == [ALERT]
        await one.passes(LONGEST_S - 2)
        assert not door.misused
        writer.write(b"x")
        await one.passes(2)
        assert door.misused == {"too_slow": 1}
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.transport.abort()
        assert not one.voice.bodies


async def test_one_address_has_only_so_many_connections() -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        held = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(MOST_OF_ONE)]
        await one.clock.advance(0.01)
        assert await said(one, door, post(f"/{PATH}", ALERT)) == "HTTP/1.1 503 Service Unavailable"
        for _, writer in held:
            writer.transport.abort()
        await one.clock.advance(0.01)
        assert await said(one, door, post(f"/{PATH}", ALERT)) == "HTTP/1.1 200 OK"


async def test_what_is_too_large_or_no_http() -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        large = await said(one, door, post(f"/{PATH}", bytes(LARGEST_SINGLE + 1), "application/json"))
        assert large in ("HTTP/1.1 413 Content Too Large", "")
        await said(one, door, b"\x16\x03\x01\x02\x00\x01\x00")
        await said(one, door, b"POST / HTTP/1.1\r\nX: " + bytes(20_000))
        assert door.misused["too_large"] == 1
        assert door.misused["no_http"] == 2


def test_who_may_be_admitted() -> None:
    door = PushDoor("127.0.0.1", 0, FakeClock())
    door.admit(pusher(path=PATH), FakeVoice())
    door.admit(pusher("silent"), FakeVoice())
    with pytest.raises(Misconfigured, match="same path"):
        door.admit(pusher("other", path="/" + PATH), FakeVoice())
    with pytest.raises(Misconfigured, match="fewer than"):
        door.admit(pusher("other", path="/short"), FakeVoice())


async def test_a_camera_that_has_a_name_is_known_by_what_it_means() -> None:
    async with scene("hikvision") as one, door_of(one, "localhost") as door:
        assert await said(one, door, post(f"/{PATH}", ALERT)) == "HTTP/1.1 200 OK"
        one.voice.bodies.clear()
    async with scene("hikvision") as one, door_of(one, "no" * 40) as door:
        assert await said(one, door, post(f"/{PATH}", ALERT)) == "HTTP/1.1 404 Not Found"
        assert not one.voice.bodies


async def test_who_tells_more_than_anybody_reads_is_sent_away() -> None:
    class Overrun(FakeVoice):
        async def body(self, body: bytes) -> None:
            raise CorruptAnswer("too much")

    clock, voice = FakeClock(), Overrun()
    async with scene("hikvision", clock=clock) as one, opened(clock, voice) as door:
        assert await said(one, door, post(f"/{PATH}", ALERT)) == "HTTP/1.1 503 Service Unavailable"
        assert [str(error) for error in voice.errors] == ["too much"]


async def test_a_port_that_is_taken_loses_the_line() -> None:
    async with scene("hikvision") as one, door_of(one) as door:
        with pytest.raises(LineLost, match=str(door.port)):
            await PushDoor("127.0.0.1", door.port, one.clock).open()


async def test_closing_lets_nobody_wait() -> None:
    before = asyncio.all_tasks()
    async with scene("hikvision") as one:
        async with door_of(one) as door:
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(post(f"/{PATH}", ALERT)[:-5])
            await one.clock.advance(0.01)
            assert len(asyncio.all_tasks() - before) >= 1
        writer.transport.abort()
    assert asyncio.all_tasks() == before
