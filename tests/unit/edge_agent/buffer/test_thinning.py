"""Thinning keeps its promises: exact summaries in whatever order they merge, and nothing lost that is no number."""

from collections import Counter, defaultdict
from math import fsum, isclose
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.buffer.thinning import FEWEST, HOUR_US, WIDTHS_S, finest_s, same_clock, thin
from wire.chunk import ClockMark, ClockState, Content, Missed, Summary
from wire.event import Event
from wire.reading import Batch, Quality, Value

MARK = ClockMark("boot", ClockState.SYNCED, 0, 0)
START = 1_700_000_100_000_000 // 900_000_000 * 900_000_000
S = 1_000_000

Key: TypeAlias = tuple[str, str]

numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1000, 1000),
    st.integers(-(2**53), 2**53),
)
others = st.one_of(st.booleans(), st.text(max_size=3), st.just(2**60))


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Batches in the order of time; some devices talk often, some values are none, some readings are bad."""
    at, found = START, []
    for _ in range(draw(st.integers(1, 40))):
        at += draw(st.integers(1, 30 * S))
        points = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))
        values: list[Value] = [draw(st.one_of(numbers, numbers, others)) for _ in points]
        quality = tuple(draw(st.sampled_from([0, 0, 0, 1, 16, 17])) for _ in points) if draw(st.booleans()) else ()
        device = draw(st.sampled_from(["bin-1", "bin-2"]))
        found.append(Batch(device, at, tuple(points), tuple(values), quality))
    return found


def thinnable(batch: Batch, i: int) -> bool:
    """Say it again, on its own."""
    value, good = batch.values[i], not batch.quality or batch.quality[i] <= Quality.UNCERTAIN
    return good and isinstance(value, int | float) and not isinstance(value, bool) and value != 2**60


def split(data: st.DataObject, items: list[Content]) -> list[list[Content]]:
    """Cut ``items`` into neighbours at random."""
    groups: list[list[Content]] = [[]]
    for item in items:
        cut: bool = data.draw(st.booleans())
        if groups[-1] and cut:
            groups.append([])
        groups[-1].append(item)
    return groups


def told(content: Content) -> defaultdict[tuple[Key, int, int], list[tuple[float, ...]]]:
    """Return what summaries say by (device, point), start and width."""
    found: defaultdict[tuple[Key, int, int], list[tuple[float, ...]]] = defaultdict(list)
    for one in content.summaries:
        for i, point in enumerate(one.points):
            row = (one.n[i], one.low[i], one.mean[i], one.high[i], one.last[i])
            found[(one.device, point), one.start, one.width_s].append(row)
    return found


def readings(content: Content) -> list[tuple[Key, int, Value, int]]:
    """Return each reading alone."""
    return [
        ((batch.device, point), batch.at, batch.values[i], batch.quality[i] if batch.quality else 0)
        for batch in content.batches
        for i, point in enumerate(batch.points)
    ]


@given(st.data(), batches())
def test_summaries_agree_with_a_plain_computation_whatever_the_order_of_merging(
    data: st.DataObject, taken: list[Batch]
) -> None:
    contents = [Content(MARK, batches=(batch,)) for batch in taken]
    lost: Counter[tuple[str, str, int]] = Counter()
    for width_s in WIDTHS_S:
        coarser = [thin(group, width_s) for group in split(data, contents)]
        contents = [one.content for one in coarser]
        for one in coarser:
            lost.update({(loss.device, loss.point, loss.hour): loss.count for loss in one.losses})
    end = thin(contents, WIDTHS_S[-1])
    lost.update({(loss.device, loss.point, loss.hour): loss.count for loss in end.losses})

    before = Content(MARK, batches=tuple(taken))
    left = Counter(map(repr, readings(end.content)))
    gone = [row for row in readings(before) if not left[repr(row)]]
    assert not left - Counter(map(repr, readings(before)))
    hours = Counter((device, point, at // HOUR_US * HOUR_US) for (device, point), at, _, _ in gone)
    assert hours == lost

    plain: defaultdict[tuple[Key, int], list[float]] = defaultdict(list)
    for key, at, value, _ in gone:
        assert isinstance(value, int | float)
        plain[key, at // (900 * S) * 900 * S].append(float(value))
    joined: defaultdict[tuple[Key, int], list[tuple[int, tuple[float, ...]]]] = defaultdict(list)
    for (key, start, width_s), rows in told(end.content).items():
        assert start % (width_s * S) == 0
        joined[key, start // (900 * S) * 900 * S] += [(start, row) for row in rows]
    assert joined.keys() == plain.keys()
    for where, pairs in joined.items():
        values = plain[where]
        parts = [row for _, row in sorted(pairs, key=lambda pair: pair[0])]
        n = int(sum(part[0] for part in parts))
        assert (n, min(part[1] for part in parts)) == (len(values), min(values))
        assert (max(part[3] for part in parts), parts[-1][4]) == (max(values), values[-1])
        mean = fsum(part[2] * (part[0] / n) for part in parts)
        size = max(abs(min(values)), abs(max(values)))
        assert isclose(mean / 2, fsum(value / n / 2 for value in values), rel_tol=1e-9, abs_tol=size * 1e-12 + 1e-300)


@given(batches(), st.sampled_from(WIDTHS_S))
def test_nothing_that_is_not_a_usable_number_is_ever_lost(taken: list[Batch], width_s: int) -> None:
    events = (Event("e-1", "bin-1", "card", START),)
    missed = (Missed("bin-1", START, ("a",), "offline", 2), Missed("bin-1", START, ("a",), "offline", 3))
    contents = [Content(MARK, batches=tuple(taken), events=events, missed=missed[:1]), Content(MARK, missed=missed[1:])]
    coarser = thin(contents, width_s)
    kept = Counter(map(repr, readings(coarser.content)))
    whole = [
        ((batch.device, point), batch.at, batch.values[i], batch.quality[i] if batch.quality else 0)
        for batch in taken
        for i, point in enumerate(batch.points)
        if not thinnable(batch, i)
    ]
    assert not Counter(map(repr, whole)) - kept
    assert (coarser.content.events, coarser.content.missed) == (events, (Missed("bin-1", START, ("a",), "offline", 5),))
    before, after = sum(content.entries() for content in contents), coarser.content.entries()
    assert before == after - coarser.made + coarser.readings + coarser.merged
    again = thin([coarser.content], width_s)
    assert (again.readings, again.content.entries()) == (0, after)


def test_a_window_is_summed_up_in_one_place_only() -> None:
    seconds = [Batch("bin-1", START + i * S, ("a",), (float(i),)) for i in range(150)]
    first = thin([Content(MARK, batches=tuple(seconds[:100]))], 60)
    second = thin([Content(MARK, batches=tuple(seconds[100:]))], 60)
    assert [(one.start, one.n) for one in first.content.summaries] == [(START, (60,))]
    assert [(one.start, one.n) for one in second.content.summaries] == [(START + 60 * S, (20,))]
    assert (len(first.content.batches), len(second.content.batches)) == (40, 30)
    both = thin(
        [first.content, second.content, Content(MARK, batches=(Batch("x", START + 900 * S, ("a",), (0.0,)),))], 300
    )
    assert both.content.summaries == (
        Summary("bin-1", START, 300, ("a",), (150,), (0.0,), (74.5,), (149.0,), (149.0,)),
    )


def test_few_readings_stay_as_they_are() -> None:
    slow = [Batch("meter", START + i * 30 * S, ("kwh",), (float(i),)) for i in range(40)]
    content = Content(MARK, batches=tuple(slow))
    assert thin([content], 60).content == content
    assert thin([content], 300).readings == 30
    assert FEWEST == 4


def test_what_is_left_to_thin_is_told_by_the_finest() -> None:
    word = Batch("lift", START, ("state",), ("up",))
    summary = Summary("bin-1", START, 300, ("a",), (5,), (0.0,), (1.0,), (2.0,), (1.0,))
    assert finest_s(Content(MARK, batches=(word,))) == WIDTHS_S[-1]
    assert finest_s(Content(MARK, batches=(word,), summaries=(summary,))) == 300
    assert finest_s(Content(MARK, batches=(Batch("bin-1", START, ("a",), (1.0,)),), summaries=(summary,))) == 0


def test_chunks_of_different_clocks_do_not_stand_together() -> None:
    unset = ClockMark("boot", ClockState.UNSYNCED, 10 * S, 1 * S)
    assert same_clock(unset, ClockMark("boot", ClockState.UNSYNCED, 70 * S, 61 * S))
    assert not same_clock(unset, ClockMark("boot", ClockState.UNSYNCED, 90 * S, 61 * S))
    assert not same_clock(unset, ClockMark("other", ClockState.UNSYNCED, 10 * S, 1 * S))
    assert not same_clock(unset, MARK)
    assert same_clock(MARK, ClockMark("boot", ClockState.SYNCED, 90 * S, 61 * S))
