"""A device drawn from a profile: strict about its map, honest about its steps, and quick to do what it is told."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalog import load_profile
from config.profile import RegisterPoint
from runtime.testing import FakeClock
from simulators.devices.encoding import from_raw, from_words, to_raw, to_words
from simulators.devices.profiled import ProfiledUnit
from simulators.modbus.unit import Read, answer


def made(profile: str, clock: FakeClock | None = None, **parts: Any) -> ProfiledUnit:
    return ProfiledUnit(1, clock or FakeClock(), load_profile(profile), **parts)


def told(unit: ProfiledUnit, request: str) -> str:
    return answer(unit, bytes.fromhex(request))[0].hex(" ").upper()


def test_it_shows_what_it_is_told_in_its_own_encoding() -> None:
    assert told(made("meter/eastron-sdm120", values={"voltage_v": 230.2}), "04 00 00 00 02") == "04 04 43 66 33 33"
    assert told(made("meter/acrel-adw300", values={"power_w": -300}), "03 00 24 00 02") == "03 04 FF FF FE D4"
    flow = made("water/tuf-2000m", values={"flow_m3h": 36.6254, "empty_pipe": True, "signal_quality": 95})
    assert told(flow, "03 00 00 00 02") == "03 04 80 69 42 12"
    assert told(flow, "03 00 47 00 01") == "03 02 00 08"
    assert told(flow, "03 00 5B 00 01") == "03 02 00 5F"
    tag = made("rfid/uhf-modbus-generic", values={"last_tag": "E2003412010200AF", "rssi_dbm": -60})
    assert told(tag, "03 00 05 00 05") == "03 0A FF C4 E2 00 34 12 01 02 00 AF"
    frost = made("env/kincony-sht30", values={"temperature_c": -5.0, "humidity_pct": 61.2})
    assert told(frost, "04 00 00 00 02") == "04 04 27 42 02 64"
    pzem = made("meter/pzem-004t-v3", values={"energy_kwh": 70.0})
    assert told(pzem, "04 00 05 00 02") == "04 04 11 70 00 01"


def test_what_it_is_not_told_is_in_the_middle_of_what_is_plausible() -> None:
    meter = made("meter/eastron-sdm120")
    assert (meter.get("voltage_v"), meter.get("power_w")) == (150.0, 0.0)


def test_it_shows_the_steps_that_it_has() -> None:
    sensor = made("bin/dfrobot-sen0310", options={"empty_mm": 1100, "full_mm": 250}, values={"distance_mm": 674})
    assert sensor.get("distance_mm") == 670
    sensor.set("fill_pct", 50)
    assert sensor.get("distance_mm") in (670, 680)


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        ("03 00 02 00 01", "83 02"),  # no such register
        ("03 00 05 00 03", "83 02"),  # one too many
        ("04 00 05 00 01", "84 01"),  # no such table
        ("01 00 00 00 01", "81 01"),
        ("06 00 02 00 07", "86 02"),  # not in the profile, so not written
        ("05 00 00 FF 00", "85 02"),
    ],
)
def test_what_the_profile_does_not_name_is_refused(request_: str, refusal: str) -> None:
    assert told(made("bin/dfrobot-sen0310", options={"empty_mm": 1100, "full_mm": 250}), request_) == refusal


def test_holes_and_lengths_are_as_the_profile_says() -> None:
    meter = made("meter/eastron-sdm120")
    assert told(meter, "04 00 02 00 02") == "04 04 00 00 00 00"
    assert told(meter, "04 00 00 00 51") == "84 03"
    assert told(meter, "04 00 4A 00 02") == "84 02"


def test_it_can_be_told_by_its_identity() -> None:
    sensor = made("bin/dfrobot-sen0310", options={"empty_mm": 1100, "full_mm": 250})
    assert told(sensor, "03 00 00 00 01") == "03 02 00 01"


async def test_a_pulse_is_over_when_its_seconds_are() -> None:
    clock = FakeClock()
    door = made("door/waveshare-relay-d8", clock, options={"relay": 2, "inputs": {"contact": 1}})
    told(door, "05 02 01 00 1E")
    assert door.get("lock_state") == "unlocked"
    await clock.advance(2)
    told(door, "05 02 01 00 0A")  # again, while it is open
    await clock.advance(0.9)
    assert door.get("lock_state") == "unlocked"
    await clock.advance(0.2)
    assert door.get("lock_state") == "locked"
    assert [(done["command"], done["args"]) for done in door.commands] == [
        ("pulse_unlock", {"seconds": 3}),
        ("pulse_unlock", {"seconds": 1}),
    ]


def test_a_write_that_is_no_command_is_kept() -> None:
    light = made("light/loop-waveshare-d8", options={"relay": 1})
    told(light, "05 00 00 FF 00")
    assert (light.get("level_pct"), light.commands[-1]["command"]) == (100, "switch_on")
    told(light, "0F 00 00 00 01 01 00")
    assert light.get("level_pct") == 0
    assert (light.commands[-1]["write"], light.commands[-1]["values"]) == (0, [0])
    assert told(light, "05 00 00 00 32") == "85 03"
    assert told(light, "06 00 00 00 01") == "86 02"


def test_a_state_comes_about_by_what_it_is_concluded_from() -> None:
    options = {"relays": {"up": 1, "down": 2, "stop": 3}, "inputs": {"limit_open": 1, "limit_closed": 2}}
    barrier = made("barrier/dry-contact-waveshare-d8", options=options)
    barrier.set("boom_state", "opening")
    assert (barrier.get("relay_up"), barrier.get("limit_open"), barrier.get("limit_closed")) == (True, False, False)
    barrier.set("boom_state", "open")
    assert (barrier.get("relay_up"), barrier.get("limit_open")) == (False, True)


async def test_it_is_deaf_while_it_needs_silence() -> None:
    clock = FakeClock()
    sensor = made("bin/apg-mnu", clock, options={"empty_mm": 2000, "full_mm": 300})
    assert sensor.listens()
    told(sensor, "04 01 2B 00 01")
    await clock.advance(0.29)
    assert not sensor.listens()
    await clock.advance(0.02)
    assert sensor.listens()


def test_only_long_values_have_another_word_order() -> None:
    pzem = made("meter/pzem-004t-v3")
    assert pzem.swapped(Read(4, 0, 4), [1, 2, 3, 4]) == [1, 3, 2, 4]
    assert pzem.swapped(Read(4, 2, 2), [3, 4]) == [3, 4]


@pytest.mark.parametrize(
    ("key", "value"),
    [("boom_state", "flying"), ("loop_under", "yes"), ("colour", 1)],
)
def test_what_it_cannot_show_is_a_mistake(key: str, value: object) -> None:
    options = {"relays": {"up": 1}, "inputs": {"limit_open": 1, "limit_closed": 2, "loop_under": 3}}
    barrier = made("barrier/dry-contact-waveshare-d8", options=options)
    with pytest.raises((KeyError, ValueError)):
        barrier.set(key, value)  # type: ignore[arg-type]


def test_a_word_or_a_number_that_does_not_fit_is_a_mistake() -> None:
    meter = made("meter/acrel-adw300")
    with pytest.raises(ValueError, match="does not fit"):
        meter.set("voltage_v", 7000)
    with pytest.raises(ValueError, match="below zero"):
        made("env/kincony-sht30").set("temperature_c", 1005)
    door = made("door/waveshare-relay-d8", options={"relay": 1, "inputs": {"contact": 1}})
    with pytest.raises(ValueError, match="never says"):
        door.set("door_state", "ajar")


ENCODINGS = st.sampled_from(["u16", "i16", "u32", "i32", "u64", "i64"])


@given(st.data(), ENCODINGS, st.booleans())
def test_numbers_survive_the_registers(data: st.DataObject, encoding: str, low_first: bool) -> None:
    bits = int(encoding[1:])
    low = -(1 << bits - 1) if encoding[0] == "i" else 0
    raw = data.draw(st.integers(low, low + (1 << bits) - 1))
    words = to_words(encoding, raw, low_first=low_first)
    assert from_words(encoding, words, low_first=low_first) == raw
    assert (to_words(encoding, raw, low_first=not low_first) == words[::-1]) is True


TENTHS = RegisterPoint(key="t", table="input_register", address=1, encoding="i16", scale=0.1)


@pytest.mark.parametrize("point", [TENTHS, replace(TENTHS, encoding="u16", negative_from=10000)])
@given(st.integers(-400, 850))
def test_tenths_survive_the_scale(point: RegisterPoint, tenths: int) -> None:
    assert from_raw(point, to_raw(point, tenths / 10)) == pytest.approx(tenths / 10)
