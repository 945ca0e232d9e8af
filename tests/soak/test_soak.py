"""A simulated quarter of an hour among random faults: what is stored is what was answered, and nothing is left over."""

import asyncio
from collections import deque
from pathlib import Path

import pytest

from edge_agent.plan import DevicePlan, PointPlan
from simulators.modbus.unit import HOLDING_REGISTERS, Read
from tests.soak.loop import SimulatedLoop, StandstillError
from tests.soak.oracle import Oracle
from tests.soak.run import BEGIN_US, soak
from tests.soak.witness import Shown
from wire.chunk import ClockMark, ClockState, Content
from wire.reading import Batch, Quality

_SECONDS = 900.0
_KEYS = ("distance_mm", "temperature_c")
_MARK = ClockMark("soak", ClockState.SYNCED, BEGIN_US, 0)


@pytest.mark.parametrize("seed", [4, 11])
def test_what_is_stored_is_what_was_answered(tmp_path: Path, seed: int) -> None:
    found = soak(tmp_path, seed, _SECONDS, every_s=300.0)
    assert not found.oracle.wrong
    assert found.faults > 5
    assert found.oracle.readings > 5000
    assert found.oracle.missed["no_answer"] > 0
    assert found.oracle.alerts > 0
    assert (found.left, found.restarts) == ([], 0)
    assert len(set(found.tasks)) == 1


def test_the_seed_decides_everything(tmp_path: Path) -> None:
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append(soak(tmp_path / name, 7, 300.0).digest)
    assert runs[0] == runs[1]


class TestOracle:
    """It would notice."""

    def test_what_nobody_answered(self) -> None:
        oracle = _oracle(_shown(BEGIN_US, 50, 215))
        oracle.take([_stored(BEGIN_US, 510, 21.5)])
        assert oracle.wrong == [f"bin-1 distance_mm: 510 of {BEGIN_US} was never answered"]

    def test_what_was_answered_at_another_time(self) -> None:
        oracle = _oracle(_shown(BEGIN_US - 1, 50, 215))
        oracle.take([_stored(BEGIN_US, 500, 21.5)])
        assert len(oracle.wrong) == 2

    def test_what_nobody_stored(self) -> None:
        oracle = _oracle(_shown(BEGIN_US, 50, 215), _shown(BEGIN_US + 60_000_000, 50, 215))
        oracle.take([_stored(BEGIN_US, 500, 21.5)])
        oracle.forget(BEGIN_US + 61_000_000, BEGIN_US, {})
        assert oracle.wrong == [f"bin-1: answered at {BEGIN_US + 60_000_000} and nothing was stored"]

    def test_what_a_fault_excuses(self) -> None:
        oracle = _oracle(_shown(BEGIN_US + 60_000_000, 50, 215))
        oracle.forget(BEGIN_US + 61_000_000, BEGIN_US, {"lan": [(55.0, 58.0, "late bin-1")]})
        assert not oracle.wrong

    def test_slots_that_nobody_accounts_for(self) -> None:
        oracle = _oracle()
        oracle.take([_stored(BEGIN_US, None, None)])
        oracle.account(0.0, 10.0)
        assert [sentence.split(":")[0] for sentence in oracle.wrong] == ["bin-1 distance_mm", "bin-1 temperature_c"]


class TestLoop:
    """Time is simulated."""

    def test_time_goes_to_the_next_timer_at_once(self) -> None:
        async def sleep() -> float:
            await asyncio.sleep(86_400.0)
            return asyncio.get_running_loop().time()

        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            assert runner.run(sleep()) == pytest.approx(86_400.0)

    def test_waiting_for_nothing_is_an_error(self) -> None:
        async def wait() -> None:
            await asyncio.get_running_loop().create_future()

        with asyncio.Runner(loop_factory=SimulatedLoop) as runner, pytest.raises(StandstillError):
            runner.run(wait())

    def test_nobody_listens(self) -> None:
        async def connect() -> None:
            await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", 1)

        with asyncio.Runner(loop_factory=SimulatedLoop) as runner, pytest.raises(ConnectionRefusedError):
            runner.run(connect())


def _oracle(*shown: Shown) -> Oracle:
    points = tuple(PointPlan(key, "float", "", (), 1.0, on_change=False) for key in _KEYS)
    return Oracle({"bin-1": DevicePlan("bin-1", "lan", points, 11)}, {"bin-1": deque(shown)})


def _shown(at: int, *registers: int) -> Shown:
    return Shown(at, Read(HOLDING_REGISTERS, 5, 2), registers)


def _stored(at: int, *values: float | None) -> Content:
    quality = () if None not in values else (int(Quality.TIMEOUT),) * len(values)
    return Content(_MARK, (Batch("bin-1", at, _KEYS, values, quality),))
