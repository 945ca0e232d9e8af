"""A short run of the Bluetooth fuzzer, and any bytes at all through every format."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.bluetooth import Field
from drivers.api import CorruptAnswer
from drivers.ble.formats.registry import decode
from tests.fuzz.ble import can_be_stored, play
from tests.unit.drivers.ble.payloads import CHARACTERISTICS

FIELDS = st.builds(
    Field,
    at=st.integers(-40, 40) | st.just("next"),
    type=st.sampled_from(["u8", "i8", "u16", "i16", "u24", "u32", "i32", "fixed88", "hex", "text", "address"]),
    order=st.sampled_from(["little", "big"]),
    length=st.integers(0, 30),
    mask=st.none() | st.integers(1, 255),
    scale=st.floats(-1000, 1000),
    decimals=st.none() | st.integers(0, 6),
    invalid=st.tuples(st.integers(0, 255)),
    only_if=st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=2),
    unless=st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=2),
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damaged_payloads(seed: int) -> None:
    outcomes = play(2000, seed)
    assert {"CorruptAnswer", "events", "fields", "garbled", "not ours", "nothing new", "values"} <= set(outcomes)
    assert all(outcomes.values())


@settings(deadline=None)
@given(data=st.binary(max_size=60), name=st.sampled_from(sorted(CHARACTERISTICS)))
def test_any_bytes_are_fields_or_corrupt(data: bytes, name: str) -> None:
    try:
        found = decode(name, data, {})
    except CorruptAnswer:
        return
    assert can_be_stored(found.values())


@settings(deadline=None)
@given(data=st.binary(max_size=60), layout=st.dictionaries(st.sampled_from("abcd"), FIELDS, max_size=4))
def test_any_map_reads_any_bytes_or_says_that_they_are_corrupt(data: bytes, layout: dict[str, Field]) -> None:
    try:
        found = decode("fields", data, layout)
    except CorruptAnswer:
        return
    assert set(found) <= set(layout)
    assert can_be_stored(found.values())
