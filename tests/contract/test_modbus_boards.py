"""Doors and barriers on pretend boards that were written from their makers' manuals, not from our profiles."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from config.address import Scalar
from config.bus_settings import ModbusTcpBus
from drivers.api import AnswerLost, Interlocked, NotSupported
from drivers.modbus import modbus_driver
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.devices.adam_6060_board import Adam6060Board
from simulators.devices.barrier import Barrier
from simulators.devices.board import Board
from simulators.devices.door import Door
from simulators.devices.lctech_board import LcTechBoard
from simulators.devices.r413d08_board import R413D08Board
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from tests.unit.drivers.shipped import device, shipped

Options = dict[str, Scalar | dict[str, int]]

INPUTS = {"contact": 1, "exit_button": 2, "fire_input": 3, "tamper": 4}
PULSING: list[tuple[str, type[Board], int]] = [
    ("door/waveshare-relay-d8", RelayBoard, 1),
    ("door/lctech-8r-d7", LcTechBoard, 255),
    ("door/laskakit-r413d08", R413D08Board, 1),
]


@asynccontextmanager
async def driven(board: Board, profile: str, options: Options) -> AsyncIterator[ModbusDriver]:
    """Put the board on a bus and open a driver whose device ``one`` is on it."""
    line = Line("line")
    line.add(board)
    wire = TcpWire(line, SystemClock())
    await wire.start()
    bus = ModbusTcpBus(id="line", type="modbus-tcp", host="127.0.0.1", port=wire.port)
    driver = modbus_driver(bus, [device(shipped(profile), options, unit=board.address)], SystemClock())
    await driver.open()
    try:
        yield driver
    finally:
        await driver.close()
        await wire.stop()


async def seen(driver: ModbusDriver) -> dict[str, object]:
    """Return what the driver reads, all of it good."""
    batch = await driver.poll("one")
    assert batch.quality == (), batch
    return dict(zip(batch.points, batch.values, strict=True))


@pytest.mark.parametrize(("profile", "model", "unit"), PULSING, ids=[profile for profile, _, _ in PULSING])
async def test_a_door_locks_again_without_the_gateway(profile: str, model: type[Board], unit: int) -> None:
    clock = FakeClock()
    board = model(unit, clock)
    inputs = INPUTS if board.INPUTS else {}
    door = Door(board, clock, relay=8, inputs=inputs)
    options: Options = {"relay": 8, **({"inputs": inputs} if inputs else {})}
    async with driven(board, profile, options) as driver:
        assert (await driver.execute("one", "pulse_unlock", {"seconds": 7}))["lock_state"] == "unlocked"
        assert door.open()
        if inputs:
            assert (await seen(driver))["door_state"] == "open"
    await clock.advance(6.9)
    assert door.unlocked
    await clock.advance(0.2)
    assert not door.unlocked
    assert [(act.relay, act.what, act.seconds) for act in board.acts] == [(8, "pulse", 7.0)]


async def test_a_clone_with_the_modes_exchanged_is_found_out() -> None:
    """It switches off and then on for good: the command is never called done, and the lock is seen released."""
    clock = FakeClock()
    board = LcTechBoard(255, clock, reversed_modes=True)
    async with driven(board, "door/lctech-8r-d7", {"relay": 1}) as driver:
        with pytest.raises(AnswerLost):
            await driver.execute("one", "pulse_unlock", {"seconds": 1})
        await clock.advance(2)
        assert (await seen(driver))["lock_state"] == "unlocked"


WHOLE: list[tuple[str, type[Board], int]] = [*PULSING, ("door/advantech-adam-6060", Adam6060Board, 1)]


@pytest.mark.parametrize(("profile", "model", "unit"), WHOLE, ids=[profile for profile, _, _ in WHOLE])
async def test_fire_releases_every_door_of_a_board_and_a_person_takes_it_back(
    profile: str, model: type[Board], unit: int
) -> None:
    board = model(unit, FakeClock())
    async with driven(board, profile, {"relay": 2, "all_doors": True}) as driver:
        assert await driver.execute("one", "release_all_doors", {}) == {"lock_state": "unlocked"}
        assert all(board.relay_on(number + 1) for number in range(board.RELAYS))
        assert await driver.execute("one", "restore_all_doors", {}) == {"lock_state": "locked"}
        assert not any(board.relay_on(number + 1) for number in range(board.RELAYS))
    async with driven(model(unit, FakeClock()), profile, {"relay": 2}) as driver:
        with pytest.raises(NotSupported):
            await driver.execute("one", "release_all_doors", {})


async def test_a_module_that_cannot_end_a_pulse_opens_no_door() -> None:
    board = Adam6060Board(1, FakeClock())
    async with driven(board, "door/advantech-adam-6060", {"relay": 1, "inputs": INPUTS}) as driver:
        with pytest.raises(NotSupported):
            await driver.execute("one", "pulse_unlock", {})
    assert board.acts == []


async def test_inputs_that_are_coils_are_read_and_counted() -> None:
    clock = FakeClock()
    board = Adam6060Board(1, clock)
    door = Door(board, clock, relay=3, inputs=INPUTS)
    options: Options = {"relay": 3, "inputs": INPUTS, "counters": {"contact": 1, "exit_button": 2}}
    async with driven(board, "door/advantech-adam-6060", options) as driver:
        door.press_exit()
        assert door.open()
        board.counts[0] = 70_000
        board.pulse_input(2)
        assert await seen(driver) == {
            "door_state": "open", "lock_state": "locked", "exit_button": True, "fire_input": False, "tamper": False,
            "open_count": 70_000, "exit_count": 1,
        }  # fmt: skip


BARRIER_INPUTS = {"limit_open": 1, "limit_closed": 2, "loop_front": 3, "loop_under": 4}
RELAYS = {"up": 1, "down": 2, "stop": 3}


async def until(holds: Callable[[], bool]) -> None:
    """Return when ``holds`` does; the test fails if it never does."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_barrier_on_flashing_relays_never_smashes_a_car() -> None:
    clock = SystemClock()
    board = LcTechBoard(255, clock)
    boom = Barrier(board, clock, relays=RELAYS, inputs=BARRIER_INPUTS, travel_s=0.3)
    options: Options = {"relays": RELAYS, "inputs": BARRIER_INPUTS}
    async with driven(board, "barrier/dry-contact-lctech-8r-d7", options) as driver:
        await driver.execute("one", "open", {})
        await until(lambda: boom.position == 1)
        boom.car_arrives()
        assert boom.car_enters()
        with pytest.raises(Interlocked):
            await driver.execute("one", "close", {})
        boom.car_leaves()
        await driver.execute("one", "close", {})
        await until(lambda: boom.position == 0)
        assert (await seen(driver))["boom_state"] == "closed"
    assert [name for name, _ in boom.commands] == ["up", "down"]
    assert boom.smashes == []


async def test_a_barrier_on_a_board_without_inputs_is_opened_and_never_closed() -> None:
    board = R413D08Board(1, FakeClock())
    async with driven(board, "barrier/dry-contact-r413d08", {"relays": {"up": 1, "stop": 2}}) as driver:
        assert await driver.execute("one", "open", {}) == {}
        assert await seen(driver) == {}
        with pytest.raises(NotSupported):
            await driver.execute("one", "close", {})
    assert [(act.relay, act.what, act.seconds) for act in board.acts] == [(1, "pulse", 1.0)]
