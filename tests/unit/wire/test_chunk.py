"""A chunk is sealed once and opened whole: checksum, codec, size, count and span of time."""

from zlib import crc32

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.making import structs
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import Chunk, ClockMark, ClockState, Content, Gap, Lane
from wire.codec import BODY_LIMIT, decode_chunks, encode, encode_chunks, seal, unseal
from wire.errors import CodecError
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome, OutcomeState
from wire.reading import Batch

JOURNAL = "0123456789abcdef" * 2
CLOCK = ClockMark("boot", ClockState.SYNCED, 5_000, 1_000)
CONTENTS = structs(Content)


def _chunk(body: bytes, n: int = 0, codec: int = 1) -> Chunk:
    return Chunk(JOURNAL, Lane.HISTORY, 1, n, 0, 0, codec, crc32(body), body)


def _sealed(content: Content) -> Chunk:
    return seal(content, journal=JOURNAL, lane=Lane.HISTORY, seq=7)


@given(CONTENTS)
def test_what_is_sealed_is_unsealed(content: Content) -> None:
    chunk = _sealed(content)
    assert unseal(chunk) == content
    assert (chunk.journal, chunk.lane, chunk.seq, chunk.codec) == (JOURNAL, 2, 7, 1)
    assert chunk.n == content.entries()
    assert chunk.intact()


@given(st.lists(CONTENTS, max_size=3))
def test_an_upload_keeps_order_and_bytes(contents: list[Content]) -> None:
    chunks = [_sealed(content) for content in contents]
    assert decode_chunks(encode_chunks(chunks)) == chunks


@given(CONTENTS, st.data())
def test_a_damaged_body_is_never_believed(content: Content, data: st.DataObject) -> None:
    chunk = _sealed(content)
    body = bytearray(chunk.body)
    where, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    body[where] ^= 1 << bit
    damaged = msgspec.structs.replace(chunk, body=bytes(body))
    assert not damaged.intact()
    with pytest.raises(CodecError, match="checksum"):
        unseal(damaged)


@given(CONTENTS, st.data())
def test_a_body_with_a_true_checksum_and_any_damage_opens_or_raises_one_error(
    content: Content, data: st.DataObject
) -> None:
    chunk = _sealed(content)
    body = bytearray(chunk.body)
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        unseal(msgspec.structs.replace(chunk, body=bytes(body), crc=crc32(body)))
    except CodecError:
        return


@given(st.binary(max_size=200))
def test_any_body_opens_or_raises_one_error(body: bytes) -> None:
    for raw in (body, zstandard.ZstdCompressor().compress(body)):
        with pytest.raises(CodecError):
            unseal(_chunk(raw, n=1))


@given(st.binary(max_size=300))
def test_any_upload_is_judged_one_by_one_or_raises_one_error(body: bytes) -> None:
    try:
        found = decode_chunks(body)
    except CodecError:
        return
    assert all(isinstance(one, Chunk | CodecError) for one in found)


def test_one_malformed_chunk_leaves_its_neighbours_whole() -> None:
    good = _sealed(Content(CLOCK))
    body = encode([good, ["not", "a", "chunk"], 7, good])
    first, second, third, fourth = decode_chunks(body)
    assert first == fourth == good
    assert isinstance(second, CodecError)
    assert isinstance(third, CodecError)


@pytest.mark.parametrize("body", [b"", b"\xc0", b"\x81\xa1a\x01", b"\x92\xc0", b"\x90\x90"], ids=repr)
def test_what_is_no_array_is_no_upload(body: bytes) -> None:
    with pytest.raises(CodecError):
        decode_chunks(body)


def test_an_unknown_codec_is_refused() -> None:
    content = Content(CLOCK)
    with pytest.raises(CodecError, match="unknown chunk codec 2"):
        unseal(_chunk(_sealed(content).body, codec=2))


def test_a_wrong_count_is_refused() -> None:
    with pytest.raises(CodecError, match="names 3 entries and holds 0"):
        unseal(_chunk(_sealed(Content(CLOCK)).body, n=3))


def test_a_frame_that_names_too_large_a_size_is_refused_unread() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(BODY_LIMIT + 1))
    assert len(bomb) < 2_000
    with pytest.raises(CodecError, match=f"would decompress to {BODY_LIMIT + 1} bytes"):
        unseal(_chunk(bomb))


def test_a_frame_that_hides_its_size_is_refused() -> None:
    hidden = zstandard.ZstdCompressor(write_content_size=False).compress(encode(Content(CLOCK)))
    with pytest.raises(CodecError, match="would decompress"):
        unseal(_chunk(hidden))


def test_a_frame_that_holds_more_than_it_names_is_refused() -> None:
    frame = bytearray(zstandard.ZstdCompressor().compress(bytes(200)))
    assert frame[4:6] == bytes([0x20, 200])  # one segment; the size is the next byte
    frame[5] = 100
    with pytest.raises(CodecError, match="not zstd"):
        unseal(_chunk(bytes(frame)))


def _everything() -> Content:
    change = AlertChange("a", "r", "d", AlertState.RAISED, Level.RED, 40, 1)
    return Content(
        CLOCK,
        batches=(Batch("d", 50, ("p", "q"), (1, 2.5)),),
        events=(Event("e", "d", "card", 60),),
        alerts=(change,),
        outcomes=(Outcome("c", "d", OutcomeState.EXECUTED, 70),),
        gaps=(Gap("readings", 12, "full", 30, 90),),
        inventory=Inventory(20, "s", "n", "h"),
    )


def test_entries_are_single_readings_and_everything_else_once() -> None:
    assert _everything().entries() == 2 + 1 + 1 + 1 + 1 + 1


def test_the_times_span_every_entry() -> None:
    chunk = _sealed(_everything())
    assert (chunk.t_min, chunk.t_max) == (20, 90)


def test_an_empty_chunk_bears_the_time_it_was_opened() -> None:
    chunk = _sealed(Content(CLOCK))
    assert (chunk.n, chunk.t_min, chunk.t_max) == (0, 5_000, 5_000)


def test_a_message_about_bad_bytes_never_quotes_them() -> None:
    body = zstandard.ZstdCompressor().compress(encode({"clock": "13800138000"}))
    with pytest.raises(CodecError) as caught:
        unseal(_chunk(body))
    assert "13800138000" not in str(caught.value)
