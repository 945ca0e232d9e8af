"""What a poll costs a line, held against figures worked out by hand."""

import pytest

from config.bus_settings import MeterSerialBus, MeterTcpBus, ModbusRtuBus, ModbusRtuTcpBus, ModbusTcpBus
from drivers.api import Costs, NotSupported
from drivers.api.costs import bits_per_character
from drivers.meters import meter_driver
from drivers.modbus import modbus_driver
from runtime.testing import FakeClock
from tests.unit.drivers.shipped import device, made, shipped

BIN = device(shipped("bin/dfrobot-sen0310"), {"empty_mm": 1100, "full_mm": 250}, unit=11)


def _line(baud: int, form: str = "8N1", gap_ms: int = 0) -> ModbusRtuBus:
    return ModbusRtuBus(id="line", type="modbus-rtu", port="none", baud=baud, format=form, gap_ms=gap_ms)


@pytest.mark.parametrize(("form", "bits"), [("8N1", 10), ("8E1", 11), ("8N2", 11), ("7E1", 10), ("8O2", 12)])
def test_a_character_has_a_start_bit_data_parity_and_stop_bits(form: str, bits: int) -> None:
    assert bits_per_character(form) == bits


def test_two_registers_at_9600_8n1() -> None:
    driver = modbus_driver(_line(9600), [BIN], FakeClock())
    assert isinstance(driver, Costs)
    (cost,) = driver.costs("one")
    # 0B 03 00 05 00 02 crc crc, and back 0B 03 04 d d d d crc crc
    assert (cost.sent, cost.answered) == (8, 9)
    assert cost.wire_s == pytest.approx(17 * 10 / 9600)  # 17.708 ms
    assert cost.silence_s == pytest.approx(3.5 * 11 / 9600)  # 4.010 ms
    assert cost.busy_s == pytest.approx(0.04171875)  # and 20 ms for the device


def test_parity_costs_a_bit_and_slow_lines_cost_more() -> None:
    (cost,) = modbus_driver(_line(2400, "8E1"), [BIN], FakeClock()).costs("one")
    assert cost.wire_s == pytest.approx(17 * 11 / 2400)  # 77.917 ms
    assert cost.silence_s == pytest.approx(3.5 * 11 / 2400)


def test_fast_lines_keep_the_standards_shortest_silence() -> None:
    (cost,) = modbus_driver(_line(115200), [BIN], FakeClock()).costs("one")
    assert cost.silence_s == pytest.approx(0.00175)


def test_the_longest_silence_that_anybody_asks_for_counts() -> None:
    (cost,) = modbus_driver(_line(9600, gap_ms=20), [BIN], FakeClock()).costs("one")
    assert cost.silence_s == pytest.approx(0.020)
    shy = made(
        transport={"buses": ["modbus-rtu"], "min_gap_ms": 50},
        points=[{"key": "power_w", "table": "holding_register", "address": 0}],
    )
    (cost,) = modbus_driver(_line(9600, gap_ms=20), [device(shy)], FakeClock()).costs("one")
    assert cost.silence_s == pytest.approx(0.050)


def test_on_a_network_a_request_is_a_round_trip() -> None:
    bus = ModbusTcpBus(id="lan", type="modbus-tcp", host="127.0.0.1")
    (cost,) = modbus_driver(bus, [BIN], FakeClock()).costs("one")
    assert (cost.sent, cost.answered) == (12, 13)  # a header of seven bytes for the checksum of two
    assert (cost.wire_s, cost.silence_s, cost.busy_s) == (0.0, 0.0, 0.02)


def test_a_line_behind_a_serial_server_costs_what_the_line_costs() -> None:
    bus = ModbusRtuTcpBus(id="far", type="modbus-rtu-tcp", host="127.0.0.1", port=1, baud=2400, format="8E1")
    (cost,) = modbus_driver(bus, [BIN], FakeClock()).costs("one")
    assert (cost.sent, cost.answered) == (8, 9)
    assert cost.wire_s == pytest.approx(17 * 11 / 2400)


def test_only_what_is_asked_for_costs() -> None:
    door = device(shipped("door/waveshare-relay-d8"), {"relay": 1, "inputs": {"contact": 1, "exit_button": 2}})
    driver = modbus_driver(_line(9600), [door], FakeClock())
    assert [cost.answered for cost in driver.costs("one", ("door_state",))] == [6]
    assert len(driver.costs("one")) == 2  # inputs and relays are two tables
    with pytest.raises(NotSupported):
        driver.costs("one", ("power_w",))


def test_an_electricity_meter_at_2400_8e1() -> None:
    bus = MeterSerialBus(id="line", type="dlt645-serial", port="none", baud=2400, format="8E1", gap_ms=30)
    meter = device(shipped("meter/dlt645-2007"), {"address": "000012345678"})
    driver = meter_driver(bus, [meter], FakeClock())
    assert isinstance(driver, Costs)
    (cost,) = driver.costs("one", ("energy_kwh",))
    # FE x 4, 68 a a a a a a 68 11 04 id id id id cs 16, and back the same with 4 bytes of energy
    assert (cost.sent, cost.answered) == (20, 24)
    assert cost.wire_s == pytest.approx(44 * 11 / 2400)
    assert (cost.silence_s, cost.answer_s) == (0.03, 0.1)
    assert len(driver.costs("one")) > 1


def test_a_water_meter_behind_a_server_costs_its_serial_line() -> None:
    bus = MeterTcpBus(id="line", type="cjt188-tcp", host="127.0.0.1", port=4001)
    meter = device(shipped("water/cjt188"), {"address": "00002020120218", "medium": "cold_water"})
    driver = meter_driver(bus, [meter], FakeClock())
    assert isinstance(driver, Costs)
    (cost,) = driver.costs("one")
    # FE x 4, 68 T a*7 01 03 id id ser cs 16, and back the same with 19 bytes of data
    assert (cost.sent, cost.answered) == (20, 39)
    assert cost.wire_s == pytest.approx(59 * 11 / 2400)
