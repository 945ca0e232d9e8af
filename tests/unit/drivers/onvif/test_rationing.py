"""A camera may say much at once, and not for ever."""

import pytest

from drivers.onvif.rationing import Ration
from runtime.testing import FakeClock


async def test_a_burst_passes_and_then_so_much_a_second() -> None:
    clock = FakeClock()
    ration = Ration(clock, burst=10, per_s=2)
    assert [ration.take() for _ in range(12)] == [True] * 10 + [False] * 2
    await clock.advance(1)
    assert [ration.take() for _ in range(3)] == [True, True, False]
    assert ration.dropped == 3
    await clock.advance(3600)
    assert sum(ration.take() for _ in range(100)) == 10


async def test_what_is_large_passes_once_and_is_owed() -> None:
    clock = FakeClock()
    ration = Ration(clock, burst=10, per_s=2)
    assert ration.owed_s == 0
    assert ration.take(30)
    assert 9.9 < ration.owed_s < 10.1
    assert not ration.take(5)
    assert ration.dropped == 5
    await clock.advance(10.5)
    assert ration.owed_s == 0
    assert ration.take(30)
    ration.spend(20)
    assert 24 < ration.owed_s < 25
    assert ration.dropped == 5


@pytest.mark.parametrize(("burst", "per_s"), [(0, 1), (1, 0)])
def test_a_ration_is_more_than_nothing(burst: float, per_s: float) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        Ration(FakeClock(), burst, per_s)
