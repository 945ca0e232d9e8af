"""The backlog of a whole district comes in turns: under the store's pace, nobody forgotten, live data never waiting."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.pace import FORGET_S, LEAST_CREDIT, LONGEST_WAIT_S, MOST_CREDIT, Pace
from collector.ingest.turns import Turns
from runtime.testing import FakeClock


async def _drain(gateways: int, backlog: int, capacity: float) -> tuple[float, float, dict[str, int]]:
    """Let every gateway send its backlog as it is granted; return the time it took, the peak pace, what was sent."""
    clock = FakeClock()
    pace = Pace(clock, seed=1)
    for _ in range(200):
        pace.measured(1_000_000, 1_000_000 / capacity, live=False)
    left = {f"g{number}": backlog for number in range(gateways)}
    taken: list[tuple[float, int]] = []

    async def gateway(name: str) -> None:
        size = LEAST_CREDIT
        while left[name] > 0:
            if pace.admits(name, size):
                taken.append((clock.monotonic(), min(size, left[name])))
                left[name] -= size
            grant = pace.grant(name)
            size = grant.credit
            await clock.sleep(grant.wait_s)

    jobs = [asyncio.create_task(gateway(name)) for name in left]
    while any(value > 0 for value in left.values()):
        await clock.advance(1.0)
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    window = 10.0
    peak = max(sum(size for at, size in taken if start <= at < start + window) / window for start, _ in taken)
    return clock.monotonic(), peak, left


async def test_a_hundred_backlogs_stay_under_the_store_s_pace() -> None:
    took_s, peak, left = await _drain(gateways=100, backlog=1_000_000, capacity=2_000_000.0)
    assert all(value <= 0 for value in left.values())
    assert peak <= 2_000_000
    assert took_s <= 3 * 100 * 1_000_000 / (0.7 * 2_000_000)


async def test_one_gateway_alone_does_not_crawl() -> None:
    took_s, _, _ = await _drain(gateways=1, backlog=10_000_000, capacity=2_000_000.0)
    assert took_s <= 3 * 10_000_000 / (0.7 * 2_000_000)


def test_a_turn_that_lies_ahead_stays_the_same() -> None:
    clock = FakeClock()
    pace = Pace(clock, seed=1)
    pace.grant("a")
    first, again = pace.grant("b"), pace.grant("b")
    assert first.wait_s > 0
    assert again.wait_s == first.wait_s
    assert not pace.admits("b", LEAST_CREDIT)
    assert pace.behind == 2


async def test_a_gateway_that_never_came_for_its_turn_is_forgotten() -> None:
    clock = FakeClock()
    pace = Pace(clock, seed=1)
    pace.grant("a")
    await clock.advance(FORGET_S + 1)
    assert pace.behind == 0
    assert pace.admits("b", LEAST_CREDIT)


def test_live_uploads_take_from_what_the_backlog_gets() -> None:
    clock = FakeClock()
    pace = Pace(clock, seed=1)
    before = pace.backlog_pace
    for _ in range(3):
        pace.measured(100, 0.2, live=True)
    assert pace.backlog_pace < before


@given(names=st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_every_grant_is_within_its_bounds(names: list[str]) -> None:
    pace = Pace(FakeClock(), seed=1)
    for name in names:
        grant = pace.grant(name)
        assert 0 <= grant.wait_s <= LONGEST_WAIT_S
        assert LEAST_CREDIT <= grant.credit <= MOST_CREDIT


async def test_live_goes_first_when_a_place_becomes_free() -> None:
    turns, order = Turns(1), []

    async def want(name: str, *, live: bool) -> None:
        async with turns.turn(live=live):
            order.append(name)
            await asyncio.sleep(0)

    async with turns.turn(live=False):
        jobs = [asyncio.create_task(want(name, live=name.startswith("live"))) for name in ("old", "live-1", "live-2")]
        await asyncio.sleep(0)
        assert (turns.live_waiting, turns.others_waiting) == (2, 1)
    await asyncio.gather(*jobs)
    assert order == ["live-1", "live-2", "old"]


async def test_a_place_is_not_lost_with_one_who_gave_up_waiting() -> None:
    turns = Turns(1)

    async def want() -> None:
        async with turns.turn(live=True):
            pass

    async with turns.turn(live=True):
        gone = [asyncio.create_task(want()) for _ in range(2)]
        await asyncio.sleep(0)
        gone[0].cancel()
        await asyncio.sleep(0)
    gone[1].cancel()  # it was just given the place and has not run yet
    await asyncio.gather(*gone, return_exceptions=True)
    async with asyncio.timeout(1):
        await want()
