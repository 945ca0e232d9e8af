"""The bytes of an item become values, or they say why not; never a crash, and never a value of another unit."""

from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.item import ItemPoint
from drivers.api import Misconfigured, NotSupported
from drivers.cjt188.frames import UNITS
from drivers.meters.address import is_meant, wire_address
from drivers.meters.decode import Found, bcd, decoder, exact
from drivers.meters.plan import make_plan
from simulators.meters.frames import digits
from tests.unit.drivers.heat import HEAT
from tests.unit.drivers.shipped import device, made, shipped
from wire.codec import encode
from wire.reading import Batch, Quality


def decoded(data: str, point: dict[str, object], times: float = 1.0) -> Found:
    """Return what one point reads out of ``data``."""
    octets = bytes.fromhex(data)
    shape = {"key": "p", "length": len(octets), **point}
    return decoder(ItemPoint(**shape), UNITS, times)(octets)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "point", "value"),
    [
        ("26 00 00 00", {"scale": 0.01}, 0.26),
        ("12 25 00", {"scale": 0.1, "sign": "keep"}, 251.2),
        ("12 25 80", {"scale": 0.1, "sign": "keep"}, -251.2),
        ("99 49 80", {"scale": 0.001, "sign": "drop"}, 4.999),
        ("00 80", {"sign": "keep"}, 0),
        ("78 56", {}, 5678),
        ("78 56", {"scale": 10}, 56780),
        ("05", {"bits": (2, 1), "words": {"0": False, "1": True}}, True),
        ("05", {"bits": (0, 2), "words": {"0": True, "1": False}}, False),
        ("00 02 00 00 2C", {"length": 4, "scale": 0.01, "unit": "m3", "unit_at": 4}, 2.0),
        ("00 02 00 00 29", {"length": 4, "scale": 0.01, "unit": "m3", "unit_at": 4}, 0.002),
        ("00 02 00 00 2D", {"length": 4, "scale": 0.01, "unit": "m3", "unit_at": 4}, 20.0),
        ("08 02 00 00 00", {"at": 1, "length": 4, "scale": 0.01, "unit": "kWh", "unit_at": 0}, 20.0),
        ("36 00 00 00 0E", {"length": 4, "unit": "kWh", "unit_at": 4}, 10.0),
        ("36 00 00 00 11", {"length": 4, "scale": 0.001, "unit": "kWh", "unit_at": 4}, 10.0),
    ],
)
def test_values(data: str, point: dict[str, object], value: object) -> None:
    found = decoded(data, point)
    assert found == Found(value)  # type: ignore[arg-type]
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("data", "point", "found"),
    [
        ("FF FF FF", {}, Found(None, Quality.BAD)),
        ("0A", {}, Found(None, Quality.BAD)),
        ("FF FF", {"sign": "drop"}, Found(None, Quality.BAD)),
        ("03", {"bits": (0, 2), "words": {"0": True, "1": False}}, Found(None, Quality.BAD)),
        ("00 10", {"plausible": (0, 500)}, Found(1000, Quality.IMPLAUSIBLE)),
        ("00 00 00 00 05", {"length": 4, "unit": "m3", "unit_at": 4}, Found(None, Quality.MISCONFIGURED)),
        ("00 00 00 00 FF", {"length": 4, "unit": "m3", "unit_at": 4}, Found(None, Quality.MISCONFIGURED)),
    ],
)
def test_what_is_no_value(data: str, point: dict[str, object], found: Found) -> None:
    assert decoded(data, point) == found


def test_a_ratio_multiplies() -> None:
    assert decoded("33 03 00", {"scale": 0.001, "sign": "drop"}, 40.0) == Found(13.32)


@given(st.integers(0, 79_999_999), st.booleans())
def test_digits_come_back_as_they_went(number: int, negative: bool) -> None:
    data = digits(number, 4, negative=negative)
    assert bcd(data, signed=True) == (-number if negative else number)
    assert bcd(digits(number, 4)) == number


@given(st.integers(0, 99_999_999), st.sampled_from([0.1, 0.01, 0.001, 0.0001, 1e-5]))
def test_a_scaled_number_is_the_one_that_the_meter_shows(raw: int, scale: float) -> None:
    places = round(-log10(scale))
    assert exact(raw, scale) == float(f"{raw}e-{places}")


@given(st.binary(min_size=43, max_size=43), st.binary(min_size=19, max_size=19), st.binary(min_size=9, max_size=9))
def test_no_bytes_make_a_profile_fail(heat: bytes, water: bytes, phases: bytes) -> None:
    three = {"ct": 40}
    for profile, data in ((HEAT, heat), (shipped("water/cjt188-valve"), water), (shipped("gas/cjt188"), water)):
        plan = make_plan(profile, {}, UNITS)
        encode(Batch("one", 1, plan.points, *plan.decode([data])))
    plan = make_plan(shipped("meter/dlt645-2007-3p"), three, {}, ("current_a", "current_l2_a", "current_l3_a"))
    encode(Batch("one", 1, plan.points, *plan.decode([phases])))


@given(st.binary(max_size=30))
def test_data_of_another_length_is_corrupt(data: bytes) -> None:
    plan = make_plan(shipped("gas/cjt188"), {}, UNITS)
    _, quality = plan.decode([data])
    assert len(data) == 19 or set(quality) == {Quality.CORRUPT}


def test_a_profile_that_meters_cannot_serve_is_refused() -> None:
    point = {"key": "p", "length": 4}
    for items, why in (
        ([{"item": "901F", "size": 3, "points": [point]}], "beyond the 3 bytes"),
        ([{"item": "901F", "size": 4, "points": [{**point, "unit_at": 4}]}], "beyond the 4 bytes"),
        ([{"item": "901", "size": 4, "points": [point]}], "no data identifier"),
        ([{"item": "901F", "size": 4, "points": [{**point, "times": ["ct"]}]}], "ct must be a number"),
    ):
        with pytest.raises(Misconfigured, match=why):
            make_plan(made(items=items), {}, UNITS)
    with pytest.raises(Misconfigured, match="no registers"):
        make_plan(shipped("meter/eastron-sdm120"), {}, UNITS)
    with pytest.raises(NotSupported, match="no point volume"):
        make_plan(HEAT, {}, UNITS, ["volume"])
    with pytest.raises(NotSupported, match="nothing to read"):
        make_plan(HEAT, {}, UNITS, [])


def test_an_address_goes_out_lowest_pair_first_and_reaches_whom_it_means() -> None:
    one = device(HEAT, {"address": "AAAA12345678"})
    assert wire_address(one, 12) == bytes.fromhex("78 56 34 12 AA AA")
    assert is_meant(wire_address(one, 12), bytes.fromhex("78 56 34 12 00 99"))
    assert not is_meant(wire_address(one, 12), bytes.fromhex("79 56 34 12 00 99"))
    for wrong in ("12345678", "12345678901G", 123456789012, "12AA12345678", None):
        with pytest.raises(Misconfigured, match="12 digits"):
            wire_address(device(HEAT, {"address": wrong}), 12)  # type: ignore[dict-item]
