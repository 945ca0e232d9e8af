"""The stories of a community, an hour of them in milliseconds."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from runtime.testing import FakeClock
from simulators import scripts
from simulators.devices.barrier import Barrier
from simulators.devices.door import Door
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.stories import Burns, CarPasses, Fill, Passes, Slow, Spell, WrongAnswers

GATE_INPUTS = {"limit_open": 1, "limit_closed": 2, "loop_front": 3, "loop_under": 4}


@asynccontextmanager
async def told(story: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(story)
    await asyncio.sleep(0)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_bin_fills_is_emptied_and_fills_again() -> None:
    clock = FakeClock()
    waste = UltrasonicBin(11, clock)
    plan = Fill.model_validate(
        {"from": 40, "to": 90, "over": "20s", "emptied_after": "15s", "rest": 10, "repeat": True}
    )
    async with told(scripts.play_fill(clock, waste, plan)):
        levels = []
        for _ in range(8):
            levels.append(round(waste.level))
            await clock.advance(10)
    assert levels == [40, 65, 90, 90, 30, 70, 90, 10 + 0]
    assert waste.emptied == 2


async def test_a_bin_that_is_filled_once_stays_full() -> None:
    clock = FakeClock()
    waste = UltrasonicBin(11, clock)
    async with told(scripts.play_fill(clock, waste, Fill.model_validate({"to": 95, "over": "1m"}))) as task:
        await clock.advance(3600)
        assert task.done()
    assert waste.level == 95


async def test_a_bin_burns_and_is_put_out() -> None:
    clock = FakeClock()
    waste = UltrasonicBin(11, clock)
    usual = waste.temperature_c
    plan = Burns.model_validate({"after": "10s", "to": 90, "over": "5s", "for": "20s"})
    async with told(scripts.play_burns(clock, waste, plan)):
        await clock.advance(20)
        assert waste.temperature_c > 80
        await clock.advance(60)
        assert waste.temperature_c == pytest.approx(usual, abs=4)


async def test_a_door_is_left_open_again_and_again() -> None:
    clock = FakeClock()
    door = Door(RelayBoard(1, clock), clock, relay=1, inputs={"contact": 1})
    plan = Spell.model_validate({"after": "12s", "for": "20s", "every": "1m"})
    began = clock.now()
    async with told(scripts.play_left_open(clock, door, plan)):
        await clock.advance(180)
    assert [(o.how, (o.at - began) / 1e6, ((o.closed_at or 0) - began) / 1e6) for o in door.openings] == [
        ("key", 12, 32),
        ("key", 72, 92),
        ("key", 132, 152),
    ]


async def test_somebody_walks_through_a_door_that_is_still_unlocked() -> None:
    clock = FakeClock()
    board = RelayBoard(1, clock)
    door = Door(board, clock, relay=1, inputs={"contact": 1})
    plan = Passes.model_validate({"after_unlock": "2s", "for": "3s"})
    board.write_coil(0x0200, 30)
    async with told(scripts.walk_through(clock, door, plan)):
        await clock.advance(4)
        assert door.is_open
        await clock.advance(1)
        assert not door.is_open
    board.write_coil(0x0200, 10)
    async with told(scripts.walk_through(clock, door, plan)):
        await clock.advance(10)
    assert len(door.openings) == 1


@pytest.mark.parametrize(("opened_by", "passages"), [("guard", 3), ("gateway", 0)])
async def test_cars_pass_or_give_up(opened_by: str, passages: int) -> None:
    clock = FakeClock()
    barrier = Barrier(
        RelayBoard(1, clock), clock, relays={"up": 1, "down": 2, "stop": 3}, inputs=GATE_INPUTS, travel_s=3
    )
    plan = CarPasses.model_validate({"every": "1m", "opened_by": opened_by, "patience": "30s"})
    async with told(scripts.play_car_passes(clock, barrier, plan)):
        await clock.advance(170)
    assert (barrier.passages, barrier.smashes, barrier.position) == (passages, [], 0)


class Guarded:
    """A camera whose guard raises the boom for one plate."""

    def __init__(self, barrier: Barrier, welcome: str) -> None:
        self.seen: list[tuple[str, float]] = []
        self.listened_to = False
        self._barrier, self._welcome = barrier, welcome

    def pass_car(self, plate: str, likelihood: float) -> None:
        self.seen.append((plate, likelihood))
        if plate == self._welcome:
            self._barrier.push_up()


async def test_a_camera_sees_each_car_before_the_boom_and_the_drive_lowers_behind_it() -> None:
    clock = FakeClock()
    barrier = Barrier(
        RelayBoard(1, clock), clock, relays={"up": 1, "down": 2, "stop": 3}, inputs=GATE_INPUTS, travel_s=3
    )
    plates = {"浙FA0001": 0.97, "苏E12345": 0.9}
    plan = CarPasses.model_validate(
        {"every": "1m", "opened_by": "gateway", "patience": "10s", "lowers": True, "plates": plates}
    )
    guarded = Guarded(barrier, "浙FA0001")
    async with told(scripts.play_car_passes(clock, barrier, plan, guarded)):
        await clock.advance(100)
        assert barrier.cars == []  # nobody listens yet
        guarded.listened_to = True
        await clock.advance(170)
    assert [(car.plate, car.entered is not None) for car in barrier.cars] == [
        ("浙FA0001", True),
        ("苏E12345", False),
        ("浙FA0001", True),
    ]
    assert guarded.seen == [("浙FA0001", 0.97), ("苏E12345", 0.9), ("浙FA0001", 0.97)]
    assert (barrier.passages, barrier.smashes, barrier.position) == (2, [], 0)


async def test_units_fail_for_their_spell_only() -> None:
    clock = FakeClock()
    faults = Faults()
    spell = {"after": "10s", "for": "5s"}
    async with (
        told(scripts.play_silent(clock, faults, Spell.model_validate(spell))),
        told(
            scripts.play_wrong_answers(
                clock, faults, WrongAnswers.model_validate({**spell, "how": "garbage", "share": 0.5})
            )
        ),
        told(scripts.play_slow(clock, faults, Slow.model_validate({**spell, "by": "200ms"}))),
    ):
        states = []
        for _ in range(3):
            await clock.advance(6)
            states.append((faults.silent, faults.wrong, faults.slow_s))
    assert states == [(False, None, 0.0), (True, "garbage", 0.2), (False, None, 0.0)]
