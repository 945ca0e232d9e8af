"""A line with both kinds of meters, and what a technician wants of any line of meters: bytes, reasons, who is there."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from config.bus_settings import MeterSerialBus
from config.catalog import load_profile, profile_ids
from config.settings import DeviceSettings
from drivers.api import Explains, Misconfigured, Records, Redacts, Scans, Searches, Sighting
from drivers.meters.driver import MeterDriver
from simulators.cjt188.meter import GAS, FlowMeter
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine
from simulators.modbus.faults import Faults
from tests.contract.driver_suite import DriverContract, Harness
from tests.contract.meters import MeterHarness, running
from tests.unit.drivers.shipped import device, shipped

POWER, WATER, GASES = "000012345678", "00002020120218", "20231126000107"
SHOWN = "45 23 01 00 2C 45 23 01 00 2C 31 01 22 11 05 15 20 00 00"
PATIENCE_S = 0.03


class RiserHarness(MeterHarness):
    """An electricity, a water and a gas meter on one pair of wires, as in a riser shaft."""

    family = "meter"
    device = "water"
    command = "close_valve"
    args = {}  # noqa: RUF012 - the harness's own field

    def make_line(self) -> MeterLine:
        line = MeterLine("riser")
        self.power = EnergyMeter(POWER, self.clock, start_kwh=1024.5, watts=880.0)
        self.water = FlowMeter(WATER, self.clock, start_m3=123.45)
        self.faults = Faults()
        line.add(self.power, self.faults)
        line.add(self.water)
        line.add(FlowMeter(GASES, self.clock, kind=GAS, start_m3=55.5, swapped=True))
        return line

    def devices(self) -> Sequence[DeviceSettings]:
        water = {"address": WATER, "medium": "cold_water", "di_order": "901F"}
        gas = {"address": GASES, "medium": "gas", "di_order": "1F90"}
        return [
            device(shipped("meter/dlt645-2007"), {"address": POWER}, name="power"),
            device(shipped("water/cjt188-valve"), water, name="water"),
            device(shipped("gas/cjt188"), gas, name="gas"),
        ]

    def done(self) -> int:
        return len(self.water.moves)

    @property
    def meters(self) -> MeterDriver:
        assert isinstance(self.driver, MeterDriver)
        return self.driver


class TestRiserSerial(DriverContract):
    """The contract over a pseudo-terminal."""

    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Harness]:
        async for harness in running(RiserHarness(tmp_path, serial=True)):
            yield harness


@pytest.fixture(params=[True, False], ids=["serial", "tcp"])
async def riser(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RiserHarness]:
    """An open line of either kind."""
    harness = RiserHarness(tmp_path, serial=request.param)
    async for _ in running(harness):
        await harness.driver.open()
        yield harness


async def test_two_protocols_share_a_line(riser: RiserHarness) -> None:
    for _ in range(2):
        assert (await riser.polls.poll("power", ["energy_kwh"])).values == (1024.5,)
        assert (await riser.polls.poll("water")).values == (123.45, True, False)
        assert (await riser.polls.poll("gas", ["volume_m3"])).values == (55.5,)
    assert await riser.executes.execute("water", "close_valve", {}) == {"valve_open": False}


async def test_one_protocols_garbage_is_not_the_others_answer(riser: RiserHarness) -> None:
    riser.line.chatter = bytes.fromhex("68 10 18 02 12 20 20 00 00 81 16 90 1F")
    assert (await riser.polls.poll("power", ["energy_kwh"])).values == (1024.5,)
    riser.line.chatter = bytes.fromhex("68 78 56 34 12 00 00 68 91 08 33")
    assert (await riser.polls.poll("water", ["volume_m3"])).values == (123.45,)


def test_a_line_of_one_protocol_takes_no_meter_of_another(tmp_path: Path) -> None:
    harness = RiserHarness(tmp_path, serial=True)
    bus = MeterSerialBus(id="line", type="dlt645-serial", port="none")
    with pytest.raises(Misconfigured, match="water: water/cjt188-valve cannot be on a dlt645-serial bus"):
        harness.make(bus)


async def test_every_byte_is_kept_with_its_meaning(riser: RiserHarness) -> None:
    assert isinstance(riser.driver, Records)
    await riser.polls.poll("power", ["energy_kwh"])
    await riser.polls.poll("water", ["volume_m3"])
    kept = [frame for frame in riser.driver.frames(0, "en") if frame.data]
    assert [frame.sent for frame in kept] == [True, False, True, False]
    assert [frame.note for frame in kept] == [
        "meter 000012345678 · read 00010000 (energy_kwh) · sum ok",
        "meter 000012345678 · 00010000 (energy_kwh) = 50 24 10 00 · sum ok",
        "meter 00002020120218 · read 901F (volume_m3, valve_open, battery_low) · sum ok",
        f"meter 00002020120218 · 901F (volume_m3, valve_open, battery_low) = {SHOWN} · sum ok",
    ]
    assert kept[0].data == bytes.fromhex("FE FE FE FE 68 78 56 34 12 00 00 68 11 04 33 33 34 33") + kept[0].data[-2:]
    marks = [frame.note for frame in riser.driver.frames(0, "zh") if not frame.data]
    assert marks == ["连接已建立"]


async def test_refusals_silence_and_noise_are_said(riser: RiserHarness) -> None:
    assert isinstance(riser.driver, Records)
    for wrong, said in (("exception", "拒绝, 错误字 04H"), ("bad_frame", "不是完整的报文")):
        riser.faults.wrong = wrong  # type: ignore[assignment]
        with pytest.raises(Exception, match=r"error word 04|garbled"):
            await riser.polls.poll("power", ["energy_kwh"])
        assert any(said in frame.note for frame in riser.driver.frames())
    assert "没有等到应答" in [frame.note for frame in riser.driver.frames()]


async def test_a_reading_is_explained_byte_by_byte(riser: RiserHarness) -> None:
    assert isinstance(riser.driver, Explains)
    power = {one.key: one for one in await riser.driver.explain("power")}
    assert (power["voltage_v"].raw, power["voltage_v"].steps, power["voltage_v"].value) == (
        "22 01",
        "2201 × 0.1",
        220.1,
    )
    assert power["energy_kwh"].plausible == (0, 1_000_000)
    water = {one.key: one for one in await riser.driver.explain("water")}
    assert water["volume_m3"].steps == "12345 × 0.01 × 1 m3 (2CH)"
    assert (water["valve_open"].raw, water["valve_open"].steps, water["valve_open"].value) == (
        "00",
        "bits 0..1 = 00",
        True,
    )
    assert water["battery_low"].steps == "bit 2 = 0"


async def test_a_redacted_recording_has_no_real_number_and_right_sums(riser: RiserHarness) -> None:
    driver = riser.driver
    assert isinstance(driver, Records)
    assert isinstance(driver, Redacts)
    riser.line.chatter = bytes.fromhex("FF 78 56 34 12 00 00 68")
    await riser.polls.poll("power", ["energy_kwh"])
    await riser.polls.poll("water", ["volume_m3"])
    options, frames = driver.redact("power", [frame for frame in driver.frames() if frame.data])
    assert options == {"address": "000000000001"}
    whole = b" ".join(frame.data for frame in frames)
    for number in (POWER, WATER):
        assert bytes.fromhex(number)[::-1] not in whole
    assert frames[0].data == bytes.fromhex("FE FE FE FE 68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16")
    replayed = [frame.data for frame in frames if not frame.sent]
    assert bytes.fromhex("68 01 00 00 00 00 00 68 91 08 33 33 34 33") in replayed[0]


async def searched(riser: RiserHarness, *, thorough: bool = False, models: str = "") -> list[Sighting]:
    """Return what a search of the line finds, silent calls left out."""
    await riser.impatient(PATIENCE_S)
    assert isinstance(riser.driver, Searches)
    profiles = [load_profile(name) for name in profile_ids() if name.startswith(models)]
    found = [one async for one in riser.driver.search(profiles, thorough=thorough)]
    return [one for one in found if one.state != "silent"]


async def test_who_is_there_is_found_by_number_and_product(riser: RiserHarness) -> None:
    water, gas, power = await searched(riser)
    assert (power.address, power.matches[0].profile) == (POWER, "meter/dlt645-2007-3p")
    assert power.matches[0].confidence == "high"
    assert power.matches[0].options == {"address": POWER}
    assert power.matches[0].values["energy_kwh"] == 1024.5
    assert (water.address, water.matches[0].profile) == (WATER, "water/cjt188")
    assert water.matches[0].options == {"address": WATER, "medium": "cold_water", "di_order": "901F"}
    assert [match.profile for match in water.matches] == ["water/cjt188", "water/cjt188-valve"]
    assert (gas.address, gas.matches[0].profile, gas.matches[0].options["di_order"]) == (GASES, "gas/cjt188", "1F90")
    assert riser.done() == 0
    asked = {(question[8] if question[7] == 0x68 else question[9]) for question in riser.line.questions}
    assert asked <= {0x01, 0x03, 0x11, 0x13}


async def test_nobody_is_nobody(riser: RiserHarness) -> None:
    riser.freeze(True)
    assert await searched(riser) == []


def test_how_long_a_search_takes_is_known_beforehand(tmp_path: Path) -> None:
    harness = RiserHarness(tmp_path, serial=True)
    harness.build()
    assert isinstance(harness.driver, Searches)
    assert not isinstance(harness.driver, Scans)
    assert harness.driver.search_s() == pytest.approx((6 * 0.3, 100 * 0.3))
