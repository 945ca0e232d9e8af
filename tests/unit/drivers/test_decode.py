"""Bytes in, values out: scaling, words, invalid codes, plausibility, levels and states, and never a crash."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modbus.decode import converter, together
from drivers.modbus.plan import make_plan
from tests.unit.drivers.shipped import made, modbus_profiles, shipped, wired
from wire.codec import encode
from wire.reading import Batch, Quality, Value, is_usable

BARRIER = {"relays": {"up": 1, "down": 2, "stop": 3}, "inputs": {"limit_open": 1, "limit_closed": 2}}


def decode_one(data: bytes, **point: object) -> tuple[Value, int]:
    """Return value and quality of one holding register point."""
    transport: dict[str, object] = {"buses": ["modbus-tcp"]}
    transport.update((key, point.pop(key)) for key in ("word_order", "byte_order") if key in point)
    profile = made(points=[{"key": "p", "table": "holding_register", "address": 0, **point}], transport=transport)
    values, quality = make_plan(profile, {}).decode([data], {})
    return values[0], quality[0] if quality else 0


@pytest.mark.parametrize(
    ("data", "point", "value"),
    [
        ("0007", {}, 7),
        ("FFFF", {"encoding": "i16"}, -1),
        ("0001 0000", {"encoding": "u32"}, 65536),
        ("0000 0001", {"encoding": "u32", "word_order": "little"}, 65536),
        ("FFFF FFFF", {"encoding": "i32"}, -1),
        ("0000 0000 0000 0005", {"encoding": "u64"}, 5),
        ("FFFF FFFF FFFF FFFB", {"encoding": "i64"}, -5),
        ("4366 3334", {"encoding": "f32"}, 230.2),
        ("806B 4212", {"encoding": "f32", "word_order": "little"}, 36.62541),
        ("0034 1200", {"encoding": "u32", "byte_order": "little"}, 0x34000012),
        ("7856 3412", {"encoding": "u32", "word_order": "little", "byte_order": "little"}, 0x12345678),
        ("3412 7856", {"encoding": "u32", "byte_order": "little"}, 0x12345678),
        ("5678 1234", {"encoding": "u32", "word_order": "little"}, 0x12345678),
        ("0708 0506 0304 0102", {"encoding": "u64", "word_order": "little"}, 0x0102030405060708),
        ("0201 0403 0605 0807", {"encoding": "u64", "byte_order": "little"}, 0x0102030405060708),
        ("3412", {"byte_order": "little"}, 0x1234),
        ("1234", {"word_order": "little"}, 0x1234),
        ("0400", {"bit": 2, "byte_order": "little"}, True),
        ("0003", {"scale": 0.1}, 0.3),
        ("FF38", {"encoding": "i16", "scale": 0.1}, -20.0),
        ("0043", {"scale": 10}, 670),
        ("0064", {"scale": 0.5, "offset": -40}, 10.0),
        ("270F", {"scale": 0.1, "negative_from": 10000}, 999.9),
        ("2710", {"scale": 0.1, "negative_from": 10000}, 0.0),
        ("2742", {"scale": 0.1, "negative_from": 10000}, -5.0),
        ("2742", {"negative_from": 10000}, -50),
        ("2742", {"scale": 0.5, "offset": -40, "negative_from": 10000}, -65.0),
        ("8000 0007", {"encoding": "u32", "negative_from": 0x80000000}, -7),
        ("0002", {"words": {"1": "closed", "2": "open"}}, "open"),
        ("0004", {"bit": 2}, True),
        ("0004", {"bit": 1}, False),
        ("0004", {"bit": 2, "words": {"0": "off", "1": "on"}}, "on"),
        ("0005", {"encoding": "bool"}, True),
        ("5255", {"encoding": "low_byte"}, 0x55),
        ("5255", {"encoding": "high_byte"}, 0x52),
        ("E200 3412 0000 00AF", {"encoding": "hex64"}, "E2003412000000AF"),
        ("0000 0000 0000 0001", {"encoding": "hex64"}, "0000000000000001"),
        ("0000 0000 0000 0000", {"encoding": "hex64"}, ""),
    ],
)
def test_values(data: str, point: dict[str, object], value: Value) -> None:
    decoded, quality = decode_one(bytes.fromhex(data), **point)
    assert (decoded, quality) == (value, 0)
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("data", "point", "expected"),
    [
        ("FFFF", {"invalid": [0xFFFF]}, (None, Quality.BAD)),
        ("0009", {"words": {"1": "closed"}}, (None, Quality.BAD)),
        ("7FC0 0000", {"encoding": "f32"}, (None, Quality.BAD)),
        ("7F80 0000", {"encoding": "f32"}, (None, Quality.BAD)),
        ("7F7F FFFF", {"encoding": "f32", "scale": 1e300}, (None, Quality.BAD)),
        ("03E8", {"plausible": [0, 100]}, (1000, Quality.IMPLAUSIBLE)),
        ("FFFF", {"negative_from": 10000, "invalid": [0xFFFF]}, (None, Quality.BAD)),  # as it came, not as it counts
        ("2AF8", {"scale": 0.1, "negative_from": 10000, "plausible": [-40, 85]}, (-100.0, Quality.IMPLAUSIBLE)),
    ],
)
def test_what_cannot_be_believed_says_so(data: str, point: dict[str, object], expected: tuple[Value, int]) -> None:
    assert decode_one(bytes.fromhex(data), **point) == expected


def test_a_broken_answer_costs_its_own_points_only() -> None:
    points = [
        {"key": "a", "table": "holding_register", "address": 0},
        {"key": "b", "table": "input_register", "address": 0},
    ]
    plan = make_plan(made(points=points), {})
    assert plan.decode([b"\x00\x01", 66], {}) == ((1, None), (0, 66))
    assert plan.decode([b"\x00\x01\x02", b"\x00\x02"], {}) == ((None, 2), (Quality.CORRUPT, 0))


@pytest.mark.parametrize(
    ("word_order", "byte_order", "data"),
    [
        ("big", "big", "0007 1234 5678 0009"),
        ("little", "big", "0007 5678 1234 0009"),
        ("big", "little", "0700 3412 7856 0900"),
        ("little", "little", "0700 7856 3412 0900"),
    ],
)
def test_a_run_of_points_in_each_order(word_order: str, byte_order: str, data: str) -> None:
    points: list[dict[str, object]] = [
        {"key": "a", "table": "holding_register", "address": 0},
        {"key": "b", "table": "holding_register", "address": 1, "encoding": "u32"},
        {"key": "c", "table": "holding_register", "address": 3, "encoding": "i16"},
    ]
    twice: dict[str, object] = {"key": "high", "table": "holding_register", "address": 1, "bit": 12}
    transport = {"buses": ["modbus-tcp"], "word_order": word_order, "byte_order": byte_order}
    for chosen in (points, [*points, twice]):
        plan = make_plan(made(points=chosen, transport=transport), {})
        values, quality = plan.decode([bytes.fromhex(data)], {})
        assert (values[:3], quality) == ((7, 0x12345678, 9), ())


def test_overlapping_points_share_the_bytes() -> None:
    points = [{"key": f"b{bit}", "table": "holding_register", "address": 0, "bit": bit} for bit in range(3)]
    points.append({"key": "word", "table": "holding_register", "address": 0})
    assert make_plan(made(points=points), {}).decode([b"\x00\x05"], {}) == ((True, False, True, 5), ())


@pytest.mark.parametrize(("cm", "percent"), [(110, 0.0), (25, 100.0), (10, 100.0), (200, 0.0)])
def test_a_level_stays_between_empty_and_full(cm: int, percent: float) -> None:
    plan = make_plan(shipped("bin/dfrobot-sen0310"), {"empty_mm": 1100, "full_mm": 250}, ("fill_pct",))
    assert plan.decode([struct.pack(">H", cm)], {}) == ((percent,), ())


def test_a_level_without_a_distance_has_its_quality() -> None:
    plan = make_plan(shipped("bin/dfrobot-sen0310"), {"empty_mm": 1100, "full_mm": 250}, ("fill_pct", "distance_mm"))
    assert plan.decode([b"\xff\xff"], {}) == ((None, None), (Quality.BAD, Quality.BAD))


def boom(coils: int, limits: int, last: dict[str, str]) -> tuple[Value, int]:
    """Return the boom's state for relay bits and limit switch bits (1: open, 2: closed)."""
    plan = make_plan(shipped("barrier/dry-contact-waveshare-d8"), BARRIER, ("boom_state",))
    values, quality = plan.decode([bytes([coils]), bytes([limits])], last)
    return values[0], quality[0] if quality else 0


def test_a_boom_is_followed_from_limit_to_limit() -> None:
    last: dict[str, str] = {}
    steps = [(0, 0), (0, 2), (1, 2), (1, 0), (0, 0), (0, 1), (0, 0), (4, 0), (0, 0), (2, 0), (0, 0), (0, 2), (0, 3)]
    states = [boom(coils, limits, last)[0] for coils, limits in steps]
    assert states == [
        *("unknown", "closed", "closed", "opening", "opening", "open", "closing"),
        *("stopped", "stopped", "closing", "closing", "closed", "fault"),
    ]


def test_a_state_with_a_bad_source_is_not_believed_and_not_remembered() -> None:
    plan = make_plan(shipped("barrier/dry-contact-waveshare-d8"), BARRIER, ("boom_state",))
    last = {"boom_state": "closed"}
    assert plan.decode([b"\x00", 66], last) == (("unknown",), (66,))
    assert last == {"boom_state": "closed"}


PLANS = [make_plan(profile, wired(profile)) for profile in modbus_profiles()]


@settings(deadline=None)
@given(st.data())
def test_any_bytes_give_values_that_can_be_stored(data: st.DataObject) -> None:
    plan = data.draw(st.sampled_from(PLANS))
    answer = st.binary(max_size=12) | st.integers(17, 100)
    answers = [data.draw(st.binary(min_size=run.size, max_size=run.size) | answer) for run in plan.runs]
    values, quality = plan.decode(answers, {})
    encode(Batch("d", 0, plan.points, values, quality))
    for value, bad in zip(values, quality or (0,) * len(values), strict=True):
        assert not isinstance(value, float) or math.isfinite(value)
        assert not is_usable(bad) or value is not None


@pytest.mark.parametrize(
    ("parts", "raws", "values"),
    [
        ({"scale": 0.1, "plausible": [0, 50]}, (3, 500), (0.3, 50.0)),
        ({"scale": 0.1, "plausible": [0, 50]}, (3, 501), None),
        ({"scale": 0.1, "plausible": [10, 50]}, (99, 500), None),
        ({"scale": 0.1}, (3, 65535), (0.3, 6553.5)),
        ({"scale": 0.1, "invalid": [65535]}, (3, 65535), None),
        ({"scale": 0.1, "plausible": [-40, 85], "negative_from": 10000}, (250, 10050), (25.0, -5.0)),
        ({"scale": 0.1, "plausible": [-40, 85], "negative_from": 10000}, (250, 10401), None),
        ({"scale": 10}, (3, 4), (30, 40)),
        ({"words": {"0": "locked", "1": "released"}}, (0, 1), ("locked", "released")),
        ({"words": {"0": "locked", "1": "released"}}, (0, 2), None),
        ({}, (3, 4), (3, 4)),
    ],
)
def test_converted_together_is_converted_one_by_one(
    parts: dict[str, Any], raws: tuple[int, ...], values: tuple[Value, ...] | None
) -> None:
    points = [
        made(points=[{"key": f"p{at}", "table": "holding_register", "address": at, **parts}]).points[0] for at in (0, 1)
    ]
    assert together(points)(raws) == values
    if values is not None:
        each = [converter(point) for point in points]
        assert values == tuple(
            raw if convert is None else convert(raw) for convert, raw in zip(each, raws, strict=True)
        )
