"""The heartbeat, and how the link tells what it is: once when lost, once when back, at every outage anew."""

import asyncio
from collections.abc import Awaitable

import httpx
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from edge_agent.buffer import Buffer
from edge_agent.uplink import CollectorUplink
from edge_agent.uplink.status import PERIOD_S
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.unit.edge_agent.uplink.running import Commands, fill, make_status, make_uplink, running, until
from wire.exchange import Downlink
from wire.status import DeviceStatus, Status


async def test_the_first_status_comes_at_once_and_then_one_each_period(
    uplink: CollectorUplink, collector: FakeCollector, clock: FakeClock
) -> None:
    async with running(uplink, "uplink-status"):
        await until(lambda: collector.statuses == [make_status()])
        await clock.advance(PERIOD_S - 0.1)
        assert len(collector.statuses) == 1
        await clock.advance(PERIOD_S * 2)
        await until(lambda: len(collector.statuses) == 3)
    assert uplink.state.connected


async def test_an_outage_is_told_once_and_so_is_the_next(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    def all_is_well() -> bool:
        collector.say(Downlink(collector.time()))
        return uplink.state.connected and buffer.stats.pending == 0

    with capture_logs() as lines:
        async with running(uplink):
            for _ in range(2):
                for name in ("chunks", "status", "commands"):
                    collector.troubles[name].extend([httpx.ConnectError("refused")] * 4)
                collector.frames.put_nowait(None)
                await fill(buffer, 1)
                await until(lambda: not any(collector.troubles.values()), clock, step_s=5)
                await until(all_is_well, clock)
    told = [line["event"] for line in lines if line["event"].startswith("collector_")]
    assert told == ["collector_lost", "collector_back"] * 2


async def test_a_proxy_that_changes_its_words_is_one_outage(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.troubles["chunks"].extend([httpx.Response(502), httpx.Response(504), httpx.ConnectError("no")] * 4)
    await fill(buffer, 1)
    with capture_logs() as lines:
        async with running(uplink, "uplink-history"):
            await until(lambda: buffer.stats.pending == 0, clock, step_s=5)
    assert [line["event"] for line in lines] == ["collector_lost", "collector_back"]


async def test_the_sender_does_not_sleep_on_when_the_collector_is_back(
    uplink: CollectorUplink, collector: FakeCollector, buffer: Buffer, clock: FakeClock
) -> None:
    collector.troubles["chunks"].extend([httpx.ConnectError("refused")] * 12)
    collector.troubles["status"].extend([httpx.ConnectError("refused")] * 30)
    await fill(buffer, 1)
    async with running(uplink, "uplink-history", "uplink-status"):
        await until(lambda: len(collector.troubles["chunks"]) == 4, clock)
        collector.troubles["chunks"].clear()
        collector.troubles["status"].clear()
        await until(lambda: bool(collector.statuses), clock)
        await until(lambda: buffer.stats.pending == 0)


async def test_a_device_s_coming_or_going_is_told_within_a_second(
    collector: FakeCollector, buffer: Buffer, commands: Commands, clock: FakeClock
) -> None:
    links = [DeviceStatus("door-1", "starting")]

    def status() -> Status:
        return replace(make_status(), devices=tuple(links))

    uplink = make_uplink(collector, buffer, clock, commands, status)
    async with running(uplink, "uplink-status"):
        await until(lambda: len(collector.statuses) == 1)
        links[0] = DeviceStatus("door-1", "online")
        await until(lambda: len(collector.statuses) == 2, clock)
        assert clock.monotonic() < PERIOD_S
    await uplink.close()
    assert [one.devices[0].state for one in collector.statuses] == ["starting", "online"]


async def test_a_wrong_configuration_is_told_within_a_second(
    collector: FakeCollector, buffer: Buffer, commands: Commands, clock: FakeClock
) -> None:
    problem = ""

    def status() -> Status:
        return replace(make_status(), config_problem=problem)

    uplink = make_uplink(collector, buffer, clock, commands, status)
    async with running(uplink, "uplink-status"):
        await until(lambda: len(collector.statuses) == 1)
        problem = "E101 gateway.yaml:3:1"
        await until(lambda: len(collector.statuses) == 2, clock)
        assert clock.monotonic() < PERIOD_S
    await uplink.close()
    assert [one.config_problem for one in collector.statuses] == ["", problem]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("swallows", [False, True], ids=["refused", "swallowed"])
async def test_every_loop_is_back_soon_after_the_collector(
    seed: int, swallows: bool, collector: FakeCollector, buffer: Buffer, commands: Commands, clock: FakeClock
) -> None:
    def gone(request: httpx.Request) -> Awaitable[httpx.Response]:
        collector.troubles[request.url.path.rpartition("/")[2]].append(gone)
        return answer_of_nobody()

    async def answer_of_nobody() -> httpx.Response:
        if swallows:
            await asyncio.Event().wait()
        raise httpx.ConnectError("refused")

    paths = ("hello", "chunks", "status", "commands")
    uplink = make_uplink(collector, buffer, clock, commands, seed=seed)
    async with running(uplink, "uplink-commands", "uplink-status"):
        collector.say(Downlink(collector.time()))
        await until(lambda: uplink.state.listening and uplink.state.connected)
        for path in paths:
            collector.troubles[path].append(gone)
        collector.frames.put_nowait(None)
        await clock.advance(40.0 + seed / 7)
        assert not uplink.state.connected
        for path in paths:
            collector.troubles[path].clear()
        back_at = clock.monotonic()
        while not (uplink.state.listening and uplink.state.connected):
            collector.say(Downlink(collector.time()))
            await clock.advance(0.1)
        assert clock.monotonic() - back_at <= 5.0
    await uplink.close()
