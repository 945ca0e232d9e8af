"""The CJ/T 188 driver under the contract, over a serial line and over TCP, and what is CJ/T 188's own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from config.bus_settings import MeterSerialBus
from config.settings import DeviceSettings
from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, Executes, LineLost, Misconfigured, Polls
from drivers.api import Timeout as DeviceTimeout
from drivers.meters import meter_driver
from runtime.clock import SystemClock
from simulators.cjt188.meter import GAS, LITRES, FlowMeter, HeatMeter
from simulators.meters.line import MeterLine
from simulators.modbus.faults import Faults
from tests.contract.driver_suite import DriverContract, Harness
from tests.contract.meters import MeterHarness, running
from tests.unit.drivers.heat import HEAT
from tests.unit.drivers.shipped import device, shipped
from wire.reading import Quality

WATER, SWAPPED, GASES, WARM = "00002020120218", "78330011223344", "20231126000107", "00120647130074"


class Cjt188Harness(MeterHarness):
    """A water meter with a valve, one whose maker swaps identifiers, a gas meter, a heat meter."""

    family = "cjt188"
    device = "water"
    command = "close_valve"
    args = {}  # noqa: RUF012 - the harness's own field

    def make_line(self) -> MeterLine:
        line = MeterLine("test")
        self.water = FlowMeter(WATER, self.clock, start_m3=123.45)
        self.swapped = FlowMeter(SWAPPED, self.clock, start_m3=9.0, unit=LITRES, swapped=True)
        self.gas = FlowMeter(GASES, self.clock, kind=GAS, start_m3=55.5)
        self.heat = HeatMeter(WARM, self.clock, kwh=1234.56, start_m3=17.0)
        self.faults, self.neighbour_faults = Faults(), Faults()
        line.add(self.water, self.faults)
        line.add(self.swapped, self.neighbour_faults)
        line.add(self.gas)
        line.add(self.heat)
        return line

    def devices(self) -> Sequence[DeviceSettings]:
        valve, plain, gas = (shipped(name) for name in ("water/cjt188-valve", "water/cjt188", "gas/cjt188"))
        cold = {"medium": "cold_water"}
        return [
            device(valve, {"address": WATER, "di_order": "901F", **cold}, name="water"),
            device(plain, {"address": SWAPPED, "di_order": "auto", **cold}, name="swapped"),
            device(valve, {"address": SWAPPED, "di_order": "auto", **cold}, name="unknown order"),
            device(gas, {"address": GASES, "di_order": "auto", "medium": "gas"}, name="gas"),
            device(plain, {"address": GASES, "di_order": "901F", **cold}, name="not water"),
            device(HEAT, {"address": WARM, "di_order": "auto", "medium": "heat"}, name="heat"),
        ]

    def done(self) -> int:
        return len(self.water.moves)


class TestCjt188Serial(DriverContract):
    """The contract over a pseudo-terminal."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in running(Cjt188Harness(tmp_path, serial=True)):
            yield harness


class TestCjt188Tcp(DriverContract):
    """The contract over a transparent serial server."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in running(Cjt188Harness(tmp_path, serial=False)):
            yield harness


@pytest.fixture(params=[True, False], ids=["serial", "tcp"])
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Cjt188Harness]:
    """An open line of either kind."""
    harness = Cjt188Harness(tmp_path, serial=request.param)
    async for _ in running(harness):
        await harness.driver.open()
        yield harness


async def test_meters_show_what_flowed_and_how_they_are(bus: Cjt188Harness) -> None:
    assert (await bus.polls.poll("water")).values == (123.45, True, False)
    assert (await bus.polls.poll("gas")).values == (55.5, True, False)
    bus.water.battery_low = True
    assert (await bus.polls.poll("water", ["battery_low"])).values == (True,)


async def test_a_heat_meter_is_read_by_its_own_layout(bus: Cjt188Harness) -> None:
    batch = await bus.polls.poll("heat")
    assert dict(zip(batch.points, batch.values, strict=True)) == {
        "energy_kwh": 1234.56, "power_w": 12340.0, "flow_m3h": 0.56, "volume_m3": 17.0,
        "supply_c": 55.07, "return_c": 35.11,
    }  # fmt: skip


async def test_the_order_of_the_identifier_is_learned_from_poll_to_poll(bus: Cjt188Harness) -> None:
    with pytest.raises(DeviceTimeout):
        await bus.polls.poll("swapped")
    assert (await bus.polls.poll("swapped")).values == (9.0, False)
    bus.neighbour_faults.silent = True
    for _ in range(2):
        with pytest.raises(DeviceTimeout):
            await bus.polls.poll("swapped")
    bus.neighbour_faults.silent = False
    assert (await bus.polls.poll("swapped")).values == (9.0, False)
    assert [question[11:13].hex() for question in bus.line.questions] == ["901f", "1f90", "1f90", "1f90", "1f90"]


async def test_litres_become_cubic_metres(bus: Cjt188Harness) -> None:
    bus.water.unit = LITRES
    assert (await bus.polls.poll("water", ["volume_m3"])).values == (123.45,)


async def test_a_unit_that_is_no_volume_is_no_reading(bus: Cjt188Harness) -> None:
    bus.water.unit = 0x05
    batch = await bus.polls.poll("water")
    assert batch.values == (None, True, False)
    assert batch.quality == (Quality.MISCONFIGURED, 0, 0)


async def test_a_valve_on_its_way_has_no_state(bus: Cjt188Harness) -> None:
    bus.water.travel_s = 60.0
    task = asyncio.create_task(bus.executes.execute("water", "close_valve", {}))
    while not bus.water.moves:
        await asyncio.sleep(0)
    batch = await bus.polls.poll("water")
    assert (batch.values[1], batch.quality[1]) == (None, Quality.BAD)
    task.cancel()
    await asyncio.wait([task])


async def test_a_valve_is_moved_once_and_watched_until_it_is_there(bus: Cjt188Harness) -> None:
    bus.water.travel_s = 0.2
    assert await bus.executes.execute("water", "close_valve", {}) == {"valve_open": False}
    assert await bus.executes.execute("water", "open_valve", {}) == {"valve_open": True}
    assert bus.water.moves == ["close", "open"]


async def test_an_order_whose_answer_comes_garbled_is_not_sent_again(bus: Cjt188Harness) -> None:
    bus.faults.wrong = "bad_frame"
    with pytest.raises(AnswerLost, match="garbled"):
        await bus.executes.execute("water", "close_valve", {})
    assert bus.water.moves == ["close"]


async def test_a_refused_order_is_refused_and_not_unknown(bus: Cjt188Harness) -> None:
    bus.faults.wrong, bus.faults.code = "exception", 0x05
    with pytest.raises(DeviceRefused, match="05") as caught:
        await bus.executes.execute("water", "close_valve", {})
    assert caught.value.code == 5
    assert bus.water.moves == []


async def test_no_order_is_sent_to_a_meter_whose_writing_is_not_known(bus: Cjt188Harness) -> None:
    with pytest.raises(DeviceTimeout):
        await bus.executes.execute("unknown order", "close_valve", {})
    assert [question[9] for question in bus.line.questions] == [0x01]
    assert await bus.executes.execute("unknown order", "close_valve", {}) == {"valve_open": False}
    assert bus.swapped.moves == ["close"]


async def test_a_meter_of_another_kind_does_not_answer(bus: Cjt188Harness) -> None:
    with pytest.raises(DeviceTimeout):
        await bus.polls.poll("not water")


async def test_a_refused_question_is_a_refusal(bus: Cjt188Harness) -> None:
    bus.faults.wrong, bus.faults.code = "exception", 0x02
    with pytest.raises(DeviceRefused):
        await bus.polls.poll("water")


@pytest.mark.parametrize("wrong", ["bad_frame", "garbage", "short"])
async def test_garbage_is_never_a_value_and_hurts_nobody_else(bus: Cjt188Harness, wrong: str) -> None:
    bus.faults.wrong = wrong  # type: ignore[assignment]
    for _ in range(3):
        with pytest.raises(CorruptAnswer):
            await bus.polls.poll("water")
        assert (await bus.polls.poll("gas")).values[0] == 55.5


async def test_a_late_answer_is_not_taken_for_the_next_of_the_same_meter(bus: Cjt188Harness) -> None:
    bus.faults.slow_s = 0.05
    task = asyncio.create_task(bus.polls.poll("water"))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.wait([task])
    bus.faults.slow_s = 0.1
    bus.water.unit = LITRES
    assert (await bus.polls.poll("water")).values[0] == 123.45


async def test_an_adapter_that_hears_itself_changes_nothing(bus: Cjt188Harness) -> None:
    bus.line.echo = True
    assert (await bus.polls.poll("water")).quality == ()
    assert await bus.executes.execute("water", "close_valve", {}) == {"valve_open": False}


@pytest.mark.parametrize("chatter", ["FF 00 68 FE", "68 10 68 10 68", "16 16 00", "68 10 18 02 12 20 20 00 00 81 FF"])
async def test_a_babbling_neighbour_changes_nothing(bus: Cjt188Harness, chatter: str) -> None:
    bus.line.chatter = bytes.fromhex(chatter)
    assert (await bus.polls.poll("water")).quality == ()


def test_what_cannot_be_served_is_refused_when_it_is_made() -> None:
    serial = MeterSerialBus(id="line", type="cjt188-serial", port="none")
    clock, profile = SystemClock(), shipped("water/cjt188")
    options = {"address": WATER, "medium": "cold_water", "di_order": "auto"}
    for key, value in (("address", "12"), ("medium", "wine"), ("di_order", "0000")):
        with pytest.raises(Misconfigured, match=key if key != "address" else "14 digits"):
            meter_driver(serial, [device(profile, {**options, key: value})], clock)
    driver = meter_driver(serial, [device(profile, options)], clock)
    assert isinstance(driver, Polls)
    assert isinstance(driver, Executes)


async def test_an_order_before_the_line_is_open_was_not_sent() -> None:
    serial = MeterSerialBus(id="line", type="cjt188-serial", port="none")
    options = {"address": WATER, "medium": "cold_water", "di_order": "901F"}
    driver = meter_driver(serial, [device(shipped("water/cjt188-valve"), options, name="water")], SystemClock())
    with pytest.raises(LineLost):
        await driver.execute("water", "close_valve", {})
