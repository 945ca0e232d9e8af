"""Tokens and the collector's time: a box whose date is wrong sends all the same; each token serves one request."""

import httpx
import pytest
from structlog.testing import capture_logs

from edge_agent.buffer import Buffer
from edge_agent.uplink import CollectorUplink
from edge_agent.uplink.session import Session
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.unit.edge_agent.uplink.running import T0, fill, running, until
from wire.identity import verify_token

YEAR = 365 * 86_400_000_000
SECOND = 1_000_000


@pytest.mark.parametrize("ahead", [-30 * YEAR, 0, 5 * YEAR])
async def test_the_boxs_own_date_does_not_matter(
    ahead: int, uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer
) -> None:
    collector.clock_ahead = ahead
    await fill(buffer, 1)
    assert uplink.collector_time() is None
    assert await uplink.drain(5.0)
    assert uplink.collector_time() == collector.time()
    assert collector.refusals == []


async def test_a_step_of_the_boxs_date_does_not_matter(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    await fill(buffer, 1)
    assert await uplink.drain(5.0)
    clock.step_wall(3 * YEAR)
    collector.clock_ahead -= 3 * YEAR
    await fill(buffer, 1)
    assert await uplink.drain(5.0)
    assert collector.refusals == []


async def test_a_refused_token_teaches_the_collectors_new_time(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    await fill(buffer, 1)
    assert await uplink.drain(5.0)
    collector.clock_ahead = YEAR
    await fill(buffer, 1)
    with capture_logs() as lines:
        async with running(uplink, "uplink-history"):
            await until(lambda: buffer.stats.pending == 0, clock)
    assert lines == [], "nobody needs to know"
    assert collector.refusals == ["expired"]
    assert uplink.state.problem == ""


async def test_a_date_that_stays_wrong_is_told(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.troubles["chunks"].extend([collector.refusal(401, "expired")] * 3)
    await fill(buffer, 1)
    with capture_logs() as lines:
        async with running(uplink, "uplink-history"):
            await until(lambda: buffer.stats.pending == 0, clock)
    assert [line["event"] for line in lines] == ["collector_lost", "collector_back"]


async def test_a_stranger_is_refused_and_keeps_everything(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer
) -> None:
    uplink._link.session.identity = FakeCollector(FakeClock()).identity()
    await fill(buffer, 2)
    assert not await uplink.drain(5.0)
    assert collector.refusals == ["bad_signature"]
    assert (uplink.state.problem, buffer.stats.pending, collector.stored) == ("bad_signature", 2, {})


async def test_another_collector_at_the_same_address_gets_no_token(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer
) -> None:
    collector.name = "another"
    await fill(buffer, 1)
    assert not await uplink.drain(5.0)
    assert (uplink.state.problem, collector.requests) == ("other_collector", ["hello"])


async def test_a_token_cannot_be_used_twice(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    stolen: list[httpx.Request] = []

    def listen_in(request: httpx.Request) -> httpx.Response:
        stolen.append(request)
        collector._check(request)
        return collector._chunks(request)

    collector.troubles["chunks"].append(listen_in)
    await fill(buffer, 1)
    assert await uplink.drain(5.0)
    answer = await collector._handle(stolen[0])
    assert (answer.status_code, collector.refusals) == (401, ["replayed"])


async def test_the_time_is_never_behind_the_truth(clock: FakeClock, collector: FakeCollector) -> None:
    session = Session(collector.identity(), clock)
    sent_at = clock.monotonic()
    await clock.advance(2.0)
    told = collector.time()
    await clock.advance(4.0)
    session.measured(told, sent_at)
    assert session.collector_time() == told + 6 * SECOND, "the whole way could have been the way back"
    sent_at = clock.monotonic()
    await clock.advance(0.5)
    session.measured(collector.time(), sent_at)
    assert session.collector_time() == collector.time() + SECOND // 2, "a tighter measurement is better"
    sent_at = clock.monotonic()
    await clock.advance(8.0)
    session.measured(collector.time(), sent_at)
    assert session.collector_time() == collector.time() + SECOND // 2, "and stands for a while"


async def test_a_one_way_message_only_moves_the_time_forward(clock: FakeClock, collector: FakeCollector) -> None:
    session = Session(collector.identity(), clock)
    session.measured(T0, clock.monotonic())
    session.heard(T0 - 20 * SECOND)
    assert session.collector_time() == T0
    session.heard(T0 + 5 * SECOND)
    assert session.collector_time() == T0 + 5 * SECOND


def test_there_is_no_token_before_the_time_is_known(clock: FakeClock, collector: FakeCollector) -> None:
    with pytest.raises(LookupError):
        Session(collector.identity(), clock).token("GET", "/", b"")


def test_a_token_tells_what_the_gateway_s_own_clock_shows(clock: FakeClock, collector: FakeCollector) -> None:
    session = Session(collector.identity(), clock)
    session.measured(T0 + 5 * YEAR, clock.monotonic())
    clock.step_wall(-30 * YEAR)
    key, now = collector.gateway_key.public_key(), T0 + 5 * YEAR
    claims = verify_token(session.token("GET", "/", b""), key, collector=collector.name, now=now)
    assert claims.wall == T0 - 30 * YEAR


async def test_every_two_way_exchange_is_told(
    uplink: CollectorUplink, collector: FakeCollector, clock: FakeClock, buffer: Buffer
) -> None:
    told: list[tuple[int, float, float]] = []
    uplink._session._tell = lambda *one: told.append(one)
    collector.troubles["chunks"].append(collector.refusal(401, "expired"))
    await fill(buffer, 1)
    async with running(uplink, "uplink-history", "uplink-status"):
        await until(lambda: buffer.stats.pending == 0 and bool(collector.statuses), clock)
    assert len(told) == collector.requests.count("hello") + 2 + len(collector.statuses)
    assert all(sent <= received for _, sent, received in told)
