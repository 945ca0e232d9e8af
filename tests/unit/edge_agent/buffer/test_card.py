"""The card's budget: measured, forecast, kept by commits that are further apart, and remembered over restarts."""

from pathlib import Path

import pytest

from edge_agent.buffer.card import DAY_S, KNOWN_S, Card, CardLife, written_by_this_process
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, batch, opened

GB = 1_000_000_000


class Bench:
    """A card whose process writes ``per_commit`` bytes every ``flush_s`` of the card's own choosing."""

    def __init__(
        self, per_day: float, *, flush_s: float = 5.0, years: float = 5.0, before: tuple[int, int] = (0, 0)
    ) -> None:
        self.now, self.bytes = 1000.0, 77_000.0
        self.per_commit = per_day / (DAY_S / flush_s)
        # 5 years at 1 GB a day
        self.card = Card(
            1825 * GB, years, flush_s, monotonic=lambda: self.now, written=lambda: round(self.bytes), before=before
        )

    def run(self, seconds: float) -> CardLife:
        end = self.now + seconds
        while self.now < end:
            self.now += self.card.flush_s
            self.bytes += self.per_commit
            self.card.look()
        return self.card.life


def test_within_the_budget_nothing_changes_and_the_life_is_forecast() -> None:
    bench = Bench(0.5 * GB)
    life = bench.run(DAY_S)
    assert life.per_day == pytest.approx(0.5 * GB, rel=0.01)
    assert life.years == pytest.approx(10.0, rel=0.01)
    assert (life.budget_per_day, life.over, bench.card.flush_s) == (GB, False, 5.0)


def test_over_the_budget_commits_are_further_apart_until_it_is_kept() -> None:
    bench = Bench(3 * GB)
    assert bench.run(1800).over
    life = bench.run(3 * DAY_S)
    assert bench.card.flush_s == 20.0
    assert not life.over
    assert life.per_day == pytest.approx(0.75 * GB, rel=0.02)


def test_it_never_waits_longer_than_the_widest() -> None:
    bench = Bench(1000 * GB)
    life = bench.run(DAY_S)
    assert bench.card.flush_s == 60.0
    assert life.over


def test_when_there_is_less_to_write_commits_come_closer_again_and_do_not_swing() -> None:
    bench = Bench(3 * GB)
    bench.run(DAY_S)
    bench.per_commit /= 10
    bench.run(6 * 3600)
    assert bench.card.flush_s == 5.0
    steps = set()
    for _ in range(48):
        bench.run(3600)
        steps.add(bench.card.flush_s)
    assert steps == {5.0}


def test_the_day_slides_along() -> None:
    bench = Bench(3 * GB)
    bench.run(2 * DAY_S)
    bench.per_commit = 0
    assert bench.run(DAY_S + 1800).per_day == 0


def test_what_earlier_runs_wrote_tells_the_pace_until_this_one_is_known() -> None:
    bench = Bench(GB / 2, before=(2 * GB, round(2 * DAY_S)))
    bench.bytes += 10_000_000  # opening files
    first = bench.run(60)
    assert first.per_day == pytest.approx(GB, rel=0.02)
    assert first.years == pytest.approx(5.0, rel=0.02)
    later = bench.run(KNOWN_S)
    assert later.written == pytest.approx(2 * GB + 10_000_000, rel=0.01)
    assert later.seconds == pytest.approx(2 * DAY_S + 60 + KNOWN_S, abs=5)


def test_a_new_buffer_says_nothing_before_it_knows() -> None:
    assert (Bench(GB).run(60).per_day, Bench(GB).run(60).years) == (0, 0.0)


def test_where_the_kernel_does_not_count_nothing_is_claimed(tmp_path: Path) -> None:
    card = Card(GB, 5.0, 5.0, monotonic=lambda: 0.0, written=lambda: None)
    assert card.look() == CardLife(budget_per_day=547_945, flush_s=5.0)
    assert written_by_this_process(tmp_path / "none") is None
    (tmp_path / "io").write_text("rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n")
    assert written_by_this_process(tmp_path / "io") == 4096


async def test_the_buffer_remembers_it_over_a_restart_and_commits_as_far_apart_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = [0]
    monkeypatch.setattr("edge_agent.buffer.card.written_by_this_process", lambda: written[0])
    clock = FakeClock(T0)
    async with opened(tmp_path / "buffer.db", clock, card_endurance_bytes=1825 * GB) as buffer:
        for _ in range(5):
            await clock.advance(900)
            written[0] += 50_000_000  # nearly five times the budget
            await buffer.put(batch(T0))
            await buffer.flush()
        assert buffer.stats.card.flush_s == 10.0
        assert buffer._flush_s == 10.0
        assert buffer.stats.card.over
    async with opened(tmp_path / "buffer.db", clock, card_endurance_bytes=1825 * GB) as buffer:
        await buffer.put(batch(T0))
        await buffer.flush()
        assert (buffer.stats.card.written, buffer.stats.card.seconds) == (250_000_000, 4500)
        assert buffer.stats.card.per_day == 4_800_000_000
