"""What a hostile, broken or dying camera can do to who asks it: nothing but an error of our own, soon."""

import asyncio
import dataclasses
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import pytest

from drivers.api import CorruptAnswer, DeviceRefused, DriverError, Misconfigured, NotSupported, Timeout
from drivers.onvif.wire.onvif_calls import OnvifCalls
from simulators.onvif.server import Answer
from tests.contract.cameras import asking, lent_clock, station

Ask: TypeAlias = Callable[[OnvifCalls], Awaitable[Any]]

QUESTIONS: dict[str, Ask] = {
    "product": lambda calls: calls.product(),
    "clock": lambda calls: calls.clock_offset_s(),
    "subscribe": lambda calls: calls.subscribe(60),
    "profiles": lambda calls: calls.profiles(),
    "stream": lambda calls: calls.stream_address("Profile_1"),
    "picture": lambda calls: calls.picture(),
    "recorded": lambda calls: calls.recorded(),
    "doors": lambda calls: calls.doors(),
}


@asynccontextmanager
async def stranger() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Give the address of somebody else on this network, and what they were told."""
    told: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.2", 0)
    yield f"127.0.0.2:{server.sockets[0].getsockname()[1]}", told
    server.close()


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_redirect_is_followed_nowhere(question: str) -> None:
    async with stranger() as (elsewhere, told), station() as camera, asking(camera) as calls:
        camera.faults(redirect=f"http://{elsewhere}/latest")
        with pytest.raises(CorruptAnswer, match="redirect"):
            await QUESTIONS[question](calls)
    assert told == []


async def test_a_camera_that_wants_tls_says_so() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.faults(redirect=f"https://127.0.0.1:{camera.server.port}/onvif/device_service")
        with pytest.raises(CorruptAnswer, match="by https"):
            await calls.product()


async def test_addresses_that_name_somebody_else_lead_to_the_camera() -> None:
    async with stranger() as (elsewhere, told), station() as camera, asking(camera) as calls:
        camera.maker = dataclasses.replace(camera.maker, elsewhere=elsewhere)
        address = await calls.subscribe(60)
        assert address == f"{camera.address}/onvif/subscription/1"
        await calls.pull(address, 1, 10)
        await calls.picture()
        await calls.access_door("Door_1")
        camera.replies("rtsp://127.0.0.1:8554", f"rtsp://admin:pretend-1@{elsewhere}")
        assert await calls.stream_address("Profile_1") == "rtsp://127.0.0.1:554/Profile_1"
    assert told == []


@pytest.mark.parametrize("said", ["http://[::1/x", "http://a b/", "\u7532", "file:///etc/passwd", "/" + "x" * 3000])
async def test_addresses_that_are_none_cost_themselves(said: str) -> None:
    async with station() as camera, asking(camera) as calls:
        camera.replies(f"{camera.address}/onvif/subscription/1", said)
        try:
            address = await calls.subscribe(60)
        except CorruptAnswer:
            return
        assert address.startswith(camera.address)


@pytest.mark.parametrize("question", ["product", "subscribe", "picture"])
async def test_a_huge_answer_is_not_taken(question: str) -> None:
    async with station() as camera, asking(camera) as calls:
        await calls.picture()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        camera.faults(huge_mb=300)
        with pytest.raises(CorruptAnswer, match="more than"):
            await QUESTIONS[question](calls)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000
        camera.faults(huge_mb=0)
        await QUESTIONS[question](calls)


async def test_an_answer_that_says_that_it_is_huge_is_not_even_begun() -> None:
    async with station() as camera, asking(camera) as calls:
        await calls.product()
        camera.edit = lambda answer: dataclasses.replace(answer, body=b" " * 2_000_000)
        with pytest.raises(CorruptAnswer, match="more than"):
            await calls.product()


async def test_a_refusal_may_be_no_longer_than_an_answer() -> None:
    async with station() as camera, asking(camera, password="wrong") as calls:
        camera.edit = lambda answer: dataclasses.replace(answer, status=401, body=b" " * 2_000_000)
        with pytest.raises(CorruptAnswer, match="more than"):
            await calls.picture()


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_dripping_answer_ends_with_patience(question: str) -> None:
    await runs_out(QUESTIONS[question], drip_s=0.2)


@pytest.mark.parametrize("question", ["product", "picture", "subscribe"])
async def test_so_does_a_frozen_camera(question: str) -> None:
    await runs_out(QUESTIONS[question], frozen=True)


async def test_a_poll_has_its_own_patience() -> None:
    clock = lent_clock()
    async with station(clock=clock) as camera, asking(camera, clock) as calls:
        address = await calls.subscribe(600)
        camera.faults(frozen=True)
        began, asked = clock.monotonic(), asyncio.create_task(calls.pull(address, 20, 10))
        while not asked.done():
            await clock.advance(0.5)
        with pytest.raises(Timeout):
            await asked
        assert 25 <= clock.monotonic() - began < 27


async def runs_out(question: Ask, **fault: Any) -> None:
    """Let time pass until a question to a camera with this fault is given up."""
    clock = lent_clock()
    async with station(clock=clock) as camera, asking(camera, clock) as calls:
        if "drip_s" not in fault:
            await calls.picture()
        camera.faults(**fault)
        began, asked = clock.monotonic(), asyncio.ensure_future(question(calls))
        while not asked.done():
            await clock.advance(0.2)
        with pytest.raises(Timeout, match="within 5 s"):
            await asked
        assert clock.monotonic() - began < 6


@pytest.mark.parametrize("fault", ["truncated", "bomb"])
@pytest.mark.parametrize("question", [one for one in QUESTIONS if one != "picture"])
async def test_half_an_answer_and_a_bomb_are_none(question: str, fault: str) -> None:
    async with station() as camera, asking(camera) as calls:
        await calls.picture()
        camera.faults(**{fault: True})
        with pytest.raises(CorruptAnswer):
            await QUESTIONS[question](calls)


async def test_half_a_picture_is_none() -> None:
    async with station() as camera, asking(camera) as calls:
        whole = await calls.picture()
        camera.faults(where="pictures", truncated=True)
        with pytest.raises(CorruptAnswer, match="without its end"):
            await calls.picture()
        camera.faults(truncated=False)
        camera.edit = lambda answer: dataclasses.replace(answer, body=answer.body + b"\0" * 700)
        assert len(await calls.picture()) == len(whole)
        camera.edit = lambda answer: dataclasses.replace(answer, body=b"GIF89a" + answer.body)
        with pytest.raises(CorruptAnswer, match="no JPEG"):
            await calls.picture()


@pytest.mark.parametrize("fault", ["truncated", "bomb"])
async def test_nor_are_they_events(fault: str) -> None:
    async with station() as camera, asking(camera) as calls:
        address = await calls.subscribe(60)
        camera.faults(**{fault: True})
        with pytest.raises(CorruptAnswer):
            await calls.pull(address, 1, 10)


async def test_a_flood_of_events_is_one_refused_answer() -> None:
    clock = lent_clock()
    async with station(clock=clock) as camera, asking(camera, clock) as calls:
        address = await calls.subscribe(60)
        camera.faults(flood_per_s=10_000)
        await clock.advance(1)
        asked = asyncio.create_task(calls.pull(address, 5, 10))
        while not asked.done():
            await clock.advance(0.1)
        with pytest.raises(CorruptAnswer, match="more than"):
            await asked


ODD: list[tuple[Answer, type[DriverError]]] = [
    (Answer(200, b"<html><body>Login</body></html>", "text/html"), CorruptAnswer),
    (Answer(200, b""), CorruptAnswer),
    (Answer(404, b"", "text/plain"), Misconfigured),
    (Answer(405, b"no", "text/plain"), Misconfigured),
    (Answer(503, b"busy", "text/plain"), CorruptAnswer),
    (Answer(204, b""), CorruptAnswer),
    (Answer(403, b"", "text/plain"), Misconfigured),
    (Answer(429, b"", "text/plain"), DeviceRefused),
    (Answer(401, b"", headers=(("WWW-Authenticate", 'Basic realm="x"'),)), Misconfigured),
    (Answer(401, b"", headers=(("WWW-Authenticate", "Digest"),)), Misconfigured),
    (Answer(401, b"", headers=(("WWW-Authenticate", 'Digest nonce="1"'),)), Misconfigured),
    (Answer(401, b"", headers=(("WWW-Authenticate", 'Digest realm="x", nonce="1", qop="auth-int"'),)), Misconfigured),
    (Answer(401, b"", headers=(("WWW-Authenticate", 'Digest realm="x", nonce="1", algorithm=ROT13'),)), Misconfigured),
    (Answer(200, b"\x1f\x8b", headers=(("Content-Encoding", "gzip"),)), CorruptAnswer),
]


@pytest.mark.parametrize(("answer", "kind"), ODD)
async def test_odd_answers_are_errors_of_our_own(answer: Answer, kind: type[DriverError]) -> None:
    async with station() as camera, asking(camera) as calls:
        await calls.clock_offset_s()
        camera.edit = lambda _: answer
        with pytest.raises(kind):
            await calls.product()


async def test_what_is_no_http_is_an_error_of_our_own() -> None:
    async with station() as camera:
        await camera.server.stop()

        async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"220 ftp ready\r\n" * 10)
            writer.close()

        server = await asyncio.start_server(say, "127.0.0.1", camera.server.port)
        async with asking(camera) as calls:
            with pytest.raises(CorruptAnswer, match="no HTTP"):
                await calls.product()
        server.close()


@pytest.mark.parametrize(
    ("said", "instead"), [("<tt:Year>", "<tt:Year>9"), ("<tt:Hour>", "<tt:Hour>9"), ("UTCDate", "LocalDate")]
)
async def test_a_time_that_there_is_not_is_no_time(said: str, instead: str) -> None:
    async with station() as camera, asking(camera) as calls:
        camera.replies(said, instead)
        with pytest.raises(CorruptAnswer, match="time"):
            await calls.clock_offset_s()


async def test_missing_words_are_missing_words() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.replies("Resolution", "Other")
        assert (await calls.profiles())[0].width == 0
        camera.replies(">15<", ">NaN<")
        assert (await calls.profiles())[0].fps is None
        camera.replies("Profiles", "Others")
        with pytest.raises((CorruptAnswer, NotSupported)):
            await calls.profiles()
        camera.replies("Uri>", "Other>")
        with pytest.raises(NotSupported):
            await calls.stream_address("Profile_1")
