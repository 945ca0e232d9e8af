"""What is dropped is told by class, point and hour, and the account of what was missed outlives it."""

from edge_agent.buffer.losses import join, tell
from wire.chunk import ClockMark, ClockState, Content, Gap, Loss, Missed, Summary
from wire.event import Event
from wire.reading import Batch, Quality

HOUR = 3_600_000_000
T = 1_700_000_000_000_000 // HOUR * HOUR
MARK = ClockMark("boot", ClockState.SYNCED, T, 0)
NUMBERS = Gap("entries", 0, "buffer_full", 0, 0, "j", 2, ((3, 5),))


def test_each_class_is_told_and_the_first_gap_names_the_numbers_that_will_not_come() -> None:
    one = Batch("lift", T + 1, ("speed", "door", "floor"), (1.5, True, "3F"))
    two = Batch("lift", T + HOUR, ("speed", "door"), (None, False), (int(Quality.TIMEOUT), 0))
    missed = (Missed("lift", T, ("speed",), "offline", 3),)
    event = Event("e-1", "lift", "sos", T + 2)
    told = tell(
        [Content(MARK, batches=(one, two), missed=missed), Content(MARK, events=(event,))], "buffer_full", NUMBERS
    )
    assert told.content == Content(
        MARK,
        gaps=(
            Gap("analogue", 1, "buffer_full", T + 1, T + HOUR, "j", 2, ((3, 5),), (Loss("lift", "speed", T, 1),)),
            Gap(
                "state",
                3,
                "buffer_full",
                T + 1,
                T + HOUR,
                losses=(Loss("lift", "door", T, 1), Loss("lift", "floor", T, 1), Loss("lift", "door", T + HOUR, 1)),
            ),
            Gap("entries", 2, "buffer_full", T + 1, T + HOUR, losses=(Loss("lift", "speed", T + HOUR, 1),)),
        ),
        missed=missed,
    )
    assert told.lost == 6


def test_a_row_that_only_marks_an_outage_was_never_due() -> None:
    row = Batch("lift", T, ("speed", "door"), (None, None), (int(Quality.OFFLINE),) * 2)
    told = tell([Content(MARK, batches=(row,))], "buffer_full")
    assert told.content.gaps == (Gap("entries", 2, "buffer_full", T, T),)


def test_what_summaries_stood_for_is_taken_out_of_what_was_thinned() -> None:
    lines = (Loss("bin-1", "a", T, 5), Loss("bin-1", "b", T, 7))
    thinned = Gap("analogue", 12, "thinned", T, T + 9, "j", 2, ((1, 2),), lines)
    summary = Summary("bin-1", T, 900, ("a", "b"), (5, 7), (0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (1.0, 1.0))
    told = tell([Content(MARK, summaries=(summary,), gaps=(thinned,))], "buffer_full", NUMBERS)
    lost, corrected = told.content.gaps
    assert (lost.count, lost.reason, lost.seqs, lost.losses) == (12, "buffer_full", ((3, 5),), lines)
    assert corrected == Gap("analogue", 0, "thinned", T, T + 9, "j", 2, ((1, 2),))
    assert told.lost == 2


def test_gaps_about_the_same_become_one() -> None:
    lines = (Loss("bin-1", "a", T, 5), Loss("bin-1", "a", T + HOUR, 1))
    one = Gap("analogue", 6, "thinned", T, T + 1, "j", 2, ((1, 2),), lines)
    two = Gap("analogue", 5, "thinned", T + 5, T + 6, "j", 2, ((3, 3), (7, 7)), lines[:1])
    state = Gap("state", 1, "thinned", T, T)
    assert join((one, state, two)) == (
        Gap("analogue", 11, "thinned", T, T + 6, "j", 2, ((1, 3), (7, 7)), (Loss("bin-1", "a", T, 10), lines[1])),
        state,
    )


def test_by_a_clock_that_was_never_set_a_line_names_a_moment() -> None:
    unset = ClockMark("boot", ClockState.UNSYNCED, T, 0)
    batches = tuple(Batch("bin-1", T + 600 + i, ("a",), (1.0,)) for i in range(3))
    told = tell([Content(unset, batches=batches)], "disk_refused")
    assert told.content.gaps[0].losses == (Loss("bin-1", "a", T + 600, 3),)


def test_where_nothing_was_lost_the_numbers_are_told_all_the_same() -> None:
    told = tell([Content(MARK, missed=(Missed("bin-1", T, ("a",), "unchanged", 60),))], "buffer_full", NUMBERS)
    assert [(gap.count, gap.seqs) for gap in told.content.gaps] == [(0, ((3, 5),))]
    assert told.lost == 0
