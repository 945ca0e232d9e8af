"""Modbus as the field is: devices that refuse blocks, serve one client, babble, share a line; over each transport."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from drivers.api import AnswerLost, CorruptAnswer, LineLost, NotSupported, Records
from drivers.api import Timeout as DeviceTimeout
from drivers.modbus import modbus_driver
from drivers.modbus.framing import Rtu
from drivers.modbus.pdu import Request
from runtime.clock import SystemClock
from simulators.devices.registers import RegisterBank
from simulators.modbus.frames import Frame, rtu_bytes
from simulators.modbus.line import Line, Reply
from simulators.modbus.unit import Read
from tests.contract.modbus_harness import KINDS, Bench, Kind, ModbusHarness, Moody, harness_of, registers
from tests.unit.drivers.shipped import device, made
from wire.reading import Quality


@pytest.fixture(params=KINDS)
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ModbusHarness]:
    """An open bus of each kind."""
    async for harness in harness_of(tmp_path, request.param):
        await harness.driver.open()
        yield harness


@pytest.mark.parametrize("rtu", [False, True])
async def test_a_refused_block_is_split_once_and_for_all_and_told_once(rtu: bool) -> None:
    unit = Moody(1, holes=[3])
    bench = Bench(unit, rtu=rtu)
    driver = await bench.open(registers(0, 1, 5, 6, max_gap=10))
    with capture_logs() as logs:
        for _ in range(3):
            batch = await driver.poll("d1")
            assert (batch.values, batch.quality) == ((0, 1, 5, 6), ())
    await driver.open()
    assert (await driver.poll("d1", ("r1", "r5"))).values == (1, 5)
    assert unit.asked == [(0, 7), *[(0, 2), (5, 2)] * 3, (1, 1), (5, 1)]
    assert [(line["event"], line["device"]) for line in logs] == [("device_learnt", "d1")]
    await bench.close()


async def test_a_point_that_the_device_lacks_costs_nobody_else_anything_twice() -> None:
    unit = Moody(1, holes=[2])
    bench = Bench(unit)
    driver = await bench.open(registers(0, 1, 2, 3, 4))
    for _ in range(3):
        batch = await driver.poll("d1")
        assert batch.values == (0, 1, None, 3, 4)
        assert batch.quality == (0, 0, 66, 0, 0)
    assert unit.asked[-3:] == [(0, 2), (2, 1), (3, 2)]
    await bench.close()


async def test_a_device_that_answers_little_at_once_is_asked_for_little() -> None:
    unit = Moody(1, longest=16)
    bench = Bench(unit)
    driver = await bench.open(registers(*range(60)))
    for _ in range(3):
        batch = await driver.poll("d1")
    assert batch.values == tuple(range(60))
    assert unit.asked[-4:] == [(0, 15), (15, 15), (30, 15), (45, 15)]
    await bench.close()


@pytest.mark.parametrize("rtu", [False, True])
async def test_a_connection_that_is_given_back_after_each_poll(rtu: bool) -> None:
    bench = Bench(RegisterBank(1), RegisterBank(2), rtu=rtu)
    driver = await bench.open(registers(0, close_after_poll=True), registers(0))
    for _ in range(3):
        assert (await driver.poll("d1")).quality == ()
        await asyncio.sleep(0.01)
        assert not bench.wire.connections
        assert (await driver.poll("d2")).quality == ()
    assert len(bench.wire.connections) == 1
    await driver.poll("d1")
    await driver.close()
    await asyncio.sleep(0.01)
    assert not bench.wire.connections
    await bench.close()


async def test_a_line_that_went_away_while_its_connection_was_given_back() -> None:
    bench = Bench(RegisterBank(1))
    driver = await bench.open(registers(0, close_after_poll=True))
    await driver.poll("d1")
    await bench.wire.stop()
    with pytest.raises(LineLost, match=r"127\.0\.0\.1"):
        await driver.poll("d1")
    await bench.wire.start()
    assert (await driver.poll("d1")).quality == ()
    await bench.close()


@pytest.mark.parametrize("kind", ["modbus-rtu", "modbus-rtu-tcp"])
async def test_a_neighbour_that_babbles_spoils_no_answer(tmp_path: Path, kind: Kind) -> None:
    stranger = rtu_bytes(Frame(9, bytes.fromhex("03 04 00 01 00 02")))
    noises = (b"\x00\xff\xfe", b"\x02", b"\x02\x03", b"\x02\x03\xfa\x01", b"\x02\x83", stranger, bytes(range(256)) * 2)
    async for harness in harness_of(tmp_path, kind):
        await harness.driver.open()
        harness.neighbour_faults.slow_s = 0.005
        for noise in noises:
            task = asyncio.create_task(harness.modbus.poll("registers"))
            for _ in range(3):
                await asyncio.sleep(0.001)
                harness.wire.noise(noise)
            assert (await task).values == (0, 1, 2)


async def test_a_lost_answer_is_never_asked_for_by_doing_it_again(bus: ModbusHarness) -> None:
    bus.faults.wrong = "bad_frame"
    with pytest.raises(AnswerLost):
        await bus.executes.execute(bus.device, bus.command, bus.args)
    assert bus.done() == 1
    bus.faults.wrong = None
    await bus.polls.poll(bus.device)
    assert bus.done() == 1


async def test_at_most_one_frame_goes_before_a_command(bus: ModbusHarness) -> None:
    """A poll of many frames gives way between two of them, however many polls wait."""
    many = registers(*range(0, 60, 2))
    driver = modbus_driver(bus.bus(), [device(many, unit=2, name="many"), device(made(
        points=[{"key": "on", "table": "coil", "address": 7, "encoding": "bool"}],
        commands={"switch": {"writes": [{"kind": "coil", "address": 7, "value": True}]}},
    ), name="relay")], SystemClock())  # fmt: skip
    await bus.driver.close()
    await driver.open()
    try:
        polls = [asyncio.create_task(driver.poll("many")) for _ in range(5)]
        while bus.line.requests < 3:
            await asyncio.sleep(0)
        before = bus.line.requests
        await driver.execute("relay", "switch", {})
        assert bus.line.requests - before <= 2
        await asyncio.gather(*polls)
    finally:
        await driver.close()


async def test_a_silent_unit_is_given_less_on_a_line_of_our_own_and_a_command_never(bus: ModbusHarness) -> None:
    bus.freeze(True)
    later = "0.3 s" if bus.kind == "modbus-tcp" else "0.1 s"
    for within in ("0.3 s", later, later, later, "0.3 s"):
        with pytest.raises(DeviceTimeout, match=within):
            await bus.polls.poll("registers")
    with pytest.raises(DeviceTimeout, match=later):
        await bus.polls.poll("registers")
    with pytest.raises(DeviceTimeout, match=r"0\.3 s"):
        await bus.executes.execute("gate", "close", {})


async def test_what_went_over_the_line_can_be_looked_at(bus: ModbusHarness) -> None:
    assert isinstance(bus.driver, Records)
    await bus.polls.poll("registers")
    await bus.driver.close()
    frames = bus.driver.frames(lang="en")
    assert [frame.sent for frame in frames] == [False, True, False, False]
    assert [note.split(" · ")[:2] for note in (frame.note for frame in frames)] == [
        ["connected"],
        ["unit 2", "read holding registers 0..2"],
        ["unit 2", "holding registers 0..2 = 0000 0001 0002"],
        ["connection closed"],
    ]
    assert bus.driver.frames(frames[-1].at + 1) == []


async def test_a_line_may_settle_before_it_is_asked() -> None:
    bench = Bench(RegisterBank(1))
    driver = await bench.open(registers(0), settle_s=0.02)
    assert (await driver.poll("d1")).quality == ()
    opening = asyncio.create_task(driver.open())
    await asyncio.sleep(0.005)
    opening.cancel()
    await asyncio.wait([opening])
    assert opening.cancelled()
    await asyncio.sleep(0.01)
    assert not bench.wire.connections
    await bench.close()


async def test_a_broadcast_reaches_everybody_and_is_answered_by_nobody() -> None:
    banks = RegisterBank(1, moving=False), RegisterBank(2, moving=False)
    write = {"kind": "register", "address": 3, "value": 99, "broadcast": True}
    profile = made(
        points=[{"key": "r3", "table": "holding_register", "address": 3}],
        commands={"set": {"writes": [write], "readback": ["r3"], "expect": {"r3": 99}}},
    )
    bench = Bench(*banks)
    driver = await bench.open(profile, registers(3))
    assert await driver.execute("d1", "set", {}) == {"r3": 99}
    assert (await driver.poll("d2")).values == (99,)
    await bench.close()
    lan = Bench(RegisterBank(1), rtu=False)
    driver = await lan.open(profile)
    with pytest.raises(NotSupported, match="broadcast"):
        await driver.execute("d1", "set", {})
    await lan.close()


class HalfDead(Line):
    """A line whose unit 1 says nothing when it is asked for input registers, or nothing right."""

    garbled = False

    def serve(self, request: Frame, *, tcp: bool) -> Reply | None:
        reply = super().serve(request, tcp=tcp)
        if request.pdu[0] != 4 or reply is None:
            return reply
        data, sent = reply
        return (data[:-1] + bytes([data[-1] ^ 1]), sent) if self.garbled else None


class Both(RegisterBank):
    """Registers in both tables."""

    def read_registers(self, read: Read) -> list[int]:
        return super().read_registers(Read(3, read.address, read.count))


@pytest.mark.parametrize(("garbled", "quality"), [(False, Quality.TIMEOUT), (True, Quality.CORRUPT)])
async def test_what_does_not_come_costs_its_own_points(garbled: bool, quality: Quality) -> None:
    bench = Bench(Both(1))
    bench.line = bench.wire.line = HalfDead("half")
    bench.line.garbled = garbled
    bench.line.add(Both(1))
    points = [
        {"key": "holding", "table": "holding_register", "address": 1},
        {"key": "input", "table": "input_register", "address": 1},
    ]
    driver = await bench.open(made(points=points))
    batch = await driver.poll("d1")
    assert (batch.values, batch.quality) == ((1, None), (0, quality))
    await bench.close()


async def test_a_unit_that_was_garbled_is_well_as_soon_as_it_speaks_again() -> None:
    bench = Bench(RegisterBank(1, moving=False), RegisterBank(2, moving=False))
    driver = await bench.open(registers(0), registers(1))
    for wrong in ("garbage", "bad_frame", "short"):
        bench.faults[1].wrong = wrong
        for _ in range(2):
            with pytest.raises((CorruptAnswer, DeviceTimeout)):
                await driver.poll("d1")
            assert (await driver.poll("d2")).values == (1,)
        bench.faults[1].wrong = None
        assert (await driver.poll("d1")).values == (0,)
    await bench.close()


def test_frames_of_our_making_are_the_simulators() -> None:
    request = Request(11, 3, bytes.fromhex("0005 0002"))
    assert Rtu().frame(request, 0) == rtu_bytes(Frame(11, bytes.fromhex("03 0005 0002")))
