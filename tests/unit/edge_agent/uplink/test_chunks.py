"""Uploads: whatever comes back, every chunk is stored once and leaves only by its receipt."""

import asyncio

import httpx
import pytest

from edge_agent.buffer import Buffer
from edge_agent.uplink import CollectorUplink
from edge_agent.uplink.chunks import ASIDE_S, MAX_ASIDE
from edge_agent.uplink.pace import MAX_CHUNKS
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector, Trouble
from tests.unit.edge_agent.uplink.running import T0, fill, running, until
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Chunk
from wire.codec import MEDIA_TYPE, decode_chunks, encode
from wire.receipt import Fate, Receipt, Receipts

OURS = {"Content-Type": MEDIA_TYPE}
HALF = encode(Receipts((Receipt("j" * 32, 2, 1, Fate.ACCEPTED),), T0))[:-9]


def stored_once(collector: FakeCollector, buffer: Buffer, chunks: int) -> bool:
    """Tell whether history chunks 1..``chunks`` are at the collector and nothing is owed."""
    keys = {(buffer.journal, 2, seq) for seq in range(1, chunks + 1)}
    return collector.stored.keys() == keys and buffer.stats.pending == 0


async def test_everything_is_sent_oldest_first_and_leaves_by_receipt(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer
) -> None:
    await fill(buffer, 5)
    async with running(uplink, "uplink-history"):
        await until(lambda: stored_once(collector, buffer, 5))
        await fill(buffer, 2)
        await until(lambda: stored_once(collector, buffer, 7))
    assert collector.order == [(2, seq) for seq in range(1, 8)]
    assert set(collector.stored.values()) == {1}
    assert uplink.state.sent_chunks == 7


async def test_an_alarm_overtakes_history(uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer) -> None:
    await fill(buffer, 3)
    await buffer.put_now(alerts=[AlertChange("a", "r", "d", AlertState.RAISED, Level.RED, T0, T0)])
    assert await uplink.drain(5.0)
    assert collector.order[0] == (0, 1)


async def test_uploads_grow_from_one_chunk_to_a_limit(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer
) -> None:
    await fill(buffer, 1 + 4 + 16 + 64 + MAX_CHUNKS + 50)
    assert await uplink.drain(5.0)
    assert collector.uploads == [1, 4, 16, 64, MAX_CHUNKS, 50]


async def test_after_a_failure_one_chunk_goes_first(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    await fill(buffer, 5)
    assert await uplink.drain(5.0)
    collector.troubles["chunks"].append(httpx.ReadError("reset"))
    await fill(buffer, 5)
    async with running(uplink, "uplink-history"):
        await until(lambda: buffer.stats.pending == 0, clock)
    assert collector.uploads == [1, 4, 1, 4]


TROUBLES: dict[str, Trouble] = {
    "400": httpx.Response(400, content=b"no"),
    "401": httpx.Response(401, content=b"no"),
    "404": httpx.Response(404, content=b"no"),
    "413": httpx.Response(413, content=b"no"),
    "429": httpx.Response(429, headers={"Retry-After": "30"}),
    "429 with a date": httpx.Response(429, headers={"Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT"}),
    "500": httpx.Response(500, content=b"oops"),
    "503": httpx.Response(503, headers={"Retry-After": "5"}),
    "a redirect": httpx.Response(302, headers={"Location": "http://portal/login"}),
    "a captive portal": httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<html>log in</html>"),
    "an empty answer": httpx.Response(200, headers=OURS, content=b""),
    "garbage": httpx.Response(200, headers=OURS, content=b"\xff\x00garbage"),
    "half an answer": httpx.Response(200, headers=OURS, content=HALF),
    "no receipts": httpx.Response(200, headers=OURS, content=encode(Receipts((), T0))),
    "another's receipts": httpx.Response(
        200, headers=OURS, content=encode(Receipts((Receipt("0" * 32, 2, 1, Fate.ACCEPTED),), T0))
    ),
    "an endless answer": httpx.Response(200, headers=OURS, content=b"x" * (2 << 20)),
    "no connection": httpx.ConnectError("refused"),
    "broken off": httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    "a timeout": httpx.ReadTimeout("slow"),
    "a broken pipe": BrokenPipeError(),
}


@pytest.mark.parametrize("name", TROUBLES)
async def test_no_answer_can_lose_or_double_anything(
    name: str, uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.troubles["chunks"].extend([TROUBLES[name], TROUBLES[name]])
    await fill(buffer, 5)
    async with running(uplink, "uplink-history"):
        await until(lambda: not collector.troubles["chunks"], clock)
        assert buffer.stats.pending == 5 or collector.stored
        await until(lambda: stored_once(collector, buffer, 5), clock)
    assert set(collector.stored.values()) == {1}
    assert buffer.stats.quarantined == 0


async def test_a_collector_that_hangs_is_left_by_the_deadline(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    collector.troubles["chunks"].append(hang)
    await fill(buffer, 1)
    async with running(uplink, "uplink-history"):
        await until(lambda: collector.requests == ["hello", "chunks"])
        await clock.advance(9.9)
        assert uplink.state.problem == ""
        await clock.advance(0.2)
        assert (uplink.state.problem, buffer.stats.pending) == ("timeout", 1)
        await until(lambda: stored_once(collector, buffer, 1), clock)


async def test_draining_ends_at_its_deadline(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    async def hang(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    collector.troubles["chunks"].append(hang)
    await fill(buffer, 1)
    draining = asyncio.create_task(uplink.drain(5.0))
    await until(draining.done, clock)
    assert not draining.result()
    assert await uplink.drain(5.0)


async def test_draining_keeps_to_the_pace_that_it_is_told(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    await fill(buffer, 6)
    collector.wait_s = 1.0
    draining = asyncio.create_task(uplink.drain(3600.0))
    await until(draining.done, clock)
    assert draining.result()
    assert stored_once(collector, buffer, 6)


async def test_the_answer_after_a_commit_may_be_lost(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    def commit_and_break(request: httpx.Request) -> httpx.Response:
        collector._chunks(request)
        raise httpx.ReadError("reset")

    collector.troubles["chunks"].append(commit_and_break)
    await fill(buffer, 3)
    async with running(uplink, "uplink-history"):
        await until(lambda: buffer.stats.pending == 0, clock)
    assert sorted(collector.stored.values()) == [1, 1, 2], "the same key twice: the collector's dedupe sees it"


async def test_each_chunk_has_its_own_fate(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.fates = {(2, 2): Fate.REJECTED, (2, 3): Fate.KEEP}
    await fill(buffer, 4)
    async with running(uplink, "uplink-history"):
        await until(lambda: buffer.stats.pending == 1)
        assert buffer.stats.quarantined == 1
        collector.fates.clear()
        await until(lambda: buffer.stats.pending == 0, clock)
    assert {seq for _, _, seq in collector.stored} == {1, 3, 4}


async def test_retry_after_is_obeyed(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.troubles["chunks"].append(httpx.Response(429, headers={"Retry-After": "120"}))
    await fill(buffer, 1)
    async with running(uplink, "uplink-history"):
        await until(lambda: collector.requests.count("chunks") == 1)
        await clock.advance(119)
        assert collector.requests.count("chunks") == 1
        await until(lambda: stored_once(collector, buffer, 1), clock)
    assert uplink.state.problem == ""


async def test_the_collector_paces_uploads(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.wait_s = 60.0
    await fill(buffer, 3)
    async with running(uplink, "uplink-history"):
        await until(lambda: buffer.stats.pending == 2)
        await clock.advance(59)
        assert collector.uploads == [1]
        await until(lambda: buffer.stats.pending == 0, clock)


async def test_one_chunk_that_is_always_refused_does_not_block_the_others(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    poisoned = True

    def refuse_poison(request: httpx.Request) -> httpx.Response:
        collector.troubles["chunks"].append(refuse_poison)
        if poisoned and 4 in sent_seqs(request):
            return collector.refusal(413, "too_large")
        return collector._chunks(request)

    collector.troubles["chunks"].append(refuse_poison)
    await fill(buffer, 9)
    async with running(uplink, "uplink-history"):
        await until(lambda: buffer.stats.pending == 1)
        assert buffer.stats.quarantined == 0
        tries = collector.requests.count("chunks")
        await until(lambda: collector.requests.count("chunks") == tries + 1, clock)
        await clock.advance(2 * ASIDE_S - 1)
        assert collector.requests.count("chunks") == tries + 1
        poisoned = False
        await until(lambda: stored_once(collector, buffer, 9), clock)


async def test_a_collector_that_refuses_everything_is_waited_for(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        collector.troubles["chunks"].append(refuse)
        return collector.refusal(400, "malformed")

    collector.troubles["chunks"].append(refuse)
    await fill(buffer, 30)
    async with running(uplink, "uplink-history"):
        await until(lambda: uplink.state.problem == "malformed")
        tries = collector.requests.count("chunks")
        assert tries <= 5 + MAX_ASIDE + 1
        collector.troubles["chunks"].clear()
        await until(lambda: stored_once(collector, buffer, 30), clock, step_s=30)


def sent_seqs(request: httpx.Request) -> set[int]:
    """Return the seq of every chunk in an upload."""
    return {chunk.seq for chunk in decode_chunks(request.content) if isinstance(chunk, Chunk)}
