"""Doors and barriers move as steel does: a locked door stays shut, a boom takes its time and hits what is under it."""

import pytest

from runtime.testing import FakeClock
from simulators.devices.barrier import Barrier
from simulators.devices.door import Door
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.unit import Read, answer

INPUTS = {"limit_open": 1, "limit_closed": 2, "loop_front": 3, "loop_under": 4}
UP, DOWN, STOP = "05 02 00 00 0A", "05 02 01 00 0A", "05 02 02 00 0A"


def a_door(clock: FakeClock) -> tuple[RelayBoard, Door]:
    board = RelayBoard(1, clock)
    return board, Door(board, clock, relay=2, inputs={"contact": 3, "exit_button": 4, "fire_input": 5})


def a_barrier(clock: FakeClock) -> tuple[RelayBoard, Barrier]:
    board = RelayBoard(1, clock)
    return board, Barrier(board, clock, relays={"up": 1, "down": 2, "stop": 3}, inputs=INPUTS, travel_s=3.0)


def inputs(board: RelayBoard) -> list[bool]:
    return board.read_bits(Read(2, 0, 8))


async def test_a_door_opens_only_while_its_strike_is_released() -> None:
    clock = FakeClock()
    board, door = a_door(clock)
    assert not door.open()
    answer(board, bytes.fromhex("05 02 01 00 1E"))
    assert door.unlocked
    assert door.open()
    assert not inputs(board)[2]
    await clock.advance(5)
    assert not door.unlocked
    door.close()
    assert inputs(board)[2]
    assert not door.open()
    (opening,) = door.openings
    assert (opening.how, opening.closed_at) == ("unlocked", opening.at + 5_000_000)
    assert [(act.what, act.seconds) for act in door.commands] == [("pulse", 3.0)]


async def test_a_door_knows_button_key_force_and_fire() -> None:
    board, door = a_door(FakeClock())
    door.press_exit()
    assert inputs(board)[3]
    assert door.open()
    door.release_exit()
    door.close()
    assert door.open("key")
    door.close()
    assert door.open("forced")
    door.set_fire(True)
    assert inputs(board)[4]
    assert [opening.how for opening in door.openings] == ["unlocked", "key", "forced"]


async def test_a_channel_serves_one_thing() -> None:
    clock = FakeClock()
    board, _ = a_door(clock)
    with pytest.raises(ValueError, match="wired already"):
        Door(board, clock, relay=3, inputs={"contact": 3})
    with pytest.raises(ValueError, match=r"1\.\.8"):
        Door(board, clock, relay=9, inputs={"contact": 1})


async def test_a_boom_goes_up_stops_and_comes_down() -> None:
    clock = FakeClock()
    board, barrier = a_barrier(clock)
    assert inputs(board)[:2] == [False, True]
    answer(board, bytes.fromhex(UP))
    await clock.advance(1.5)
    assert inputs(board)[:2] == [False, False]
    answer(board, bytes.fromhex(STOP))
    await clock.advance(10)
    assert barrier.position == pytest.approx(0.5)
    answer(board, bytes.fromhex(UP))
    await clock.advance(1.5)
    assert inputs(board)[:2] == [True, False]
    answer(board, bytes.fromhex(DOWN))
    await clock.advance(3.0)
    assert inputs(board)[:2] == [False, True]
    assert barrier.smashes == []


async def test_a_relay_that_stays_on_pushes_once() -> None:
    clock = FakeClock()
    board, barrier = a_barrier(clock)
    answer(board, bytes.fromhex("05 00 00 FF 00"))
    await clock.advance(3)
    barrier.push_down()
    answer(board, bytes.fromhex("05 00 00 FF 00"))
    await clock.advance(3)
    assert barrier.position == 0


async def test_a_car_passes() -> None:
    clock = FakeClock()
    board, barrier = a_barrier(clock)
    barrier.car_arrives()
    assert inputs(board)[2]
    assert not barrier.car_enters()
    barrier.push_up()
    await clock.advance(3)
    assert barrier.car_enters()
    assert inputs(board)[2:4] == [False, True]
    barrier.car_leaves()
    assert barrier.passages == 1


@pytest.mark.parametrize("looks", [1, 7])
async def test_a_boom_lowered_onto_a_car_says_so_however_often_one_looks(looks: int) -> None:
    clock = FakeClock()
    _, barrier = a_barrier(clock)
    barrier.push_up()
    await clock.advance(3)
    barrier.car_enters()
    began = clock.now()
    barrier.push_down()
    for _ in range(looks):
        await clock.advance(3 / looks)
        assert barrier.position >= 0.3
    assert [smash.at - began for smash in barrier.smashes] == [pytest.approx(2_100_000, abs=5)]
    assert barrier.position == pytest.approx(0.3)


async def test_a_jammed_boom_hears_and_does_not_move() -> None:
    clock = FakeClock()
    board, barrier = a_barrier(clock)
    barrier.hold(True)
    answer(board, bytes.fromhex(UP))
    await clock.advance(5)
    assert barrier.position == 0
    assert [terminal for terminal, _ in barrier.commands] == ["up"]
