"""Under pressure history becomes coarser before anything goes, and every reading is accounted for to the last one."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import Buffer
from tests.unit.edge_agent.buffer.making import T0, alert, as_after_sigkill
from tests.unit.edge_agent.buffer.truth import Truth, opened_by_a_right_clock
from wire.chunk import Gap, Lane
from wire.codec import unseal
from wire.reading import Batch, Quality

S = 1_000_000
MB = 1_000_000


async def one_minute(buffer: Buffer, truth: Truth, minute: int, *, words: bool = False) -> None:
    """Put in what one meter and one door say in a minute, in chunks of five seconds."""
    chance = random.Random(minute)
    for second in range(60):
        at = T0 + (minute * 60 + second) * S
        values = tuple(chance.random() for _ in range(8))
        await truth.give(buffer, Batch("meter", at, tuple(f"u{i}" for i in range(8)), values))
        if second % 20 == 0:
            quality = (int(Quality.GOOD), int(Quality.TIMEOUT))
            await truth.give(buffer, Batch("door", at, ("open", "weight"), (chance.random() < 0.5, None), quality))
        if words:
            await truth.give(buffer, Batch("gate", at, ("plate",), (chance.randbytes(80).hex(),)))
        if second % 5 == 4:
            assert await buffer.flush()


def balanced(buffer: Buffer) -> bool:
    """Tell whether nothing but what was delivered is missing from what was produced."""
    stats = buffer.stats
    return stats.produced == stats.pending + stats.thinned + stats.dropped


async def last_seq(buffer: Buffer) -> int:
    """Return the newest number of the history lane: one more chunk tells it."""
    found = [chunk.seq for chunk in await buffer.peek(1 << 30, 1 << 30, lanes=(Lane.HISTORY,))]
    return max(found)


async def test_numbers_become_coarser_and_nothing_is_dropped(tmp_path: Path) -> None:
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db", max_bytes=MB) as buffer:
        await buffer.put_now(alerts=[alert(1)])
        for minute in range(240):
            await one_minute(buffer, truth, minute)
            assert buffer.stats.used_bytes < 900_000
        assert (buffer.stats.dropped, buffer.stats.full) == (0, False)
        assert buffer.stats.thinned > 0.3 * buffer.stats.produced
        assert balanced(buffer)
        newest = await last_seq(buffer)
        found = [unseal(chunk) for chunk in await buffer.peek(1 << 30, 1 << 30)]
        doors = [one for content in found for one in content.batches if one.device == "door"]
        assert [one.at for one in sorted(doors, key=lambda one: one.at)] == [T0 + i * 20 * S for i in range(240 * 3)]
        assert max(one.at for content in found for one in content.batches) == T0 + (240 * 60 - 1) * S
        while await truth.deliver(buffer):
            pass
    truth.check(newest)
    assert truth.lost.keys() == {"thinned"}
    assert truth.alerts == {"a-1": 1}


async def test_what_cannot_become_coarser_goes_oldest_first_and_is_told_by_class(tmp_path: Path) -> None:
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db", max_bytes=MB) as buffer:
        full_from = None
        for minute in range(240):
            await one_minute(buffer, truth, minute, words=True)
            if buffer.stats.full and full_from is None:
                full_from = minute
            if minute % 100 == 50:
                await buffer.put_now(alerts=[alert(minute)])
            assert buffer.stats.used_bytes < MB
        assert full_from is not None
        assert buffer.stats.full
        assert balanced(buffer)
        newest = await last_seq(buffer)
        kept = [unseal(chunk) for chunk in await buffer.peek(1 << 30, 1 << 30)]
        plates = sorted(one.at for content in kept for one in content.batches if one.device == "gate")
        gone = [gap for content in kept for gap in content.gaps if gap.reason == "buffer_full"]
        assert {gap.what for gap in gone} == {"analogue", "state", "entries"}
        assert plates == list(range(plates[0], T0 + 240 * 60 * S, S))
        while await truth.deliver(buffer):
            pass
        assert buffer.stats.pending == 0
        await one_minute(buffer, truth, 240)
        assert not buffer.stats.full
        newest = await last_seq(buffer)
        await truth.deliver(buffer)
    truth.check(newest)
    assert truth.alerts == {f"a-{minute}": 1 for minute in range(50, 240, 100)}


@pytest.mark.parametrize("seed", range(6))
async def test_every_reading_is_accounted_for_under_random_pressure_and_kills(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    truth, path, minute = Truth(), tmp_path / "buffer.db", 0
    delivered = 0
    for _ in range(4):
        async with opened_by_a_right_clock(path, max_bytes=MB) as buffer:
            for _ in range(chance.randrange(20, 60)):
                await one_minute(buffer, truth, minute, words=chance.random() < 0.6)
                minute += 1
                if chance.random() < 0.1:
                    before = buffer.stats.pending
                    await truth.deliver(buffer, chance.randrange(1, 60_000))
                    delivered += before - buffer.stats.pending
                if chance.random() < 0.02:
                    await buffer.put_now(alerts=[alert(minute)])
            stats = buffer.stats
            assert stats.produced == delivered + stats.pending + stats.thinned + stats.dropped
            await buffer.put_now(alerts=[alert(10_000 + minute)])  # and what was delivered is gone from the file
            path = as_after_sigkill(path)
    async with opened_by_a_right_clock(path, max_bytes=MB) as buffer:
        await one_minute(buffer, truth, minute)
        newest = await last_seq(buffer)
        while await truth.deliver(buffer):
            pass
    truth.check(newest)


async def test_what_may_be_on_its_way_is_neither_thinned_nor_dropped(tmp_path: Path) -> None:
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db", max_bytes=MB) as buffer:
        await one_minute(buffer, truth, 0)
        shown = await buffer.peek(1 << 30, 1 << 30)
        for minute in range(1, 120):
            await one_minute(buffer, truth, minute, words=True)
        assert buffer.stats.dropped > 0
        assert await buffer.peek(1 << 30, 12, lanes=(Lane.HISTORY,)) == shown


async def test_an_old_chunk_that_cannot_be_read_is_counted_and_does_not_stand_in_the_way(tmp_path: Path) -> None:
    truth = Truth()
    async with opened_by_a_right_clock(tmp_path / "buffer.db", max_bytes=MB) as buffer:
        await one_minute(buffer, truth, 0)
        with closing(sqlite3.connect(tmp_path / "buffer.db")) as other, other:
            (broken,) = other.execute("SELECT n FROM chunk WHERE seq = 3 AND lane = 2").fetchone()
            other.execute("UPDATE chunk SET body = zeroblob(400) WHERE seq = 3 AND lane = 2")
        for minute in range(1, 150):
            await one_minute(buffer, truth, minute)
        assert (buffer.stats.dropped, buffer.stats.thinned > 0) == (broken, True)
        found = [unseal(chunk) for chunk in await buffer.peek(1 << 30, 1 << 30)]
        (gap,) = [gap for content in found for gap in content.gaps if gap.reason == "buffer_damaged"]
        assert gap == Gap("entries", broken, "buffer_damaged", gap.start, gap.end, buffer.journal, 2, ((3, 3),))
