"""The DL/T 645 driver under the contract, over a serial line and over TCP, and what is DL/T 645's own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from config.bus_settings import MeterSerialBus, ModbusTcpBus
from config.settings import DeviceSettings
from drivers.api import CorruptAnswer, DeviceRefused, Executes, LineLost, Misconfigured, NotSupported, driver_factory
from drivers.api import Timeout as DeviceTimeout
from drivers.meters import meter_driver
from runtime.clock import SystemClock
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine
from simulators.modbus.faults import Faults
from tests.contract.driver_suite import Harness, PollContract
from tests.contract.meters import MeterHarness, meter_of, running
from tests.unit.drivers.shipped import device, shipped
from wire.reading import Quality

FIRST, SECOND = "000012345678", "202411110002"
LATE_S = 0.4


class Dlt645Harness(MeterHarness):
    """Two meters, of which the second can be made to misbehave."""

    family = "dlt645"
    device = "first"
    command, args = "", {}

    def make_line(self) -> MeterLine:
        line = MeterLine("test")
        self.first = EnergyMeter(FIRST, self.clock, start_kwh=1024.5, watts=880.0)
        self.second = EnergyMeter(SECOND, self.clock, start_kwh=7.25, watts=-220.0)
        self.faults = Faults()
        line.add(self.first)
        line.add(self.second, self.faults)
        return line

    def devices(self) -> Sequence[DeviceSettings]:
        single, three, old = (shipped(f"meter/dlt645-{name}") for name in ("2007", "2007-3p", "1997"))
        energy = {"item": "00010000", "size": 4, "points": [{"key": "energy_kwh", "length": 4, "scale": 0.01}]}
        lacked = {"item": "02FF0000", "size": 3, "points": [{"key": "power_w", "length": 3}]}
        short = {"item": "02030000", "size": 2, "points": [{"key": "power_w", "length": 2}]}
        partly, wrong = (meter_of(*items) for items in ((energy, lacked), (short,)))
        return [
            device(single, {"address": FIRST}, name="first"),
            device(three, {"address": SECOND, "ct": 40.0}, name="second"),
            device(old, {"address": SECOND}, name="old"),
            device(partly, {"address": SECOND}, name="partly"),
            device(wrong, {"address": SECOND}, name="wrong"),
            device(single, {"address": "999999999999"}, name="nobody"),
            device(single, {"address": "AAAAAAAA5678"}, name="shortened"),
        ]

    def done(self) -> int:
        return 0


class TestDlt645Serial(PollContract):
    """The contract over a pseudo-terminal."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in running(Dlt645Harness(tmp_path, serial=True)):
            yield harness


class TestDlt645Tcp(PollContract):
    """The contract over a transparent serial server."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in running(Dlt645Harness(tmp_path, serial=False)):
            yield harness


@pytest.fixture(params=[True, False], ids=["serial", "tcp"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Dlt645Harness]:
    """An open line of either kind."""
    harness = Dlt645Harness(tmp_path, serial=request.param)
    async for _ in running(harness):
        await harness.driver.open()
        yield harness


async def test_a_single_phase_meter_shows_what_it_measures(bus: Dlt645Harness) -> None:
    batch = await bus.polls.poll("first")
    assert batch.points == ("voltage_v", "current_a", "power_w", "power_factor", "frequency_hz", "energy_kwh")
    assert batch.values == (220.1, 1.333, 880.0, 0.95, 49.98, 1024.5)
    assert batch.quality == ()
    assert bus.first.reads == 6


async def test_a_three_phase_meter_needs_fewer_questions_than_it_has_points(bus: Dlt645Harness) -> None:
    batch = await bus.polls.poll("second")
    shown = dict(zip(batch.points, batch.values, strict=True))
    assert (shown["voltage_v"], shown["voltage_l2_v"], shown["voltage_l3_v"]) == (220.1, 221.2, 222.3)
    assert shown["current_l3_a"] == pytest.approx(40 * 0.333)
    assert (shown["power_w"], shown["power_factor"]) == (-220.0 * 40, -0.95)
    assert shown["energy_kwh"] == 7.25 * 40
    assert len(batch.points) == 10
    assert bus.second.reads == 6


async def test_only_the_items_of_wanted_points_are_asked_for(bus: Dlt645Harness) -> None:
    batch = await bus.polls.poll("second", ["voltage_l3_v", "voltage_v"])
    assert batch.points == ("voltage_v", "voltage_l3_v")
    assert bus.second.reads == 1


async def test_a_meter_of_1997_is_read_by_short_identifiers(bus: Dlt645Harness) -> None:
    assert (await bus.polls.poll("old")).values == (7.25,)


async def test_a_shortened_address_finds_its_meter(bus: Dlt645Harness) -> None:
    assert (await bus.polls.poll("shortened", ["energy_kwh"])).values == (1024.5,)


async def test_an_answer_in_several_frames_is_put_together(bus: Dlt645Harness) -> None:
    bus.second.parts_of = 4
    batch = await bus.polls.poll("second", ["current_a", "current_l2_a", "current_l3_a"])
    assert batch.values == (13.32, 13.32, 13.32)
    assert [question[8] for question in bus.line.questions] == [0x11, 0x12, 0x12]


async def test_a_meter_that_lacks_an_item_costs_its_own_points(bus: Dlt645Harness) -> None:
    batch = await bus.polls.poll("partly")
    assert batch.values == (7.25, None)
    assert batch.quality == (0, 64 + 0x02)


async def test_a_meter_that_refuses_everything_says_so(bus: Dlt645Harness) -> None:
    bus.faults.wrong, bus.faults.code = "exception", 0x04
    with pytest.raises(DeviceRefused, match="password") as caught:
        await bus.polls.poll("second")
    assert caught.value.code == 4


async def test_data_of_another_length_is_not_read_at_all(bus: Dlt645Harness) -> None:
    with pytest.raises(CorruptAnswer, match="2 bytes, 3 came"):
        await bus.polls.poll("wrong")


async def test_nobody_there_is_a_timeout_and_hurts_nobody(bus: Dlt645Harness) -> None:
    with pytest.raises(DeviceTimeout):
        await bus.polls.poll("nobody")
    assert (await bus.polls.poll("first")).quality == ()


@pytest.mark.parametrize("wrong", ["bad_frame", "garbage", "short"])
async def test_garbage_is_never_a_value_and_hurts_nobody_else(bus: Dlt645Harness, wrong: str) -> None:
    bus.faults.wrong = wrong  # type: ignore[assignment]
    for _ in range(3):
        with pytest.raises(CorruptAnswer):
            await bus.polls.poll("second", ["power_w"])
        assert (await bus.polls.poll("first", ["energy_kwh"])).values == (1024.5,)


async def test_a_late_answer_is_not_taken_for_another_meters(bus: Dlt645Harness) -> None:
    bus.faults.slow_s = LATE_S
    with pytest.raises(DeviceTimeout):
        await bus.polls.poll("second", ["energy_kwh"])
    batch = await bus.polls.poll("first", ["energy_kwh"])
    assert batch.values == (1024.5,)


async def test_a_late_answer_is_not_taken_for_another_item(bus: Dlt645Harness) -> None:
    bus.faults.slow_s = 0.05
    task = asyncio.create_task(bus.polls.poll("second", ["energy_kwh"]))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])
    bus.faults.slow_s = 0
    assert (await bus.polls.poll("second", ["frequency_hz"])).values == (49.98,)


async def test_an_adapter_that_hears_itself_changes_nothing(bus: Dlt645Harness) -> None:
    bus.line.echo = True
    assert (await bus.polls.poll("first")).quality == ()
    with pytest.raises(DeviceTimeout):
        await bus.polls.poll("nobody", ["energy_kwh"])


@pytest.mark.parametrize(
    "chatter", ["FF 00 68 FE", "68 68 68 68 68 68 68 68 91", "16 16 00", "68 78 56 34 12 00 00 68"]
)
async def test_a_babbling_neighbour_changes_nothing(bus: Dlt645Harness, chatter: str) -> None:
    bus.line.chatter = bytes.fromhex(chatter)
    assert (await bus.polls.poll("first")).quality == ()


@pytest.mark.parametrize("preamble", [0, 1, 4, 9])
async def test_any_preamble_will_do(bus: Dlt645Harness, preamble: int) -> None:
    bus.line.preamble = preamble
    assert (await bus.polls.poll("first")).quality == ()


async def test_what_goes_silent_in_the_middle_keeps_what_it_told(bus: Dlt645Harness) -> None:
    task = asyncio.create_task(bus.polls.poll("first"))
    while bus.first.reads < 2:
        await asyncio.sleep(0)
    bus.freeze(True)
    batch = await task
    assert batch.values[:2] == (220.1, 1.333)
    assert set(batch.quality[2:]) == {Quality.TIMEOUT}


async def test_a_slow_meter_gives_the_line_up_between_its_questions(bus: Dlt645Harness) -> None:
    bus.faults.slow_s = 0.05
    slow = asyncio.create_task(bus.polls.poll("second"))
    await asyncio.sleep(0.01)
    await bus.polls.poll("first", ["energy_kwh"])
    assert not slow.done()
    assert bus.second.reads < 6
    assert (await slow).quality == ()


async def test_what_cannot_be_served_is_refused_when_it_is_made(tmp_path: Path) -> None:
    serial = MeterSerialBus(id="line", type="dlt645-serial", port=str(tmp_path / "none"))
    clock, profile = SystemClock(), shipped("meter/dlt645-2007")
    with pytest.raises(Misconfigured, match="12 digits"):
        meter_driver(serial, [device(profile, {"address": "12"})], clock)
    with pytest.raises(Misconfigured, match="cannot be on"):
        meter_driver(serial, [device(shipped("meter/eastron-sdm120"))], clock)
    with pytest.raises(Misconfigured, match="modbus-tcp"):
        meter_driver(ModbusTcpBus(id="line", type="modbus-tcp", host="localhost"), [], clock)
    driver = meter_driver(serial, [device(profile, {"address": FIRST}, name="first")], clock)
    with pytest.raises(LineLost, match="none"):
        await driver.open()
    with pytest.raises(NotSupported, match="no point"):
        await driver.poll("first", ["volume_m3"])
    with pytest.raises(Misconfigured, match="no device"):
        await driver.poll("second")
    assert isinstance(driver, Executes)
    with pytest.raises(NotSupported, match="cannot do"):
        await driver.execute("first", "close_valve", {})


async def test_settings_that_no_port_can_have_are_the_technicians_business(bus: Dlt645Harness) -> None:
    if isinstance(serial := bus.bus(), MeterSerialBus):
        odd = MeterSerialBus(id="line", type="dlt645-serial", port=serial.port, baud=-1)
        await bus.driver.close()
        with pytest.raises(Misconfigured):
            await driver_factory(odd.type)(odd, [], SystemClock()).open()
