"""Whose time is believed, and that a correction never makes time go back unless it must jump."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from edge_agent.timekeeper import SILENCE_S, STEP_US, Timekeeper, boot_id, kernel_synced
from runtime.testing import FakeClock
from wire.chunk import ClockFix, ClockState

RIGHT_US = 1_800_000_000_000_000
"""The right time when the monotonic clock stands at 0."""

YEAR_S = 31_536_000


class _Bench:
    def __init__(self, wall_us: int = RIGHT_US, *, ntp: bool = False) -> None:
        self.system = FakeClock(wall_us)
        self.ntp = ntp
        self.keeper = Timekeeper(self.system, synced=lambda: self.ntp, boot="boot-1")
        self.fixes: list[ClockFix] = []

    def hear(self, off_us: int = 0, took_s: float = 0.02) -> None:
        """An answer that took ``took_s``, of which the way there was half, from a collector ahead by ``off_us``."""
        received = self.system.monotonic()
        there = RIGHT_US + round((received - took_s / 2) * 1_000_000) + off_us
        self.keeper.heard(there, received - took_s, received)

    @property
    def off_us(self) -> int:
        """How far ``now`` is ahead of the right time."""
        return self.keeper.now() - RIGHT_US - round(self.system.monotonic() * 1_000_000)

    @property
    def whose(self) -> tuple[ClockState, str]:
        return self.keeper.state, self.keeper.source

    async def put_fix(self, fix: ClockFix) -> None:
        self.fixes.append(fix)


async def test_ntp_is_believed_first() -> None:
    bench = _Bench(ntp=True)
    bench.hear(off_us=700_000)
    assert bench.whose == (ClockState.SYNCED, "ntp")
    assert bench.off_us == 0


async def test_a_date_set_by_hand_is_taken_where_nobody_knows_better() -> None:
    bench = _Bench(wall_us=0)
    assert bench.whose == (ClockState.UNSYNCED, "")
    bench.system.step_wall(RIGHT_US)
    assert bench.keeper.now() == RIGHT_US


async def test_a_site_without_ntp_has_the_collectors_time() -> None:
    bench = _Bench(wall_us=0)
    bench.hear()
    assert bench.whose == (ClockState.SYNCED, "collector")
    assert abs(bench.off_us) <= 1
    bench.system.step_wall(-YEAR_S * 1_000_000)
    assert abs(bench.off_us) <= 1
    assert bench.keeper.describe()["system_off_s"] == pytest.approx(-RIGHT_US / 1e6 - YEAR_S, abs=0.001)


async def test_a_silent_collector_is_coasted_on() -> None:
    bench = _Bench(wall_us=0)
    bench.hear()
    await bench.system.advance(SILENCE_S + 1)
    assert bench.keeper.mark().state is ClockState.HOLDOVER
    assert bench.keeper.source == "collector"
    assert abs(bench.off_us) <= 1
    bench.hear()
    assert bench.whose == (ClockState.SYNCED, "collector")


async def test_lost_ntp_is_coasted_on_until_the_collector_tells() -> None:
    bench = _Bench(ntp=True)
    bench.ntp = False
    bench.keeper.look()
    assert bench.whose == (ClockState.HOLDOVER, "ntp")
    bench.hear(off_us=40_000)
    assert bench.whose == (ClockState.SYNCED, "collector")


async def test_ntp_that_comes_after_the_collector_is_stepped_to() -> None:
    bench = _Bench(wall_us=RIGHT_US)
    bench.hear(off_us=3_000_000)
    assert abs(bench.off_us - 3_000_000) <= 1
    bench.ntp = True
    bench.keeper.look()
    assert bench.whose == (ClockState.SYNCED, "ntp")
    assert bench.off_us == 0


async def test_a_quarrel_between_ntp_and_collector_is_said_once() -> None:
    bench = _Bench(ntp=True)
    with capture_logs() as logs:
        for _ in range(5):
            bench.hear(off_us=10_000_000)
            await bench.system.advance(2)
        assert bench.off_us == 0
        assert bench.keeper.describe()["collector_off_s"] == pytest.approx(10, abs=0.01)
        bench.hear()
    assert [line["event"] for line in logs] == ["clocks_disagree", "clocks_agree_again"]


async def test_the_tightest_measurement_stands() -> None:
    bench = _Bench(wall_us=0)
    bench.hear(took_s=0.01)
    await bench.system.advance(60)
    received = bench.system.monotonic()
    bench.keeper.heard(
        RIGHT_US + round(received * 1_000_000), received - 8.0, received
    )  # all of the 8 s on the way back
    assert abs(bench.off_us) <= 1
    bench.keeper.heard(RIGHT_US, 5.0, 4.0)
    bench.keeper.heard(1_000, received, received)
    assert abs(bench.off_us) <= 1


async def test_a_collector_whose_own_clock_was_set_is_followed() -> None:
    bench = _Bench(wall_us=0)
    bench.hear(took_s=0.01)
    await bench.system.advance(1)
    bench.hear(off_us=5_000_000, took_s=0.5)
    assert abs(bench.off_us - 5_000_000) <= 1


@pytest.mark.parametrize("off_us", [-STEP_US + 100, STEP_US - 100])
async def test_small_corrections_never_make_time_go_back(off_us: int) -> None:
    bench = _Bench(wall_us=0)
    bench.hear(took_s=0.4)
    before = bench.keeper.now()
    bench.hear(off_us=off_us, took_s=0.001)
    seen = [before]
    for _ in range(1500):
        await bench.system.advance(0.01)
        seen.append(bench.keeper.now())
    steps = [after - before for before, after in pairwise(seen)]
    assert min(steps) > 9_000
    assert max(steps) < 11_000
    assert abs(bench.off_us - off_us) <= 2


async def test_a_fix_is_owed_once_and_again_when_the_right_time_moved() -> None:
    bench = _Bench(wall_us=0)
    running = asyncio.create_task(bench.keeper.run(bench.put_fix))
    await bench.system.advance(5)
    assert bench.fixes == []
    bench.hear()
    await bench.system.advance(100)
    (fix,) = bench.fixes
    assert (fix.boot, fix.source) == ("boot-1", "collector")
    assert abs(fix.offset - RIGHT_US) <= fix.width
    bench.hear(off_us=100_000)
    await bench.system.advance(100)
    assert len(bench.fixes) == 1
    bench.system.step_wall(RIGHT_US + 2_000_000)
    bench.ntp = True
    await bench.system.advance(2)
    assert [each.source for each in bench.fixes] == ["collector", "ntp"]
    assert bench.keeper.fix_owed() is None
    running.cancel()


async def test_history_waits_for_the_fix_but_not_for_ever() -> None:
    bench = _Bench(wall_us=0)
    bench.hear()
    waiting = asyncio.create_task(bench.keeper.fix_delivered(lambda: bool(bench.fixes)))
    await bench.system.advance(1)
    assert not waiting.done()
    running = asyncio.create_task(bench.keeper.run(bench.put_fix))
    await bench.system.advance(1)
    assert waiting.done()
    waiting = asyncio.create_task(bench.keeper.fix_delivered(lambda: False))
    await bench.system.advance(60)
    assert waiting.done()
    running.cancel()


async def test_the_mark_says_how_good_the_clock_is() -> None:
    bench = _Bench(wall_us=5_000_000)
    await bench.system.advance(2)
    mark = bench.keeper.mark()
    assert (mark.boot, mark.state, mark.wall, mark.mono) == ("boot-1", ClockState.UNSYNCED, 7_000_000, 2_000_000)
    since = bench.keeper.describe()["since"]
    assert since == 5_000_000


def test_the_kernel_can_be_asked() -> None:
    assert kernel_synced() in (True, False)
    assert boot_id()
