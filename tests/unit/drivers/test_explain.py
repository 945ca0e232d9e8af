"""How values come about, told in figures: arithmetic, words, bits, and the four orders that bytes may stand in."""

import struct

import pytest

from config.address import Options
from config.profile import Profile
from drivers.api import Explained
from drivers.modbus.explain import explain
from drivers.modbus.plan import make_plan
from tests.unit.drivers.shipped import made, shipped
from wire.reading import Quality


def _explained(profile: Profile, *answers: bytes | int, options: Options | None = None) -> dict[str, Explained]:
    plan = make_plan(profile, options or {})
    return {one.key: one for one in explain(profile, options or {}, plan, answers, {})}


def test_a_distance_its_level_and_a_temperature() -> None:
    found = _explained(
        shipped("bin/dfrobot-sen0310"), bytes.fromhex("0054 00D6"), options={"empty_mm": 1100, "full_mm": 250}
    )
    distance, temperature, level = found["distance_mm"], found["temperature_c"], found["fill_pct"]
    assert (distance.raw, distance.steps, distance.value, distance.quality) == ("0x0054", "84 × 10", 840, 0)
    assert (temperature.steps, temperature.value, temperature.plausible) == ("214 × 0.1", 21.4, (-40, 125))
    assert (level.raw, level.steps, level.value) == ("", "(1100 − 840) / (1100 − 250) × 100", 30.6)
    assert distance.orders == ()


def test_the_flow_meter_whose_float_only_makes_sense_with_its_words_swapped() -> None:
    # TUF-2000M: 80 6B 42 12 is 36.6254 with the low word first, and nothing anybody could use in any other order.
    points = [{"key": "t", "table": "holding_register", "address": 0, "encoding": "f32", "plausible": [0, 100]}]
    found = _explained(made(points=points), bytes.fromhex("806B 4212"))["t"]
    assert found.quality == Quality.IMPLAUSIBLE
    orders = {one.order: one for one in found.orders}
    assert list(orders) == ["ABCD", "CDAB", "BADC", "DCBA"]  # the profile's own first
    assert orders["CDAB"].value == pytest.approx(36.6254, abs=1e-4)
    assert [one.order for one in found.orders if one.plausible] == ["CDAB"]


def test_every_order_reads_the_value_that_was_written_in_it() -> None:
    points = [{"key": "n", "table": "input_register", "address": 0, "encoding": "u32", "scale": 0.1}]
    straight = struct.pack(">I", 0x0A0B0C0D)
    written = {"ABCD": "0A0B0C0D", "CDAB": "0C0D0A0B", "BADC": "0B0A0D0C", "DCBA": "0D0C0B0A"}
    for order, data in written.items():
        found = _explained(made(points=points), bytes.fromhex(data))["n"]
        values = {one.order: one.value for one in found.orders}
        assert values[order] == pytest.approx(int.from_bytes(straight, "big") * 0.1)


def test_a_profile_that_swaps_words_is_believed_first() -> None:
    points = [{"key": "n", "table": "input_register", "address": 0, "encoding": "u32"}]
    swapped = made(points=points, transport={"buses": ["modbus-tcp"], "word_order": "little"})
    found = _explained(swapped, bytes.fromhex("0002 0001"))["n"]
    assert (found.value, found.orders[0].order, found.orders[0].value) == (65538, "CDAB", 65538)


def test_words_bits_and_offsets() -> None:
    points = [
        {"key": "mode", "table": "holding_register", "address": 0, "words": {"1": "on", "0": "off"}},
        {"key": "alarm", "table": "holding_register", "address": 1, "encoding": "bool", "bit": 3},
        {"key": "t", "table": "holding_register", "address": 2, "scale": 0.1, "offset": -40},
    ]
    found = _explained(made(points=points), bytes.fromhex("0001 0008 0280"))
    assert (found["mode"].steps, found["mode"].value) == ("1", "on")
    assert (found["alarm"].raw, found["alarm"].steps, found["alarm"].value) == ("0x0008", "bit 3 = 1", True)
    assert (found["t"].steps, found["t"].value) == ("640 × 0.1 − 40", 24.0)


@pytest.mark.parametrize(
    ("data", "steps", "value"), [("00FA 01F4", "250 × 0.1", 25.0), ("2742 01F4", "(10000 − 10050) × 0.1", -5.0)]
)
def test_frost_that_is_written_from_ten_thousand_on(data: str, steps: str, value: float) -> None:
    found = _explained(shipped("env/kincony-sht30"), bytes.fromhex(data))["temperature_c"]
    assert (found.raw, found.steps, found.value, found.quality) == (f"0x{data[:4]}", steps, value, 0)


def test_a_contact_is_a_bit_of_its_table() -> None:
    options: Options = {"relay": 1, "inputs": {"contact": 2}}
    found = _explained(shipped("door/waveshare-relay-d8"), b"\x00", b"\x01", options=options)
    assert (found["door_state"].raw, found["door_state"].value) == ("1", "closed")
    assert (found["lock_state"].raw, found["lock_state"].value) == ("0", "locked")


def test_a_state_shows_what_it_was_concluded_from() -> None:
    options: Options = {"relays": {"up": 1, "down": 2, "stop": 3}, "inputs": {"limit_open": 1, "limit_closed": 2}}
    found = _explained(shipped("barrier/dry-contact-waveshare-d8"), b"\x00", b"\x02", options=options)
    assert found["boom_state"].value == "closed"
    assert "limit_open=0, limit_closed=1" in found["boom_state"].steps


def test_what_was_refused_has_no_value_and_says_why() -> None:
    found = _explained(shipped("env/xy-md02"), 66)
    assert (found["temperature_c"].value, found["temperature_c"].quality, found["temperature_c"].raw) == (None, 66, "")


def test_a_value_outside_its_span_is_shown_with_its_quality() -> None:
    found = _explained(
        shipped("bin/dfrobot-sen0310"), bytes.fromhex("0003 7FFF"), options={"empty_mm": 1100, "full_mm": 250}
    )
    assert (found["distance_mm"].value, found["distance_mm"].quality) == (30, Quality.IMPLAUSIBLE)
