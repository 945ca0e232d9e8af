"""The witness tells what was written last, whatever became of one of its two slots, and never stands in the way."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.buffer.ranges import Ranges, without
from edge_agent.buffer.witness import RANGES_TOLD, SLOT_BYTES, LaneStanding, Standing, Witness
from tests.unit.edge_agent.buffer.damaging import beside, junk, overwrite
from tests.unit.edge_agent.buffer.making import T0, alert, batch, opened, receipt


def standing(number: int) -> Standing:
    return Standing("0" * 32, (LaneStanding(number), LaneStanding(), LaneStanding(9, 5, 2, ((3, 4), (8, 8)))), number)


def test_what_was_written_last_is_found(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    assert Witness(path).found is None
    witness = Witness(path)
    for number in range(5):
        witness.write(standing(number))
    witness.close()
    assert Witness(path).found == standing(4)
    assert beside(path, ".witness").stat().st_size == 2 * SLOT_BYTES


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("torn", [(0, 4096), (0, 10), (30, 20), (60, 1)])
def test_a_torn_slot_leaves_the_other(tmp_path: Path, slot: int, torn: tuple[int, int]) -> None:
    path = tmp_path / "buffer.db"
    witness = Witness(path)
    for number in range(5):
        witness.write(standing(number))
    witness.close()
    overwrite(beside(path, ".witness"), slot * SLOT_BYTES + torn[0], junk(torn[1]))
    again = Witness(path)
    assert again.found in (standing(3), standing(4))
    again.write(standing(7))
    again.close()
    assert Witness(path).found == standing(7)


@pytest.mark.parametrize("content", [b"", b"x", junk(8192), bytes(8192), junk(100_000)])
def test_nonsense_is_no_witness(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "buffer.db"
    beside(path, ".witness").write_bytes(content)
    witness = Witness(path)
    assert witness.found is None
    witness.write(standing(1))
    witness.close()
    assert Witness(path).found == standing(1)


def test_where_it_cannot_be_written_nothing_happens_and_a_deleted_one_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    beside(path, ".witness").mkdir()
    witness = Witness(path)
    witness.write(standing(1))
    beside(path, ".witness").rmdir()
    witness.write(standing(2))
    beside(path, ".witness").unlink()
    witness.write(standing(3))
    witness.close()
    assert Witness(path).found == standing(3)


def test_however_many_holes_there_are_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    lanes = []
    for most in RANGES_TOLD.values():
        numbers = Ranges((2**47 + 2 * i, 2**47 + 2 * i) for i in range(5000))
        told = numbers.bounded(most)
        assert len(told) == most
        assert (told[0][0], told[-1][1]) == (2**47, 2**47 + 9998)
        lanes.append(LaneStanding(2**47 + 9999, 2**40, 5000, told))
    full = Standing("f" * 32, tuple(lanes), *(2**50,) * 7)
    witness = Witness(path)
    witness.write(full)
    witness.close()
    assert Witness(path).found == full


async def test_it_follows_every_commit_and_every_receipt(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path) as buffer:
        for i in range(10):
            await buffer.put(batch(T0 + i, 3))
            await buffer.flush()
        await buffer.put_now(alerts=[alert(1)])
        found = await buffer.peek(1 << 20, 5)
        await buffer.settle([receipt(found[0]), receipt(found[2])])
        told = Witness(path).found
    assert told is not None
    assert told.journal == buffer.journal
    assert [(lane.last_seq, lane.entries, lane.chunks) for lane in told.lanes] == [(1, 0, 0), (0, 0, 0), (10, 27, 9)]
    assert told.lanes[2].pending == ((1, 1), (3, 10))
    assert (told.produced, told.shown & 0xFF) == (31, 4)


numbers = st.sets(st.integers(1, 60))


def as_set(pairs: object) -> set[int]:
    return {number for first, last in pairs for number in range(first, last + 1)}  # type: ignore[attr-defined]


@given(numbers, st.lists(st.tuples(st.booleans(), st.integers(1, 60))))
def test_ranges_are_a_set(start: set[int], changes: list[tuple[bool, int]]) -> None:
    truth, ranges = set(start), Ranges((number, number) for number in start)
    for add, number in changes:
        (truth.add if add else truth.discard)(number)
        (ranges.add if add else ranges.discard)(number)
        assert (number in ranges) == add
    pairs = ranges.pairs()
    assert as_set(pairs) == truth
    assert ranges.size() == len(truth)
    assert all(after[0] > before[1] + 1 for before, after in pairwise(pairs))
    assert as_set(ranges.bounded(3)) >= truth


@given(numbers, numbers)
def test_ranges_without_others(one: set[int], other: set[int]) -> None:
    left = without(Ranges((n, n) for n in one).pairs(), Ranges((n, n) for n in other).pairs())
    assert as_set(left) == one - other
