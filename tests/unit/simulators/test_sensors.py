"""Bins and meters show what their manuals say, and a meter that numbers its reads never shows one number twice."""

import struct

import pytest

from runtime.testing import FakeClock
from simulators.devices.meter import TOTAL_ENERGY, Meter
from simulators.devices.registers import RegisterBank
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.unit import Unit, answer


def ask(unit: Unit, pdu: str) -> bytes:
    reply, read = answer(unit, bytes.fromhex(pdu))
    if read is not None:
        unit.answered(read)
    return reply


def floats(reply: bytes) -> list[float]:
    return list(struct.unpack(f">{reply[1] // 4}f", reply[2:]))


async def test_a_bin_shows_product_distance_and_temperature() -> None:
    clock = FakeClock()
    waste = UltrasonicBin(11, clock, empty_mm=1100, full_mm=250)
    waste.set_level(0)
    assert ask(waste, "03 00 00 00 03").hex() == "0306" + "00010010000b"
    assert ask(waste, "03 00 05 00 01").hex() == "0302" + "006e"
    waste.fill_to(100, 10)
    await clock.advance(5)
    assert waste.level == pytest.approx(50)
    await clock.advance(20)
    assert ask(waste, "03 00 05 00 01").hex() == "0302" + "0019"
    waste.empty(20)
    assert waste.distance_mm == 930
    assert waste.emptied == 1


async def test_a_frosty_bin_has_a_negative_temperature() -> None:
    waste = UltrasonicBin(11, FakeClock())
    waste.set_temperature(-12)
    (raw,) = struct.unpack(">h", ask(waste, "03 00 06 00 01")[2:])
    assert raw / 10 == waste.temperature_c
    assert -14 <= waste.temperature_c <= -10


async def test_a_bin_takes_settings_and_keeps_its_measurements() -> None:
    waste = UltrasonicBin(11, FakeClock())
    assert ask(waste, "06 00 02 00 0C").hex() == "060002000c"
    assert waste.address == 12
    assert ask(waste, "06 00 05 00 01").hex() == "8602"
    assert ask(waste, "06 00 02 00 F8").hex() == "8603"
    assert ask(waste, "03 00 08 00 03").hex() == "8302"
    assert ask(waste, "04 00 05 00 01").hex() == "8401"


async def test_a_meter_measures() -> None:
    meter = Meter(21, FakeClock(), start_kwh=100, watts=900)
    (volts,) = floats(ask(meter, "04 00 00 00 02"))
    amps, watts = floats(ask(meter, "04 00 06 00 02")) + floats(ask(meter, "04 00 0C 00 02"))
    assert 220 < volts < 240
    assert watts == pytest.approx(volts * amps * 0.95, rel=1e-5)
    assert floats(ask(meter, "04 00 46 00 06"))[1:] == [100.0, 0.0]
    assert floats(ask(meter, "04 00 02 00 04")) == [0.0, 0.0]


async def test_energy_follows_the_load() -> None:
    clock = FakeClock()
    meter = Meter(21, clock, start_kwh=100, watts=1000)
    await clock.advance(3600)
    assert meter.total_kwh() == pytest.approx(101)
    meter.set_watts(0)
    await clock.advance(3600)
    assert meter.total_kwh() == pytest.approx(101)


async def test_numbered_reads_are_exact_and_each_unlike_all_others() -> None:
    meter = Meter(21, FakeClock(), start_kwh=1024, count_reads=True)
    seen = [floats(ask(meter, "04 01 56 00 02"))[0] for _ in range(300)]
    assert seen == meter.served == [1024 + number / 64 for number in range(300)]


async def test_a_read_of_something_else_or_without_an_answer_takes_no_number() -> None:
    meter = Meter(21, FakeClock(), start_kwh=0, count_reads=True)
    ask(meter, "04 00 00 00 48")
    answer(meter, bytes.fromhex("04 01 56 00 02"))
    assert meter.served == []
    ask(meter, "04 01 54 00 04")
    assert floats(ask(meter, "04 00 46 00 06"))[1] == 1 / 64
    assert meter.served == [0.0, 1 / 64]
    assert meter.truth()["reads"] == 3


async def test_a_meter_refuses_what_its_maker_refuses() -> None:
    meter = Meter(21, FakeClock())
    assert ask(meter, "04 00 01 00 02").hex() == "8402"
    assert ask(meter, "04 00 00 00 01").hex() == "8403"
    assert ask(meter, "04 00 00 00 52").hex() == "8403"
    assert ask(meter, f"04 {TOTAL_ENERGY:04x} 00 04").hex() == "8402"
    assert ask(meter, "03 00 00 00 02").hex() == "8301"
    with pytest.raises(ValueError, match="1/64"):
        Meter(1, FakeClock(), start_kwh=0.1)


async def test_a_bank_of_registers_moves_with_each_answer() -> None:
    bank = RegisterBank(1, count=4)
    assert ask(bank, "03 00 00 00 04").hex() == "0308" + "0000000100020003"
    assert ask(bank, "03 00 02 00 02").hex() == "0304" + "00030004"
    assert ask(bank, "03 00 03 00 02").hex() == "8302"
    still = RegisterBank(1, count=2, moving=False)
    assert ask(still, "10 00 00 00 02 04 00 07 00 08").hex() == "1000000002"
    assert ask(still, "03 00 00 00 02").hex() == ask(still, "03 00 00 00 02").hex() == "030400070008"
