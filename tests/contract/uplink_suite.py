"""What the uplink must do over every transport: nothing lost, nothing doubled, nothing in the way of an alarm.

A transport joins by a subclass of ``UplinkContract`` with a ``harness`` fixture: the transport and, at its other end, a
``FakeCollector`` behind real sockets that can be stopped, started and frozen.
"""
# long: one suite, which every transport inherits whole

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from edge_agent.buffer import Buffer
from tests.contract.uplink_bench import T0, TIMEOUT_S, Bench, Harness
from tests.contract.uplink_errands import ErrandsContract
from tests.fakes.collector import Trouble
from wire.codec import MEDIA_TYPE, encode
from wire.command import Command
from wire.exchange import Downlink
from wire.identity import sign_command
from wire.receipt import Fate, Receipt, Receipts

__all__ = ["T0", "TIMEOUT_S", "Bench", "Harness", "UplinkContract"]

YEAR = 365 * 86_400_000_000
COMMAND = Command("c-1", "gw-1", "door-1", "pulse_unlock", T0, T0 + 30_000_000)

FOUND_DEAD_WITHIN_S = 15.0
"""The promise: so long after its last sign of life a dead line is known to be dead."""


async def _never(_request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


OURS = {"Content-Type": MEDIA_TYPE}
NOT_RECEIPTS: dict[str, Trouble] = {
    "a captive portal": httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<html>log in</html>"),
    "garbage": httpx.Response(200, headers=OURS, content=b"\xff\x00garbage"),
    "nothing": httpx.Response(200, headers=OURS, content=b""),
    "half": httpx.Response(
        200, headers=OURS, content=encode(Receipts((Receipt("j" * 32, 2, 1, Fate.ACCEPTED),), T0))[:-9]
    ),
    "no receipts": httpx.Response(200, headers=OURS, content=encode(Receipts((), T0))),
    "another's receipts": httpx.Response(
        200, headers=OURS, content=encode(Receipts((Receipt("0" * 32, 2, 1, Fate.ACCEPTED),), T0))
    ),
    "400": httpx.Response(400, content=b"no"),
    "500": httpx.Response(500, content=b"oops"),
    "503": httpx.Response(503, headers={"Retry-After": "2"}),
    "silence": _never,
    "broken off": httpx.ReadError("reset"),
}


class UplinkContract(ErrandsContract):
    """The suite. ``harness`` comes from the subclass."""

    @pytest.fixture
    async def bench(self, harness: Harness, tmp_path: Path) -> AsyncIterator[Bench]:
        buffer = await Buffer.open(tmp_path / "buffer.db", harness.clock)
        await harness.start()
        bench = Bench(harness, buffer)
        yield bench
        harness.freeze(False)
        await bench.uplink.close()
        await harness.stop()
        await buffer.close()

    async def test_everything_arrives_once_and_leaves_by_its_receipt(self, bench: Bench) -> None:
        await bench.fill(12)
        await bench.alarm()
        async with bench.running():
            await bench.until(lambda: bench.settled() and bench.uplink.state.connected)
            await bench.fill(3, first=12)
            await bench.until(bench.settled)
        assert bench.stored(0, 2) == {(0, 1)} | {(2, seq) for seq in range(1, 16)}
        assert set(bench.collector.stored.values()) == {1}
        history = [seq for lane, seq in bench.collector.order if lane == 2]
        assert history == sorted(history)
        assert bench.collector.statuses

    async def test_the_time_is_known_before_anything_leaves(self, bench: Bench) -> None:
        bench.collector.clock_ahead = 30 * YEAR
        await bench.fill(1)
        assert bench.uplink.collector_time() is None
        assert await bench.drain()
        assert bench.collector.requests[0] == "hello"
        assert bench.collector.refusals == []
        (told, sent_at, received_at), *_ = bench.heard
        assert told > T0 + 29 * YEAR
        assert sent_at <= received_at

    async def test_urgent_lanes_leave_first(self, bench: Bench) -> None:
        await bench.fill(5)
        await bench.alarm()
        assert await bench.drain()
        assert bench.collector.order[0] == (0, 1)

    async def test_each_chunk_has_its_own_fate(self, bench: Bench) -> None:
        bench.collector.fates = {(2, 2): Fate.REJECTED, (2, 3): Fate.KEEP}
        await bench.fill(5)
        async with bench.running("uplink-history"):
            await bench.until(lambda: bench.buffer.stats.pending == 1)
            assert bench.buffer.stats.quarantined == 1
            bench.collector.fates.clear()
            await bench.until(bench.settled)
        assert bench.stored() == {(2, 1), (2, 3), (2, 4), (2, 5)}

    async def test_a_chunk_that_is_kept_for_ever_does_not_block_its_neighbours(self, bench: Bench) -> None:
        bench.collector.fates = {(2, 1): Fate.KEEP}
        await bench.fill(6)
        async with bench.running("uplink-history"):
            await bench.until(lambda: bench.buffer.stats.pending == 1)
        assert bench.stored() == {(2, seq) for seq in range(2, 7)}

    async def test_a_chunk_that_is_refused_does_not_block_its_neighbours(self, bench: Bench) -> None:
        def refuse_one(request: httpx.Request) -> httpx.Response:
            bench.collector.troubles["chunks"].append(refuse_one)
            if (2, 4) in bench.collector.named(request):
                return bench.collector.refusal(413, "too_large")
            return bench.collector.take(request)

        bench.collector.troubles["chunks"].append(refuse_one)
        await bench.fill(9)
        async with bench.running("uplink-history"):
            await bench.until(lambda: bench.buffer.stats.pending == 1)
            bench.collector.troubles["chunks"].clear()
            await bench.until(bench.settled)
        assert set(bench.collector.stored.values()) == {1}

    @pytest.mark.parametrize("name", NOT_RECEIPTS)
    async def test_only_a_receipt_is_one(self, name: str, bench: Bench) -> None:
        bench.collector.troubles["chunks"].extend([NOT_RECEIPTS[name]] * 2)
        await bench.fill(3)
        async with bench.running("uplink-history"):
            await bench.until(lambda: not bench.collector.troubles["chunks"])
            assert bench.collector.stored or bench.buffer.stats.pending == 3
            await bench.until(bench.settled)
        assert bench.stored() == {(2, 1), (2, 2), (2, 3)}
        assert set(bench.collector.stored.values()) == {1}
        assert bench.buffer.stats.quarantined == 0

    async def test_what_was_stored_and_not_confirmed_comes_again(self, bench: Bench) -> None:
        def store_and_break(request: httpx.Request) -> httpx.Response:
            bench.collector.take(request)
            raise httpx.ReadError("reset")

        bench.collector.troubles["chunks"].append(store_and_break)
        await bench.fill(2)
        async with bench.running("uplink-history"):
            await bench.until(bench.settled)
        assert sorted(bench.collector.stored.values()) == [1, 2]

    async def test_a_refusal_tells_the_time(self, bench: Bench) -> None:
        await bench.fill(1)
        assert await bench.drain()
        bench.collector.clock_ahead = YEAR
        await bench.fill(1, first=1)
        async with bench.running("uplink-history"):
            await bench.until(bench.settled)
        assert bench.collector.refusals == ["expired"]
        assert bench.uplink.state.problem == ""

    async def test_a_stranger_keeps_everything(self, bench: Bench) -> None:
        await bench.fill(2)
        known = bench.uplink
        bench.uplink = bench.make(bench.stranger())
        assert not await bench.drain()
        await bench.uplink.close()
        bench.uplink = known
        assert set(bench.collector.refusals) == {"bad_signature"}
        assert (bench.buffer.stats.pending, bench.collector.stored) == (2, {})

    async def test_another_collector_gets_no_token(self, bench: Bench) -> None:
        bench.collector.name = "another"
        await bench.fill(1)
        assert not await bench.drain()
        assert bench.uplink.state.problem == "other_collector"
        assert set(bench.collector.requests) == {"hello"}

    async def test_retry_after_is_kept_to(self, bench: Bench) -> None:
        bench.collector.troubles["chunks"].append(bench.collector.refusal(503, "busy", **{"Retry-After": "60"}))
        await bench.fill(1)
        async with bench.running("uplink-history"):
            await bench.until(lambda: "chunks" in bench.collector.requests)
            refused_at = bench.clock.monotonic()
            await bench.until(bench.settled)
        assert bench.clock.monotonic() - refused_at > 59
        assert bench.collector.requests.count("chunks") == 2

    async def test_history_keeps_to_its_turn_and_alarms_do_not_wait(self, bench: Bench) -> None:
        bench.collector.wait_s = 3000.0
        await bench.fill(6)
        async with bench.running("uplink-history", "uplink-urgent"):
            await bench.until(lambda: bench.stored(2) == {(2, 1)})
            for number in range(1, 4):
                await bench.alarm(number)
                await bench.until(lambda number=number: (0, number) in bench.stored())  # type: ignore[misc]
            assert bench.stored(2) == {(2, 1)}

    async def test_history_keeps_to_its_credit(self, bench: Bench) -> None:
        bench.collector.credit = 1
        await bench.fill(40)
        async with bench.running("uplink-history"):
            await bench.until(lambda: len(bench.stored()) >= 4)
            assert set(bench.collector.uploads) == {1}, "one chunk may always come, whatever its size"
            bench.collector.credit = 0
            await bench.until(bench.settled)
        assert max(bench.collector.uploads) > 1

    async def test_an_alarm_passes_history_that_hangs(self, bench: Bench) -> None:
        async with bench.running("uplink-history", "uplink-urgent"):
            bench.collector.troubles["chunks"].append(_never)
            await bench.fill(1)
            await bench.until(lambda: not bench.collector.troubles["chunks"])
            await bench.alarm()
            await bench.until(lambda: bench.stored() == {(0, 1)})
            await bench.until(bench.settled)
        assert set(bench.collector.stored.values()) == {1}

    async def test_while_history_waits_the_newest_state_goes_ahead(self, bench: Bench) -> None:
        await bench.fill(1)
        bench.collector.wait_s = 3000.0
        async with bench.running("uplink-history", "uplink-urgent", "uplink-state"):
            await bench.until(lambda: (2, 1) in bench.stored())
            await bench.fill(2, first=1)
            await bench.until(lambda: len(bench.stored(1)) >= 1)
            before = len(bench.stored(1))
            await bench.fill(1, first=3)
            await bench.until(lambda: len(bench.stored(1)) > before)
            assert bench.stored(2) == {(2, 1)}

    async def test_a_command_arrives(self, bench: Bench) -> None:
        signed = sign_command(COMMAND, bench.collector.command_key)
        async with bench.running("uplink-commands"):
            await bench.until(lambda: bench.uplink.state.listening)
            bench.harness.say(Downlink(bench.collector.time(), signed))
            await bench.until(lambda: bool(bench.commands))
            for _ in range(200):
                await bench.step()
            assert bench.commands == [signed], "once for each time that it was said"
        assert not bench.uplink.state.listening

    async def test_a_dead_line_is_found_while_nothing_is_to_be_sent(self, bench: Bench) -> None:
        async with bench.running():
            await bench.until(lambda: bench.uplink.state.listening and bench.uplink.state.connected)
            bench.harness.freeze(True)
            frozen_at = bench.clock.monotonic()
            await bench.until(lambda: not bench.uplink.state.connected)
            assert bench.clock.monotonic() - frozen_at <= FOUND_DEAD_WITHIN_S
            await bench.until(lambda: not bench.uplink.state.listening)
            assert bench.clock.monotonic() - frozen_at <= FOUND_DEAD_WITHIN_S
            bench.harness.freeze(False)
            await bench.until(lambda: bench.uplink.state.listening and bench.uplink.state.connected)

    async def test_a_dead_line_is_found_with_an_upload_on_it(self, bench: Bench) -> None:
        async with bench.running():
            await bench.until(lambda: bench.uplink.state.listening and bench.uplink.state.connected)
            bench.harness.freeze(True)
            await bench.fill(3)
            frozen_at = bench.clock.monotonic()
            await bench.until(lambda: not bench.uplink.state.connected)
            assert bench.clock.monotonic() - frozen_at <= FOUND_DEAD_WITHIN_S
            bench.harness.freeze(False)
            await bench.until(lambda: bench.settled() and bench.uplink.state.connected)
        assert {(2, 1), (2, 2), (2, 3)} <= bench.stored()

    async def test_it_comes_back_by_itself(self, bench: Bench) -> None:
        async with bench.running():
            for round_ in range(3):
                await bench.until(lambda: bench.uplink.state.connected and bench.uplink.state.listening)
                await bench.harness.stop()
                await bench.fill(2, first=2 * round_)
                await bench.until(lambda: not bench.uplink.state.connected)
                await bench.harness.start()
                await bench.until(bench.settled)
        assert bench.stored(2) == {(2, seq) for seq in range(1, 7)}

    async def test_without_a_collector_nothing_breaks_and_closing_is_quiet(self, bench: Bench) -> None:
        await bench.harness.stop()
        await bench.fill(1)
        assert not await bench.drain()
        assert bench.uplink.state.problem
        assert bench.buffer.stats.pending == 1
        await bench.uplink.close()

    async def test_loops_may_be_cancelled_at_any_moment_and_run_again(self, bench: Bench) -> None:
        await bench.fill(30)
        for steps in range(0, 40, 3):
            async with bench.running():
                for _ in range(steps):
                    await bench.step()
        async with bench.running():
            await bench.until(bench.settled)
        assert bench.stored(2) == {(2, seq) for seq in range(1, 31)}
