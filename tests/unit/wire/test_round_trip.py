"""Whatever can be encoded comes back as it was, and arbitrary bytes either decode or raise one named error."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wire.making import STRUCTS, VALUES, structs
from wire.chunk import Chunk
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.exchange import Hello
from wire.outcome import Outcome, OutcomeState

SOME = settings(max_examples=40)
"""Enough for each of two dozen structs."""

DECODED: tuple[type[Any], ...] = (*STRUCTS, Chunk, list[msgspec.Raw])


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
@SOME
@given(data=st.data())
def test_a_struct_comes_back_as_it_was(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    value = data.draw(structs(kind))
    again = decode(encode(value), kind)
    assert again == value
    assert encode(again) == encode(value)


@given(VALUES)
def test_a_value_keeps_its_type(value: Any) -> None:
    outcome = Outcome("c", "d", OutcomeState.EXECUTED, 1, readback={"point": value})
    back = decode(encode(outcome), Outcome).readback["point"]
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("kind", DECODED, ids=lambda kind: getattr(kind, "__name__", str(kind)))
@SOME
@given(data=st.binary(max_size=200))
def test_any_bytes_decode_or_raise_one_error(kind: type[Any], data: bytes) -> None:
    with suppress(CodecError):
        decode(data, kind)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
@SOME
@given(data=st.data())
def test_a_damaged_struct_decodes_or_raises_one_error(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    raw = bytearray(encode(data.draw(structs(kind))))
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] = data.draw(st.integers(0, 255))
    try:
        again = decode(bytes(raw), kind)
    except CodecError:
        return
    assert isinstance(again, kind)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
@SOME
@given(data=st.data())
def test_half_a_struct_is_none_and_neither_is_one_with_a_tail(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    raw = encode(data.draw(structs(kind)))
    with pytest.raises(CodecError):
        decode(raw[: data.draw(st.integers(0, len(raw) - 1))], kind)
    with pytest.raises(CodecError):
        decode(raw + b"\xc0", kind)


def test_a_later_version_may_add_fields() -> None:
    raw = msgspec.msgpack.encode({"collector": "c", "protocols": [1, 2], "time": 5, "mood": ["new", {"x": 1}]})
    assert decode(raw, Hello) == Hello("c", (1, 2), 5)


@pytest.mark.parametrize(
    "value", [2**70, "\ud800", object(), {"x": {1, 2, object()}}], ids=["too-large", "half-a-sign", "object", "set"]
)
def test_what_has_no_encoding_raises(value: object) -> None:
    with pytest.raises(CodecError, match=r"^cannot encode "):
        encode(value)


@pytest.mark.parametrize(
    "raw",
    [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 100_000],
    ids=["array", "map", "bytes", "nesting"],
)
def test_a_length_that_was_only_claimed_costs_nothing(raw: bytes) -> None:
    with pytest.raises(CodecError):
        decode(b"\x83\xa9collector\xa1a\xa9protocols" + raw, Hello)
    with pytest.raises(CodecError):
        decode(raw, list[msgspec.Raw])
