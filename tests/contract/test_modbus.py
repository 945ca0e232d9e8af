"""The Modbus driver under the contract, over each of its transports, and what is Modbus's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.bus_settings import ModbusRtuBus
from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, Interlocked, LineLost, Misconfigured, driver_factory
from drivers.api import Timeout as DeviceTimeout
from drivers.modbus import modbus_driver
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from tests.contract.driver_suite import DriverContract, Harness
from tests.contract.modbus_harness import KINDS, TIMEOUT_S, ModbusHarness, harness_of
from tests.unit.drivers.shipped import device, made, shipped


class TestModbusTcp(DriverContract):
    """The contract over TCP."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in harness_of(tmp_path, "modbus-tcp"):
            yield harness


class TestModbusRtu(DriverContract):
    """The contract over a pseudo-terminal."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in harness_of(tmp_path, "modbus-rtu"):
            yield harness


class TestModbusRtuOverTcp(DriverContract):
    """The contract over a transparent serial server."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in harness_of(tmp_path, "modbus-rtu-tcp"):
            yield harness


@pytest.fixture(params=KINDS)
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ModbusHarness]:
    """An open bus of each kind."""
    async for harness in harness_of(tmp_path, request.param):
        await harness.driver.open()
        yield harness


async def test_a_refused_table_costs_its_own_points(bus: ModbusHarness) -> None:
    batch = await bus.modbus.poll("partly")
    assert batch.points == ("r0", "r1", "r2", "i0")
    assert batch.values == (0, 1, 2, None)
    assert batch.quality == (0, 0, 0, 65)


async def test_a_device_that_refuses_everything_says_so(bus: ModbusHarness) -> None:
    with pytest.raises(DeviceRefused) as caught:
        await bus.modbus.poll("refusing")
    assert caught.value.code == 1


async def test_a_gateway_that_cannot_reach_the_unit_is_a_timeout(bus: ModbusHarness) -> None:
    bus.neighbour_faults.wrong, bus.neighbour_faults.code = "exception", 11
    with pytest.raises(DeviceTimeout):
        await bus.modbus.poll("registers")


@pytest.mark.parametrize("wrong", ["bad_frame", "garbage", "short"])
async def test_garbage_is_never_a_value_and_hurts_nobody_else(bus: ModbusHarness, wrong: str) -> None:
    bus.neighbour_faults.wrong = wrong  # type: ignore[assignment]
    for _ in range(3):
        with pytest.raises((CorruptAnswer, DeviceTimeout)):
            await bus.modbus.poll("registers")
        assert (await bus.modbus.poll("neighbour")).values == (0, 1, 2)
    bus.neighbour_faults.wrong = None
    for _ in range(3):  # one that was unintelligible is given less time, and all of it every fourth try
        with suppress(DeviceTimeout):
            assert (await bus.modbus.poll("registers")).values == (0, 1, 2)
            return
    assert (await bus.modbus.poll("registers")).values == (0, 1, 2)


async def test_a_wrong_checksum_is_told_from_silence(tmp_path: Path) -> None:
    async for harness in harness_of(tmp_path, "modbus-rtu"):
        await harness.driver.open()
        harness.neighbour_faults.wrong = "bad_frame"
        with pytest.raises(CorruptAnswer):
            await harness.modbus.poll("registers")


async def test_a_late_answer_is_not_taken_for_the_next_one(bus: ModbusHarness) -> None:
    bus.neighbour_faults.slow_s = TIMEOUT_S + 0.02
    with pytest.raises(DeviceTimeout):
        await bus.modbus.poll("registers", ("r0",))
    bus.neighbour_faults.slow_s = 0
    bus.registers.shift = 100
    assert (await bus.modbus.poll("registers", ("r1",))).values == (101,)


async def test_an_answer_to_a_cancelled_request_is_not_taken_for_the_next_one(bus: ModbusHarness) -> None:
    bus.neighbour_faults.slow_s = 0.05
    task = asyncio.create_task(bus.modbus.poll("registers", ("r0",)))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])
    bus.neighbour_faults.slow_s = 0
    assert (await bus.modbus.poll("registers", ("r1",))).values == (1,)


async def test_a_command_overtakes_waiting_polls(bus: ModbusHarness) -> None:
    order: list[str] = []

    async def poll(number: int) -> None:
        await bus.modbus.poll("neighbour")
        order.append(f"poll {number}")

    async def unlock() -> None:
        await bus.modbus.execute("door", "pulse_unlock", {"seconds": 1})

    polls = [asyncio.create_task(poll(number)) for number in range(20)]
    await asyncio.sleep(0)
    await unlock()
    overtaken = 20 - len(order)
    await asyncio.gather(*polls)
    assert bus.done() == 1
    assert overtaken > 10


async def test_a_door_is_unlocked_by_the_boards_own_timer(bus: ModbusHarness) -> None:
    assert (await bus.modbus.poll("door")).values == ("open", "locked")
    bus.contact = True
    assert await bus.modbus.execute("door", "pulse_unlock", {"seconds": 2}) == {
        "door_state": "closed",
        "lock_state": "unlocked",
    }
    assert [(act.relay, act.what, act.seconds) for act in bus.board.acts] == [(1, "pulse", 2.0)]


async def test_a_barrier_never_closes_on_a_car(bus: ModbusHarness) -> None:
    bus.loop_under = True
    with pytest.raises(Interlocked):
        await bus.modbus.execute("gate", "close", {})
    assert bus.done() == 0
    bus.loop_under = False
    assert (await bus.modbus.execute("gate", "close", {}))["boom_state"] == "closed"
    assert bus.done() == 1


async def test_an_interlock_that_cannot_be_read_sends_nothing(bus: ModbusHarness) -> None:
    bus.freeze(True)
    with pytest.raises(DeviceTimeout):
        await bus.modbus.execute("gate", "close", {})
    bus.freeze(False)
    await bus.modbus.poll("neighbour")
    assert bus.done() == 0


async def test_an_interlock_that_reads_garbled_sends_nothing_and_says_so(bus: ModbusHarness) -> None:
    bus.faults.wrong = "bad_frame"
    with pytest.raises(DeviceTimeout if bus.kind == "modbus-tcp" else Interlocked):
        await bus.modbus.execute("gate", "close", {})
    bus.faults.wrong = None
    assert bus.done() == 0


async def test_a_refused_command_is_refused_and_not_unknown(bus: ModbusHarness) -> None:
    bus.faults.wrong, bus.faults.code = "exception", 6
    with pytest.raises(DeviceRefused):
        await bus.modbus.execute("door", "pulse_unlock", {})


async def test_a_device_that_does_not_show_the_effect_is_not_believed(bus: ModbusHarness) -> None:
    with pytest.raises(AnswerLost, match="on"):
        await bus.modbus.execute("stubborn", "switch", {})
    assert bus.done() == 1


async def test_what_cannot_be_served_is_refused_when_it_is_made(tmp_path: Path) -> None:
    rtu = ModbusRtuBus(id="line", type="modbus-rtu", port=str(tmp_path / "none"))
    with pytest.raises(Misconfigured, match="unit 0"):
        modbus_driver(rtu, [device(shipped("meter/eastron-sdm120"), unit=0)], SystemClock())
    alien = made(driver="mqtt", transport={"buses": ["mqtt"]})
    with pytest.raises(Misconfigured, match="modbus-rtu"):
        modbus_driver(rtu, [device(alien)], SystemClock())
    with pytest.raises(LineLost, match="none"):
        await modbus_driver(rtu, [], SystemClock()).open()
    with pytest.raises(Misconfigured, match="no device"):
        await modbus_driver(rtu, [], SystemClock()).poll("door")


def test_the_registry_finds_it() -> None:
    rtu = ModbusRtuBus(id="line", type="modbus-rtu", port="none")
    for kind in KINDS:
        assert isinstance(driver_factory(kind)(rtu, [], SystemClock()), ModbusDriver)
