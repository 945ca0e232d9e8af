"""What wearables send, byte for byte, against published captures and the specifications' own examples."""

import random

import pytest

from simulators.ble.wearables import measurements, payloads, sealed
from simulators.ble.wearables.addresses import resolvable_address, static_address
from simulators.ble.wearables.numbers import medical_float, sfloat


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(36.4, 1, "6cf1"), (9.99, 2, "e7e3"), (114, 0, "7200"), (-1, 0, "ff0f"), (None, 0, "ff07")],
)
def test_small_floats(value: float | None, decimals: int, expected: str) -> None:
    assert sfloat(value, decimals).hex() == expected


def test_a_small_float_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match="no SFLOAT"):
        sfloat(2046)


def test_large_floats() -> None:
    assert medical_float(36.4).hex() == "6c0100ff"
    assert medical_float(37.6, 2).hex() == "b00e00fe"
    assert medical_float(None).hex() == "ffff7f00"


def test_heart_rates() -> None:
    assert measurements.heart_rate(85).hex() == "0055"
    assert measurements.heart_rate(85, contact=True, energy_kj=50, rr_ms=32).hex() == "1e5532002100"
    assert measurements.heart_rate(0, contact=False).hex() == "0400"
    assert measurements.heart_rate(300).hex() == "012c01"


def test_measurements_of_a_health_corner() -> None:
    assert measurements.temperature(36.4).hex() == "006c0100ff"
    assert measurements.blood_pressure(120, 80, 93, pulse=72, status=0).hex() == "1478005000" + "5d00" + "4800" + "0000"
    assert measurements.blood_pressure(None, None, None).hex() == "00ff07ff07ff07"
    assert measurements.oximetry(97, 60).hex() == "0061003c00"
    assert measurements.weight(70.0).hex() == "00b036"


def test_a_measurement_bears_its_moment_by_the_local_clock() -> None:
    dated = measurements.temperature(36.4, at=1_700_000_000_000_000, site=3)
    assert (dated[0], len(dated), dated[-1]) == (6, 13, 3)
    assert int.from_bytes(dated[5:7], "little") == 2023
    assert dated[7] == 11


def test_advertisements() -> None:
    assert payloads.mi_band("C5:09:3F:89:0B:4B", 84).hex() == "020aff54" + "ff" * 13 + "03c5093f890b4b"
    assert payloads.mi_band("C5:09:3F:89:0B:4B", None)[3] == 0xFF
    assert payloads.eddystone_tlm(2840, 71.06640625, 5223, 1094.8).hex() == "20000b1847110000146700002ac4"
    uuid = "41424344-4546-4748-4940-414243444546"
    assert payloads.ibeacon(uuid, 1, 2, -8).hex() == "02154142434445464748494041424344454600010002f8"
    uuid = "2f234454-cf6d-4a0f-adf2-f4911ba9ffa6"
    assert payloads.altbeacon(uuid, 1, 2, -59).hex() == "beac2f234454cf6d4a0fadf2f4911ba9ffa600010002c500"


def test_the_layout_of_our_own() -> None:
    assert payloads.call(payloads.PENDANT, payloads.SOS, 7, 88, None, 0).hex() == "4c4c0101" + "0758ff0000"
    assert payloads.call(payloads.BAND, payloads.FALL | payloads.WORN, 255, 9, 71, 70_000).hex() == "4c4c020aff09477011"


def test_sealed_and_plain_sensors() -> None:
    key = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")
    objects = bytes.fromhex("02ca0903bf13")
    assert sealed.bthome(objects, "54:48:E6:8F:80:A5").hex() == "4002ca0903bf13"
    made = sealed.bthome(objects, "54:48:E6:8F:80:A5", key=key, counter=0x33221100)
    assert made.hex() == "41a47266c95f730011223378237214"
    key = bytes.fromhex("4960bb9f8711b4ffd7df1756d11427ae")
    made = sealed.mibeacon(0x000F, b"\x00\x01\x00", "18:C2:3C:20:8E:77", key=key, counter=0x68C)
    assert made.hex() == "58598d0a8c778e203cc2185a273628ec32060000c4264015"


def test_addresses() -> None:
    irk = bytes.fromhex("ec0234a357c8ad05341010a60a397d9b")
    assert resolvable_address(irk, 0x308194) == "70:81:94:0D:FB:AA"
    assert static_address(random.Random(1))[0] in "CDEF"
