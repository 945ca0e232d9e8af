"""Times put right: whatever the clock showed and whatever the fix says, everything moves by the same difference."""

from hypothesis import given
from hypothesis import strategies as st

from collector.ingest import timing
from collector.ingest.timing import HOUR_US, corrected, difference, hour_of
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import ClockFix, ClockMark, ClockState, Content, Gap, Loss, Missed, Summary
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import LocalAction, Outcome, OutcomeState
from wire.reading import Batch

SECOND = 1_000_000
YEAR = 31_557_600 * SECOND
TRUTH = 1_790_000_000 * SECOND

booted = st.integers(0, 30 * 86_400 * SECOND)
steps = st.integers(-10 * YEAR, 10 * YEAR)
ages = st.integers(0, 3600 * SECOND)


def mark(wall: int, mono: int) -> ClockMark:
    return ClockMark("boot", ClockState.UNSYNCED, wall, mono)


def fix(offset: int) -> ClockFix:
    return ClockFix("boot", offset, 1000, 5 * SECOND, "collector")


def everything(clock: ClockMark, at: int) -> Content:
    """Return a content of every kind of entry, all of them taken at ``at``."""
    return Content(
        clock,
        batches=(Batch("d", at, ("a",), (1.0,), (1,)),),
        events=(Event("e", "d", "opened", at),),
        alerts=(AlertChange("a", "r", "d", AlertState.RAISED, Level.RED, at, at),),
        outcomes=(
            Outcome("c", "d", OutcomeState.EXECUTED, at),
            Outcome("rule:a", "d", OutcomeState.EXECUTED, at, action=LocalAction("a", "r", "open", at)),
        ),
        gaps=(Gap("state", 2, "buffer_full", at, at, losses=(Loss("d", "a", at, 2),)),),
        inventory=Inventory(at, "s", "n", "h"),
        missed=(Missed("d", at, ("a",), "offline", 3),),
        summaries=(Summary("d", at, 60, ("a",), (5,), (1.0,), (2.0,), (3.0,), (2.0,)),),
    )


def times(content: Content) -> set[int]:
    found = [one.at for kind in (content.batches, content.events, content.outcomes) for one in kind]
    found += [at for one in content.alerts for at in (one.at, one.since)]
    found += [one.action.begun_at for one in content.outcomes if one.action]
    found += [at for one in content.gaps for at in (one.start, one.end)]
    found += [one.start for one in content.summaries]
    return {*found, content.inventory.at if content.inventory else 0}


@given(booted, steps, ages)
def test_everything_moves_by_the_same_difference(mono: int, step: int, age: int) -> None:
    clock = mark(TRUTH + step, mono)
    at = clock.wall + age
    before, right = everything(clock, at), fix(TRUTH - mono)
    after = corrected(before, right)
    assert difference(clock, right) == -step
    assert times(after) == {at - step}
    assert after.missed[0].hour == after.gaps[0].losses[0].hour == hour_of(at - step)
    assert after.entries() == before.entries()
    assert (after.batches[0].values, after.batches[0].quality) == ((1.0,), (1,))


@given(booted, steps, ages)
def test_once_more_changes_nothing(mono: int, step: int, age: int) -> None:
    clock = mark(TRUTH + step, mono)
    right = fix(TRUTH - mono)
    once = corrected(everything(clock, clock.wall + age), right)
    assert corrected(once, right) == once


def test_a_boot_in_1970() -> None:
    clock = mark(wall=12 * SECOND, mono=12 * SECOND)
    after = corrected(everything(clock, 20 * SECOND), fix(TRUTH))
    assert times(after) == {TRUTH + 20 * SECOND}
    assert after.clock.wall == TRUTH + 12 * SECOND


@given(steps)
def test_what_an_earlier_boot_saw_stays_where_it_is(step: int) -> None:
    earlier = TRUTH - 5 * 86_400 * SECOND
    clock = mark(TRUTH + 20 * YEAR + step, mono=60 * SECOND)
    gap = Gap("state", 1, "buffer_damaged", earlier, earlier, losses=(Loss("d", "a", hour_of(earlier), 1),))
    line = Missed("d", hour_of(earlier), ("a",), "not_running", 9)
    change = AlertChange("a", "r", "d", AlertState.CLEARED, Level.RED, clock.wall, earlier)
    after = corrected(Content(clock, gaps=(gap,), missed=(line,), alerts=(change,)), fix(TRUTH - 60 * SECOND))
    assert (after.gaps, after.missed) == ((gap,), (line,))
    assert (after.alerts[0].at, after.alerts[0].since) == (TRUTH, earlier)


def test_a_clock_in_1970_never_showed_this_century() -> None:
    clock = mark(wall=60 * SECOND, mono=60 * SECOND)
    gap = Gap("state", 1, "buffer_damaged", TRUTH - YEAR, TRUTH - YEAR)
    assert corrected(Content(clock, gaps=(gap,)), fix(TRUTH)).gaps == (gap,)


def test_polls_that_were_missed_go_to_the_hour_they_were_due_in() -> None:
    """A boot at 10:35 whose clock began at midnight of 1970."""
    truth = hour_of(TRUTH) + 35 * 60 * SECOND
    clock = mark(wall=0, mono=0)
    moments = [minutes * 60 * SECOND for minutes in (0, 24, 26)]
    lines = tuple(Missed("d", at, ("a",), "offline", 1) for at in moments)
    after = corrected(Content(clock, missed=lines), fix(truth))
    assert [line.hour - hour_of(TRUTH) for line in after.missed] == [0, 0, HOUR_US]


def test_an_hour_that_began_before_the_boot_is_counted_from_the_boot() -> None:
    clock = mark(wall=50 * 60 * SECOND, mono=10 * 60 * SECOND)
    truth = hour_of(TRUTH) + 70 * 60 * SECOND
    after = corrected(Content(clock, missed=(Missed("d", 0, ("a",), "offline", 1),)), fix(truth - clock.mono))
    assert after.missed[0].hour == hour_of(TRUTH) + HOUR_US


def test_marks() -> None:
    states = {state: timing.mark_of(ClockMark("b", state, 0, 0)) for state in ClockState}
    assert states == {
        ClockState.SYNCED: 0,
        ClockState.UNSYNCED: timing.UNSYNCED,
        ClockState.HOLDOVER: timing.HOLDOVER,
    }
