"""The command stream: frames in pieces, silence, endings, and a collector that comes back."""

from collections.abc import AsyncIterator

import httpx
import pytest

from edge_agent.uplink import CollectorUplink
from edge_agent.uplink.commands import SILENCE_S
from edge_agent.uplink.errors import NoAnswer
from edge_agent.uplink.http_transport import FRAME_LIMIT, Frames
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.unit.edge_agent.uplink.running import T0, Commands, running, until
from wire.codec import encode
from wire.command import Command
from wire.exchange import Downlink
from wire.identity import sign_command

COMMAND = Command("c-1", "gw-1", "door-1", "pulse_unlock", T0, T0 + 30_000_000)


def frame(downlink: Downlink) -> bytes:
    body = encode(downlink)
    return len(body).to_bytes(4, "big") + body


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def test_frames_come_out_whole_however_the_bytes_arrive() -> None:
    said = [Downlink(T0 + i) for i in range(3)]
    data = b"".join(frame(one) for one in said)
    for size in (1, 2, 5, len(data)):
        frames = Frames(pieces(data, size))
        assert [await frames.next() for _ in said] == said
        with pytest.raises(NoAnswer, match="ended"):
            await frames.next()


@pytest.mark.parametrize("data", [(FRAME_LIMIT + 1).to_bytes(4, "big"), b"\0\0\0\3abc", b"\0\0\0\0"])
async def test_a_frame_that_cannot_be_right_is_garbage(data: bytes) -> None:
    with pytest.raises(NoAnswer, match="garbage"):
        await Frames(pieces(data, 99)).next()


async def test_a_command_is_handed_over_as_it_came(
    uplink: CollectorUplink, collector: FakeCollector, commands: Commands
) -> None:
    signed = sign_command(COMMAND, collector.command_key)
    async with running(uplink, "uplink-commands"):
        collector.say(Downlink(collector.time()))
        await until(lambda: uplink.state.listening)
        collector.say(Downlink(collector.time(), signed))
        await until(lambda: commands == [signed])
    assert not uplink.state.listening


async def test_signs_of_life_keep_the_stream_and_silence_ends_it(
    uplink: CollectorUplink, collector: FakeCollector, clock: FakeClock
) -> None:
    async with running(uplink, "uplink-commands"):
        for _ in range(10):
            collector.say(Downlink(collector.time()))
            await clock.advance(5.0)
        await until(lambda: uplink.state.listening)
        assert collector.requests.count("commands") == 1
        await clock.advance(SILENCE_S)
        await until(lambda: uplink.state.problem == "silence")
        assert not uplink.state.listening
        await until(lambda: collector.requests.count("commands") == 2, clock)
        collector.say(Downlink(collector.time()))
        await until(lambda: uplink.state.listening)
        assert uplink.state.problem == ""


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.Response(500, content=b"oops"),
        httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<html>log in</html>"),
        httpx.Response(503, headers={"Retry-After": "20"}),
    ],
)
async def test_the_stream_is_opened_again(
    trouble: httpx.Response | Exception, uplink: CollectorUplink, collector: FakeCollector, clock: FakeClock
) -> None:
    collector.troubles["commands"].append(trouble)
    async with running(uplink, "uplink-commands"):
        await until(lambda: bool(uplink.state.problem))
        collector.say(Downlink(collector.time()))
        await until(lambda: uplink.state.listening, clock)


async def test_an_ending_or_garbage_is_not_the_end(
    uplink: CollectorUplink, collector: FakeCollector, clock: FakeClock, commands: Commands
) -> None:
    async with running(uplink, "uplink-commands"):
        collector.frames.put_nowait(b"\0\0\0\5junk!")
        await until(lambda: uplink.state.problem == "garbage")
        collector.frames.put_nowait(None)
        await until(lambda: uplink.state.problem == "ended", clock)
        collector.say(Downlink(collector.time(), sign_command(COMMAND, collector.command_key)))
        await until(lambda: len(commands) == 1, clock)
