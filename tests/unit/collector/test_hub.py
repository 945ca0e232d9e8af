"""The event stream: what was missed is replayed, what cannot be is owned up to, silence says how fresh it is."""

import asyncio
import json
from collections.abc import AsyncIterator

from collector.api.hub import PING_S, Hub
from runtime.testing import FakeClock


def parsed(frame: bytes) -> tuple[str, str, object]:
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().splitlines() if line)
    return fields.get("id", ""), fields["event"], json.loads(fields["data"])


async def first(frames: AsyncIterator[bytes]) -> None:
    """Read the greeting, a ping."""
    assert b"event: ping" in await anext(frames)


async def test_events_come_as_they_are_published(clock: FakeClock) -> None:
    hub = Hub(clock)
    frames = hub.frames()
    await first(frames)
    hub.publish("alert", {"id": "a"})
    hub.publish("alert", {"id": "b"})
    one, two = parsed(await anext(frames)), parsed(await anext(frames))
    assert (one[1:], two[1:]) == (("alert", {"id": "a"}), ("alert", {"id": "b"}))
    assert int(two[0]) == int(one[0]) + 1


async def test_what_was_missed_is_replayed(clock: FakeClock) -> None:
    hub = Hub(clock)
    for number in range(5):
        hub.publish("alert", {"n": number})
    seen = str(hub._ring[1][0])
    frames = hub.frames(seen)
    await first(frames)
    assert [parsed(await anext(frames))[2] for _ in range(3)] == [{"n": 2}, {"n": 3}, {"n": 4}]


async def test_nothing_missed_is_nothing_replayed(clock: FakeClock) -> None:
    hub = Hub(clock)
    hub.publish("alert", {"n": 1})
    frames = hub.frames(str(hub._ring[-1][0]))
    await first(frames)
    hub.publish("alert", {"n": 2})
    assert parsed(await anext(frames))[2] == {"n": 2}


async def test_a_number_from_before_a_restart_means_reset(clock: FakeClock) -> None:
    before = Hub(clock)
    before.publish("alert", {})
    await clock.advance(5)
    after = Hub(clock)
    for last in (str(before._ring[-1][0]), "1", "9" * 20, "9" * 5000, "x", "-1", "٣"):
        frames = after.frames(last)
        await first(frames)
        assert parsed(await anext(frames))[1:] == ("reset", {})


async def test_too_far_behind_means_reset(clock: FakeClock) -> None:
    hub = Hub(clock)
    hub.publish("alert", {})
    seen = str(hub._ring[0][0])
    for number in range(6000):
        hub.publish("alert", {"n": number})
    frames = hub.frames(seen)
    await first(frames)
    assert parsed(await anext(frames))[1] == "reset"


async def test_a_slow_reader_is_reset_and_goes_on(clock: FakeClock) -> None:
    hub = Hub(clock)
    frames = hub.frames()
    await first(frames)
    for number in range(3000):
        hub.publish("alert", {"n": number})
    assert parsed(await anext(frames))[1] == "reset"
    hub.publish("alert", {"n": "new"})
    assert parsed(await anext(frames))[2] == {"n": "new"}


async def test_silence_is_broken_by_pings(clock: FakeClock) -> None:
    hub = Hub(clock)
    frames = hub.frames()
    await first(frames)
    waiting = asyncio.ensure_future(anext(frames))
    await clock.advance(PING_S)
    assert parsed(await waiting) == ("", "ping", {"as_of": clock.now()})


async def test_a_busy_stream_has_pings_too(clock: FakeClock) -> None:
    hub = Hub(clock)
    frames = hub.frames()
    await first(frames)
    events = []
    for number in range(8):
        hub.publish("readings", {"n": number})
        await clock.advance(1)
        events.append(parsed(await anext(frames))[1])
    # 8 s with something waiting at every moment: a ping after each 3 s, and nothing lost
    assert events == ["readings", "readings", "ping", "readings", "readings", "ping", "readings", "readings"]
    assert [parsed(await anext(frames))[2] for _ in range(2)] == [{"n": 6}, {"n": 7}]


async def test_closing_ends_every_stream_at_once(clock: FakeClock) -> None:
    hub = Hub(clock)
    frames = hub.frames()
    await first(frames)
    waiting = asyncio.ensure_future(anext(frames, None))
    await clock.advance(0)
    hub.close()
    assert await waiting is None
    late = hub.frames()
    await first(late)
    assert await anext(late, None) is None
    assert len(hub) == 0
