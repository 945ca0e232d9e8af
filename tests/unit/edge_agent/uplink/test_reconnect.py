"""The way back after an outage: soon for one site, whatever broke and however long; gentle for a district; as told."""

import asyncio
from statistics import mean, quantiles

import pytest

from edge_agent.uplink.errors import NoAnswer, Refused
from edge_agent.uplink.reconnect import MOST_AT_ONCE, YOUNG_S, Reconnect
from runtime.testing import FakeClock

SITES = 200
TIMEOUT_S = 10.0


class Peer:
    """Answers from ``back_at`` on. Before that it refuses at once, or swallows every question until its timeout."""

    def __init__(self, clock: FakeClock, back_at: float, *, swallows: bool, retry_after_s: float | None = None) -> None:
        self.clock, self.back_at, self.swallows, self.retry_after_s = clock, back_at, swallows, retry_after_s
        self.asked_at: list[float] = []
        self.waiting = self.most = 0

    async def hello(self) -> None:
        self.asked_at.append(self.clock.monotonic())
        if self.clock.monotonic() >= self.back_at:
            return
        if self.retry_after_s is not None:
            raise Refused(503, None, self.retry_after_s, self.clock.monotonic())
        if self.swallows:
            await self._hang()
        raise NoAnswer("cannot_connect")

    async def _hang(self) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await self.clock.sleep(TIMEOUT_S)
        finally:
            self.waiting -= 1


async def outage(
    seed: int, lasts_s: float, *, swallows: bool, age_s: float = 0.0, retry_after_s: float | None = None
) -> tuple[float, Peer]:
    """Return how long after the collector's return one site was back, and what it asked; the outage lasts ``lasts_s``
    from now and is ``age_s`` old.
    """
    clock = FakeClock()
    peer = Peer(clock, lasts_s, swallows=swallows, retry_after_s=retry_after_s)
    found = asyncio.Event()
    running = asyncio.create_task(Reconnect(peer.hello, found, clock, seed).run(-age_s))
    while not found.is_set():
        await clock.advance(0.1 if clock.monotonic() > lasts_s - 1 else max(0.5, lasts_s - 1 - clock.monotonic()))
    await running
    return clock.monotonic() - lasts_s, peer


@pytest.mark.parametrize("swallows", [False, True], ids=["refused", "swallowed"])
@pytest.mark.parametrize("age_s", [0.0, YOUNG_S])
async def test_95_of_100_sites_are_back_within_5_s(age_s: float, swallows: bool) -> None:
    lasts = (30.0 + 7 * seed / SITES for seed in range(SITES))
    took = [(await outage(seed, each, swallows=swallows, age_s=age_s))[0] for seed, each in enumerate(lasts)]
    assert quantiles(took, n=20)[-1] <= 5.0
    assert max(took) <= 5.0


async def test_a_short_break_is_over_at_once() -> None:
    took = [(await outage(seed, 0.05, swallows=False))[0] for seed in range(50)]
    assert max(took) <= 1.1


async def test_a_district_asks_no_more_often_than_the_collector_bears() -> None:
    for age_s, a_second in ((0.0, 0.42), (YOUNG_S, 0.31)):
        rates = [len((await outage(seed, 120, swallows=False, age_s=age_s))[1].asked_at) / 120 for seed in range(20)]
        assert mean(rates) < a_second, "for each of 1,000 gateways"


async def test_questions_that_are_swallowed_do_not_pile_up() -> None:
    _, peer = await outage(1, 120.0, swallows=True)
    assert 1 < peer.most <= MOST_AT_ONCE


async def test_the_peer_may_ask_to_be_left_alone() -> None:
    _, peer = await outage(1, 100.0, swallows=False, retry_after_s=30.0)
    gaps = [later - earlier for earlier, later in zip(peer.asked_at, peer.asked_at[1:], strict=False)]
    assert len(gaps) == 4
    assert min(gaps) >= 30.0


async def test_somebody_else_may_find_the_collector() -> None:
    clock, found = FakeClock(), asyncio.Event()
    peer = Peer(clock, 1e9, swallows=True)
    running = asyncio.create_task(Reconnect(peer.hello, found, clock, 1).run(0.0))
    await clock.advance(5.0)
    found.set()
    await clock.advance(0.1)
    assert running.done()
    assert peer.waiting == 0, "what is still under way is called off"
