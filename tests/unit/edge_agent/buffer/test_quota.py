"""What may be stored is a pure decision: the buffer's own limit makes room, a disk filled by others takes nothing."""

from pathlib import Path

import pytest

from edge_agent.buffer.ballast import STEP_BYTES, Ballast
from edge_agent.buffer.quota import Limits, Room, Verdict, decide, free_bytes

MB = 1_000_000
LIMITS = Limits(max_bytes=512 * MB, keep_free_bytes=256 * MB, alarm_reserve_bytes=16 * MB)
PLENTY = 10_000 * MB


def test_with_room_everything_is_taken() -> None:
    assert decide(LIMITS, Room(used=100 * MB, spare=0, free=PLENTY, waiting=2000)) == Verdict(True, True)
    assert decide(LIMITS, Room(used=100 * MB, spare=0, free=None)) == Verdict(True, True)


def test_near_its_own_limit_history_is_thinned_and_at_the_limit_it_goes() -> None:
    near = decide(LIMITS, Room(used=LIMITS.for_history - MB, spare=0, free=PLENTY))
    assert near.history
    assert near.thin > 0 == near.drop
    full = decide(LIMITS, Room(used=LIMITS.for_history, spare=0, free=PLENTY, waiting=2000))
    assert not full.history
    assert full.thin > full.drop > 2000


def test_history_never_touches_the_reserve_and_alarms_do() -> None:
    assert LIMITS.for_history <= 512 * MB - 16 * MB
    assert decide(LIMITS, Room(used=LIMITS.for_history + MB, spare=0, free=0)).alarms
    assert not decide(LIMITS, Room(used=512 * MB, spare=0, free=0)).alarms
    assert Limits(max_bytes=MB, alarm_reserve_bytes=16 * MB).for_history == 750_000


@pytest.mark.parametrize("free", [0, 256 * MB, 272 * MB])
def test_a_disk_that_others_filled_takes_nothing_and_gets_nothing(free: int) -> None:
    verdict = decide(LIMITS, Room(used=50 * MB, spare=0, free=free, waiting=2000))
    assert verdict == Verdict(history=False, alarms=True)


def test_on_such_a_disk_history_uses_the_files_own_spare_pages() -> None:
    assert decide(LIMITS, Room(used=50 * MB, spare=MB, free=0, waiting=2000)).history


def test_when_memory_fills_as_well_old_history_is_thinned_for_the_new() -> None:
    verdict = decide(LIMITS, Room(used=50 * MB, spare=0, free=0, waiting=2000), patient=False)
    assert not verdict.history
    assert verdict.thin > 2000
    assert verdict.drop == 0


def test_the_free_space_is_asked_of_the_disk_and_may_be_unknown(tmp_path: Path) -> None:
    found = free_bytes(tmp_path / "buffer.db")
    assert found is not None
    assert found > 0
    assert free_bytes(tmp_path / "none" / "buffer.db") is None


def test_ballast_is_let_go_bit_by_bit_and_taken_back_when_there_is_plenty(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "buffer.db", 2 * STEP_BYTES + 1)
    assert not ballast.release()
    ballast.refill(free=3 * STEP_BYTES, keep_free=STEP_BYTES)
    assert ballast.held == 0
    ballast.refill(free=4 * STEP_BYTES, keep_free=STEP_BYTES)
    assert (ballast.held, ballast.missing) == (2 * STEP_BYTES + 1, 0)
    assert (tmp_path / "buffer.db.reserve").stat().st_blocks * 512 >= ballast.held
    released = []
    while ballast.release():
        released.append(ballast.held)
    assert released == [STEP_BYTES + 1, 1, 0]
    ballast.refill(free=None, keep_free=0)
    assert ballast.held == 0


def test_ballast_where_no_file_can_be_is_none(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "none" / "buffer.db", STEP_BYTES)
    ballast.refill(free=1 << 40, keep_free=0)
    assert ballast.held == 0
    assert not ballast.release()
