"""Formats of Bluetooth data one by one: units, what is no value, what is no data; and their names for profiles."""

from typing import Any

import pytest

from config.bluetooth import Field
from config.bluetooth_formats import FORMATS
from drivers.api import CorruptAnswer, Misconfigured
from drivers.ble.decoded import Fields
from drivers.ble.formats.ieee11073 import float32, sfloat
from drivers.ble.formats.registry import decode, decoder, formats, stateful
from tests.unit.drivers.ble.payloads import CHARACTERISTICS

MOMENT = "e4070c050b321b"


def read(format_: str, data: str) -> Fields:
    """Return what the bytes mean."""
    return decode(format_, bytes.fromhex(data), {})


@pytest.mark.parametrize("raw", [0x07FF, 0x0800, 0x07FE, 0x0802, 0x0801])
def test_a_short_number_that_is_none(raw: int) -> None:
    assert sfloat(raw) is None


@pytest.mark.parametrize("raw", [0x007FFFFF, 0x00800000, 0x007FFFFE, 0x00800002, 0x00800001])
def test_a_long_number_that_is_none(raw: int) -> None:
    assert float32(raw) is None


def test_numbers_have_decimal_exponents_of_either_sign() -> None:
    assert [sfloat(raw) for raw in (0x0078, 0xF4B0, 0x1001, 0xF800, 0x8001)] == [120.0, 120.0, 10.0, -204.8, 1e-08]
    assert [float32(raw) for raw in (0xFF00016C, 0x02000001, 0xFE800001)] == [36.4, 100.0, -83886.07]


@pytest.mark.parametrize(
    ("format_", "data", "expected"),
    [
        ("heart_rate", "01 2c01", {"heart_rate": 300}),
        ("heart_rate", "04 48", {"heart_rate": 72, "sensor_contact": False}),
        ("heart_rate", "10 48 0004 0002", {"heart_rate": 72, "rr_ms": 500.0}),
        ("heart_rate", "10 48", {"heart_rate": 72}),
        ("body_sensor_location", "02", {"location": "wrist"}),
        ("body_sensor_location", "09", {"location": None}),
        ("temperature", "01 cf0300ff", {"temperature_c": 36.39}),
        ("temperature", "00 ffff7f00", {"temperature_c": None}),
        ("temperature", "02 6c0100ff 00000000000000", {"temperature_c": 36.4, "measured_at": None}),
        ("temperature", "04 6c0100ff 00", {"temperature_c": 36.4, "site": None}),
        ("temperature", "04 6c0100ff 01", {"temperature_c": 36.4, "site": "armpit"}),
        ("blood_pressure", "01 a0f0 6bf0 7df0", {"systolic_mmhg": 120.0, "diastolic_mmhg": 80.3, "mean_mmhg": 93.8}),
        ("blood_pressure", "00 7800 ff07 5d00", {"systolic_mmhg": 120.0, "diastolic_mmhg": None, "mean_mmhg": 93.0}),
        (
            "blood_pressure",
            f"1e 7800 5000 5d00 {MOMENT} 4800 01 0600",
            {
                "systolic_mmhg": 120.0, "diastolic_mmhg": 80.0, "mean_mmhg": 93.0, "pulse_bpm": 72.0,
                "measured_at": "2020-12-05T11:50:27", "body_moved": False, "cuff_loose": True, "irregular_pulse": True,
            },
        ),
        ("pulse_oximeter", "00 6100 4800", {"spo2_pct": 97.0, "pulse_bpm": 72.0}),
        ("pulse_oximeter", "03 6100 4800 6000 4700 6200 4900", {"spo2_pct": 97.0, "pulse_bpm": 72.0}),
        ("pulse_oximeter_spot", f"11 6100 4800 {MOMENT}", {"spo2_pct": 97.0, "pulse_bpm": 72.0, "measured_at": None}),
        ("weight", "00 5c2b", {"weight_kg": 55.5}),
        ("weight", "01 fc3a", {"weight_kg": 68.492}),
        ("weight", "00 ffff", {"weight_kg": None}),
        ("weight", "0d 5c2b 01 e600 bc02", {"weight_kg": 50.349, "bmi": 23.0, "height_m": 1.778}),
        ("battery_level", "64", {"battery_pct": 100}),
        ("eddystone_tlm", "2000 0000 8000 00000001 0000000a",
         {"battery_mv": None, "temperature_c": None, "adv_count": 1, "uptime_s": 1.0}),
        ("eddystone_uid", "00 eb 00112233445566778899 aabbccddeeff 0000",
         {"namespace": "00112233445566778899", "instance": "aabbccddeeff", "power_0m_dbm": -21}),
        ("miband", "020affff" + "ff" * 13 + "03c5093f890b4b", {"heart_rate": None, "address": "C5:09:3F:89:0B:4B"}),
    ],
)  # fmt: skip
def test_what_data_means(format_: str, data: str, expected: dict[str, Any]) -> None:
    assert read(format_, data) == expected


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("heart_rate", ""),
        ("heart_rate", "01 48"),
        ("heart_rate", "20 48"),
        ("heart_rate", "00 48 00"),
        ("heart_rate", "10 48 00"),
        ("temperature", "00 6c0100"),
        ("temperature", "00 6c0100ff 00"),
        ("temperature", "02 6c0100ff dc070d050b321b"),
        ("temperature", "02 6c0100ff dc070c050b3c1b"),
        ("blood_pressure", "20 7800 5000 5d00"),
        ("pulse_oximeter", "00 6100"),
        ("pulse_oximeter", "20 6100 4800"),
        ("weight", "10 5c2b"),
        ("battery_level", "65"),
        ("battery_level", "6400"),
        ("ibeacon", "0214" + "00" * 21),
        ("ibeacon", "0215" + "00" * 20),
        ("altbeacon", "beac" + "00" * 21),
        ("eddystone_tlm", "2001" + "00" * 12),
        ("eddystone_uid", "10" + "00" * 17),
        ("miband", "030affff" + "ff" * 20),
    ],
)
def test_what_is_reserved_cut_off_or_too_long_is_corrupt(format_: str, data: str) -> None:
    with pytest.raises(CorruptAnswer):
        read(format_, data)


@pytest.mark.parametrize(
    ("field", "data", "value"),
    [
        (Field(at=0, type="i8"), "fe", -2),
        (Field(at=-2, type="u16"), "00000102", 0x0201),
        (Field(at=0, type="u24", order="big"), "010203", 0x010203),
        (Field(at=0, type="i32"), "ffffffff", -1),
        (Field(at=0, type="u16", mask=0x0FF0), "3412", 0x23),
        (Field(at=0, invalid=(255,)), "ff", None),
        (Field(at=0, type="u16", scale=0.01, offset=-40), "b80b", -10.0),
        (Field(at=0, type="fixed88", order="big"), "f680", -9.5),
        (Field(at=0, scale=1 / 3, decimals=2), "0a", 3.33),
        (Field(at=1, type="hex", length=2), "00abcd00", "abcd"),
        (Field(at=1, type="hex"), "00abcd", "abcd"),
        (Field(at=1, type="hex"), "00", ""),
        (Field(at=0, type="text"), "706564c3a900", "ped\u00e9"),
        (Field(at=0, type="text"), "ff", None),
        (Field(at=0, type="address", order="big"), "aabbccddeeff", "AA:BB:CC:DD:EE:FF"),
        (Field(at=0, type="address", order="little"), "aabbccddeeff", "FF:EE:DD:CC:BB:AA"),
    ],
)
def test_a_field_of_a_map(field: Field, data: str, value: object) -> None:
    assert decode("fields", bytes.fromhex(data), {"x": field}) == {"x": value}


@pytest.mark.parametrize(
    ("field", "data"), [(Field(at=1), "00"), (Field(at=-3), "0000"), (Field(at=2, type="hex"), "00")]
)
def test_a_field_that_the_data_does_not_reach_is_corrupt(field: Field, data: str) -> None:
    with pytest.raises(CorruptAnswer):
        decode("fields", bytes.fromhex(data), {"x": field})


def test_flags_say_what_follows_and_in_which_unit() -> None:
    layout = {
        "unit": Field(at=0, mask=0x01),
        "more": Field(at=0, mask=0x02),
        "kg": Field(at=1, type="u16", scale=0.005, only_if={"unit": 0}),
        "lb": Field(at=1, type="u16", scale=0.01, unless={"unit": 0}),
        "bmi": Field(at="next", scale=0.1, only_if={"more": 1}),
    }
    data = (bytes.fromhex("025c2be6"), bytes.fromhex("015c2b"))
    assert [decode("fields", one, layout) for one in data] == [
        {"unit": 0, "more": 1, "kg": 55.5, "bmi": 23.0},
        {"unit": 1, "more": 0, "lb": 111.0},
    ]


def test_the_names_that_profiles_may_use_are_those_that_decoders_yield() -> None:
    assert formats() is FORMATS
    for name, payloads in CHARACTERISTICS.items():
        assert set().union(*(read(name, data) for data in payloads)) == FORMATS[name], name
    assert {*CHARACTERISTICS, "bthome", "mibeacon"} == set(FORMATS)


def test_a_format_of_the_whole_advertisement_has_no_decoder_of_bytes() -> None:
    with pytest.raises(Misconfigured):
        decoder("bthome", {})
    assert stateful("ibeacon", None) is None
