"""Pretend meters against frames that real ones sent, and a community of them."""

import asyncio
from pathlib import Path

import pytest

from runtime.testing import FakeClock
from simulators.build import Overrides
from simulators.cjt188 import frames as cjt188
from simulators.cjt188.meter import LITRES, FlowMeter, HeatMeter
from simulators.community import Community
from simulators.dlt645 import frames as dlt645
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine, Sound
from simulators.meters.wires import PortWire, PtyWire
from simulators.modbus.faults import Faults
from simulators.plan import CommunityPlan, PlanError

COMMUNITY = Path(__file__).parents[3] / "simulators" / "communities" / "meters.yaml"


def octets(text: str) -> bytes:
    """Return hex as bytes."""
    return bytes.fromhex(text)


READ_ENERGY = octets("68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16")
READ_WATER = octets("68 10 18 02 12 20 20 00 00 01 03 90 1F 00 97 16")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("11 04 33 33 34 33 14 16", "91 08 33 33 34 33 59 33 33 33 8A 16"),
        ("11 04 33 34 34 35 17 16", "91 06 33 34 34 35 34 43 10 16"),
        ("11 04 33 33 36 35 18 16", "91 07 33 33 36 35 45 58 33 6B 16"),
    ],
)
def test_an_electricity_meter_answers_as_a_real_one_did(question: str, answer: str) -> None:
    meter = EnergyMeter("000000000161", FakeClock(), start_kwh=0.26, watts=251.2)
    meter.volts = (1001, 0, 0)
    head = "68 61 01 00 00 00 00 68 "
    assert meter.answer(octets(head + question)) == octets(head + answer)


def test_a_water_meter_answers_as_a_real_one_did() -> None:
    meter = FlowMeter("00002020120218", FakeClock(), start_m3=2.0)
    answer = octets(
        "68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 00 00 00 00 00 00 00 00 FF 85 16"
    )
    said = meter.answer(READ_WATER) or b""
    assert said[:24] == answer[:24]
    assert len(said) == len(answer)
    assert meter.answer(octets("68 10 18 02 12 20 20 00 00 01 03 1F 90 00 97 16")) is None


async def test_a_valve_answers_as_a_real_one_did_and_moves_in_its_time() -> None:
    clock = FakeClock()
    meter = FlowMeter("78331505900569", clock, travel_s=8.0)
    head = "68 10 69 05 90 05 15 33 78 "
    assert meter.answer(octets(head + "04 04 A0 17 01 99 94 16"))
    assert meter.status() == b"\x03\x00"
    await clock.advance(8)
    assert meter.status() == b"\x01\x00"
    meter.travel_s = 0
    assert meter.answer(octets(head + "04 04 A0 17 01 55 50 16")) == octets(head + "84 05 A0 17 01 00 00 7C 16")
    meter.stuck = True
    meter.answer(octets(head + "04 04 A0 17 01 99 94 16"))
    assert meter.status() == b"\x00\x00"
    assert meter.truth()["commands"] == ["close", "open", "close"]


async def test_meters_count_while_time_goes_by() -> None:
    clock = FakeClock()
    power, water = EnergyMeter("000000000161", clock, watts=1000.0), FlowMeter("00002020120218", clock, m3h=2.0)
    await clock.advance(3600)
    assert power.truth()["total_kwh"] == 1.0
    assert water.volume_m3() == 2.0
    power.set_watts(0.0)
    water.set_flow(0.5)
    await clock.advance(3600)
    assert power.truth()["total_kwh"] == 1.0
    assert water.volume_m3() == 2.5
    water.unit = LITRES
    assert water.data()[:5] == octets("00 00 25 00 29")
    water.run_down()
    assert water.status() == b"\x04\x00"


def test_a_heat_meter_has_the_layout_of_real_ones() -> None:
    data = HeatMeter("00740012064713", FakeClock()).data()
    assert len(data) == 43
    assert [data[at] for at in (4, 9, 14, 19, 24)] == [0x05, 0x05, 0x17, 0x35, 0x2C]


def test_what_a_meter_lacks_it_refuses_and_what_it_does_not_know_it_ignores() -> None:
    meter = EnergyMeter("000000000161", FakeClock())
    question = dlt645.written(dlt645.Spoken("000000000161", 0x11, octets("00 00 FF 02")))
    assert dlt645.spoken(meter.answer(question) or b"") == dlt645.Spoken("000000000161", 0xD1, b"\x02")
    assert meter.answer(dlt645.written(dlt645.Spoken("000000000161", 0x1C, b""))) is None


def test_frames_are_found_in_what_comes() -> None:
    buffer = bytearray(octets("FE FE 00 68 68") + READ_ENERGY + b"\xfe" + READ_ENERGY[:5])
    assert dlt645.cut(buffer) == [READ_ENERGY]
    assert bytes(buffer) == b"\xfe" + READ_ENERGY[:5]
    assert cjt188.cut(bytearray(b"\x68" + READ_WATER)) == [READ_WATER]


@pytest.mark.parametrize("address", ["161", "00000000016A"])
def test_an_address_that_no_meter_has_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        EnergyMeter(address, FakeClock())
    with pytest.raises(ValueError, match="digits"):
        FlowMeter(address, FakeClock())


def test_on_a_line_everything_goes_wrong_that_can() -> None:
    faults, line = Faults(), MeterLine("test")
    meter = EnergyMeter("000000000161", FakeClock())
    line.add(meter, faults)
    line.preamble = 0
    (good,) = line.hear(READ_ENERGY)
    assert good == Sound(0.0, meter.answer(READ_ENERGY) or b"")
    faults.slow_s, line.echo, line.chatter = 0.5, True, b"\x68"
    assert line.hear(READ_ENERGY) == [Sound(0.0, READ_ENERGY), Sound(0.0, b"\x68"), Sound(0.5, good.data)]
    line.echo, line.chatter = False, b""
    faults.wrong = "bad_frame"
    (bad,) = line.hear(READ_ENERGY)
    assert [a == b for a, b in zip(bad.data, good.data, strict=True)].count(False) == 1
    faults.wrong, faults.code = "exception", 4
    assert dlt645.spoken(line.hear(READ_ENERGY)[0].data).data == b"\x04"
    faults.silent = True
    assert line.hear(READ_ENERGY) == []
    assert line.requests == 5


async def test_a_community_of_meters_can_be_called_in_both_ways(tmp_path: Path) -> None:
    overrides = Overrides(free_ports=True, directory=tmp_path, scripts=False)
    async with Community.from_file(COMMUNITY, FakeClock(), overrides) as community:
        assert isinstance(community.bus("lan-water"), PortWire)
        assert isinstance(community.bus("rs485-power"), PtyWire)
        assert set(community.links) == {"rs485-power", "rs485-riser", "rs485-gas"}
        reader, writer = await asyncio.open_connection("127.0.0.1", community.ports["lan-water"])
        writer.write(b"\xfe\xfe" + READ_WATER)
        assert (await reader.readuntil(b"\x2c"))[:6] == octets("FE FE FE FE 68 10")
        writer.close()
        assert community.truth()["devices"]["water-main"]["reads"] == 1
        assert community.truth()["buses"]["lan-water"] == {"requests": 1}


@pytest.mark.parametrize(
    ("buses", "device", "said"),
    [
        ({"type": "modbus-tcp"}, {"model": "dlt645", "address": "000000000161"}, "no line of meters"),
        ({"type": "dlt645-tcp"}, {"model": "registers", "unit": 1}, "is a line of meters"),
    ],
)
def test_a_meter_is_on_a_line_of_meters(buses: dict[str, object], device: dict[str, object], said: str) -> None:
    plan = CommunityPlan.model_validate(
        {"site": "x", "buses": {"line": buses}, "devices": {"one": {"bus": "line", **device}}}
    )
    with pytest.raises(PlanError, match=said):
        Community(plan, FakeClock())
