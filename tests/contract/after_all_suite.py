"""What every store must do with chunks that were given up for lost and came after all, in every order of arrival."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from collector.store import completeness
from collector.store.api import Store
from collector.store.records import Judged, Quarantined
from edge_agent.buffer.losses import tell
from tests.contract.store_suite import JOURNAL, MARK
from wire.chunk import Content, Gap, Lane, Loss, Missed, Summary
from wire.codec import seal
from wire.reading import Batch, Quality

HOUR = completeness.HOUR_US
OFFLINE = int(Quality.OFFLINE)

RAW = Content(
    MARK,
    batches=(
        Batch("d", 1, ("a", "b"), (1.5, True)),
        Batch("d", 2, ("a", "b"), (2.5, None), (0, int(Quality.TIMEOUT))),
        Batch("d", 3, ("a", "b"), (None, None), (OFFLINE, OFFLINE)),
    ),
    missed=(Missed("d", 0, ("a", "b"), "offline", 5), Missed("d", HOUR, ("a",), "extra", 1)),
)
COARSE = Content(
    MARK,
    batches=(Batch("d", HOUR + 7, ("a",), (9.0,)),),
    missed=(Missed("d", 0, ("a",), "offline", 2),),
    summaries=(Summary("d", HOUR, 60, ("a",), (40,), (1.0,), (2.0,), (3.0,), (3.0,)),),
    gaps=(Gap("analogue", 40, "thinned", HOUR, HOUR, JOURNAL, 2, ((1, 3),), (Loss("d", "a", HOUR, 40),)),),
)


def judged(content: Content, seq: int, lane: Lane = Lane.HISTORY) -> Judged:
    return Judged(seal(content, journal=JOURNAL, lane=lane, seq=seq), content)


def of_loss(contents: Sequence[Content], *pairs: tuple[int, int], seq: int = 1) -> Judged:
    """Return the chunk with which our gateway says that it dropped ``contents``, numbered so."""
    named = Gap("entries", 0, "buffer_full", 0, 0, JOURNAL, int(Lane.HISTORY), pairs)
    return judged(tell(contents, "buffer_full", named).content, seq, Lane.ALARM)


def blind(count: int, *pairs: tuple[int, int]) -> Judged:
    gap = Gap("entries", count, "buffer_damaged", 0, 9, JOURNAL, int(Lane.HISTORY), pairs)
    return judged(Content(MARK, gaps=(gap,)), 1, Lane.ALARM)


FIRST, SECOND = judged(RAW, 4), judged(COARSE, 5)
BOTH_LOST = of_loss((RAW, COARSE), (4, 5))


async def shown(store: Store, gateway: str) -> list[tuple[Any, ...]]:
    """Return every line of the account but that of the gaps."""
    account = await store.read(completeness.account, gateway, None, 0, 2 * HOUR)
    for row in account.hours:
        assert row.expected == row.delivered - row.extra + row.unchanged + row.thinned + sum(row.lost.values())
    return [(row.point, row.hour, row.delivered, row.extra, row.thinned, row.lost) for row in account.hours]


async def gaps(store: Store, gateway: str, reason: str = "buffer_full") -> list[tuple[str, int, int]]:
    """Return class, what is missing and what came after all of the gaps told for ``reason``."""
    account = await store.read(completeness.account, gateway, None, 0, 2 * HOUR)
    return sorted((one.what, one.count, one.came) for one in account.gaps if one.reason == reason)


ALL_HERE: list[tuple[Any, ...]] = [
    ("a", 0, 2, 0, 0, {"offline": 7}),
    ("a", HOUR, 1, 1, 40, {}),
    ("b", 0, 2, 0, 0, {"offline": 5}),
]
ALL_LOST: list[tuple[Any, ...]] = [
    ("a", 0, 0, 0, 0, {"offline": 7, "buffer_full": 2}),
    ("a", HOUR, 0, 1, 0, {"buffer_full": 41}),
    ("b", 0, 0, 0, 0, {"offline": 5, "buffer_full": 2}),
]


class AfterAllSuite:
    """The contract of ``collector.store.after_all``."""

    @pytest.mark.parametrize("order", list(permutations((FIRST, SECOND, BOTH_LOST))))
    async def test_in_whatever_order_what_came_is_here_and_nothing_is_lost(
        self, store: Store, order: tuple[Judged, ...]
    ) -> None:
        groupings: list[list[Sequence[Judged]]] = [
            [[one] for one in order],
            [order],
            [order[:1], order[1:]],
            [order[:2], order[2:]],
        ]
        for number, uploads in enumerate(groupings):
            for upload in uploads:
                await store.ingest(f"g-{number}", upload, 10)
            assert await shown(store, f"g-{number}") == ALL_HERE
            assert await gaps(store, f"g-{number}") == [("analogue", 0, 43), ("entries", 0, 3), ("state", 0, 1)]
            for upload in uploads:  # the same once more, by the other way
                done = await store.ingest(f"g-{number}", upload, 11)
                assert (done.chunks, done.again) == (0, len(upload))
            assert await shown(store, f"g-{number}") == ALL_HERE

    async def test_what_did_not_come_stays_lost(self, store: Store) -> None:
        await store.ingest("g-1", [BOTH_LOST], 10)
        assert await shown(store, "g-1") == ALL_LOST
        await store.ingest("g-1", [FIRST], 11)
        assert await shown(store, "g-1") == [
            ("a", 0, 2, 0, 0, {"offline": 7}),
            ("a", HOUR, 0, 1, 0, {"buffer_full": 41}),
            ("b", 0, 2, 0, 0, {"offline": 5}),
        ]
        assert await gaps(store, "g-1") == [("analogue", 41, 2), ("entries", 0, 3), ("state", 0, 1)]
        # of another gateway, journal or lane, or copies of the newest values: none of this was given up here
        strange = [judged(COARSE, 5, Lane.STATE), Judged(replace(SECOND.chunk, journal="f" * 32), COARSE)]
        await store.ingest("g-2", [SECOND], 12)
        before = await gaps(store, "g-1")
        await store.ingest("g-1", strange, 12)
        assert await gaps(store, "g-1") == before

    async def test_each_gap_takes_back_its_own(self, store: Store) -> None:
        await store.ingest("g-1", [of_loss((RAW,), (4, 4)), of_loss((COARSE,), (5, 5), seq=2)], 10)
        assert await shown(store, "g-1") == ALL_LOST
        await store.ingest("g-1", [FIRST, SECOND], 11)
        assert await shown(store, "g-1") == ALL_HERE

    async def test_a_gap_that_knows_no_points_shrinks(self, store: Store) -> None:
        other = judged(replace(RAW, missed=()), 8)
        n, more = FIRST.chunk.n, other.chunk.n
        await store.ingest("g-1", [blind(n + more, (4, 4), (8, 8))], 10)
        await store.ingest("g-1", [FIRST], 11)
        assert await gaps(store, "g-1", "buffer_damaged") == [("entries", more, n)]
        await store.ingest("g-1", [other], 12)
        assert await gaps(store, "g-1", "buffer_damaged") == [("entries", 0, n + more)]

    async def test_what_was_here_before_such_a_gap_is_its_share(self, store: Store) -> None:
        await store.ingest("g-1", [FIRST, SECOND], 10)
        await store.ingest("g-1", [blind(30, (4, 6))], 11)
        assert await gaps(store, "g-1", "buffer_damaged") == [("entries", 10, 20)]
        await store.ingest("g-1", [judged(RAW, 6)], 12)
        assert await gaps(store, "g-1", "buffer_damaged") == [("entries", 0, 30)]

    async def test_a_chunk_in_quarantine_is_not_here(self, store: Store) -> None:
        await store.ingest("g-1", [Quarantined(FIRST.chunk, "malformed", ""), SECOND], 10)
        await store.ingest("g-1", [BOTH_LOST], 11)
        assert (await gaps(store, "g-1"))[0] == ("analogue", 43, 0)
        await store.ingest("g-1", [FIRST], 12)
        assert await shown(store, "g-1") == ALL_HERE

    async def test_a_gap_beside_other_things_takes_back_its_own_lines_alone(self, store: Store) -> None:
        told = BOTH_LOST.content.gaps[0]
        fresh = Content(MARK, batches=(Batch("d", 50, ("a",), (1.0,)),), gaps=(told,), missed=RAW.missed)
        await store.ingest("g-1", [judged(fresh, 9)], 10)
        await store.ingest("g-1", [FIRST, SECOND], 11)
        assert await shown(store, "g-1") == [
            ("a", 0, 3, 0, 0, {"offline": 12}),
            ("a", HOUR, 1, 2, 40, {}),
            ("b", 0, 2, 0, 0, {"offline": 10}),
        ]

    async def test_what_was_thinned_is_no_loss_to_take_back(self, store: Store) -> None:
        await store.ingest("g-1", [SECOND], 10)
        await store.ingest("g-1", [judged(replace(RAW, missed=()), 2)], 11)
        assert await gaps(store, "g-1", "thinned") == [("analogue", 40, 0)]

    async def test_numbers_that_are_none_name_nothing(self, store: Store) -> None:
        for seq, pair in enumerate(((0, 0), (9, 3), (-5, -1), (1, 1 << 63)), 1):
            gap = Gap("analogue", 1, "buffer_full", 0, 0, JOURNAL, 2, (pair,), (Loss("d", "a", 0, 1),))
            await store.ingest("g-1", [judged(Content(MARK, gaps=(gap,)), seq, Lane.ALARM)], 10)
        await store.ingest("g-1", [FIRST], 11)
        assert await gaps(store, "g-1") == [("analogue", 1, 0)] * 4
