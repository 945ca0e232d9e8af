"""Values to bytes and back: msgpack throughout, zstd around a chunk's body; anything wrong raises ``CodecError``."""

from collections.abc import Hashable, Iterable
from functools import cache
from threading import local
from typing import Any, TypeVar, cast
from zlib import crc32

import msgspec
import zstandard

from wire.chunk import Chunk, Codec, Content, Lane
from wire.errors import CodecError

MEDIA_TYPE = "application/vnd.linli+msgpack"
"""Content type of every body between agent and collector."""

BODY_LIMIT = 16 * 1024 * 1024
"""Most bytes a chunk's body may decompress to; a larger one is refused unread."""

T = TypeVar("T")

_LEVEL = 3
_encoder = msgspec.msgpack.Encoder()
_zstd = local()


@cache
def _decoder(kind: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(cast(Any, kind))


def encode(value: object) -> bytes:
    """Return the msgpack bytes of a struct of this package."""
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CodecError(f"cannot encode {type(value).__name__}: {error}") from error


def decode(data: bytes | memoryview, kind: type[T]) -> T:
    """Return the ``kind`` that ``data`` encodes; ``CodecError`` for anything else."""
    try:
        return cast(T, _decoder(cast(Hashable, kind)).decode(data))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise CodecError(f"not a {getattr(kind, '__name__', kind)}: {error}") from error


def seal(content: Content, *, journal: str, lane: Lane, seq: int) -> Chunk:
    """Encode ``content`` once into the chunk that is stored and sent; the times span its entries."""
    body = _compressor().compress(encode(content))
    t_min, t_max = span(content)
    return Chunk(journal, int(lane), seq, content.entries(), t_min, t_max, int(Codec.MSGPACK_ZSTD), crc32(body), body)


def unseal(chunk: Chunk) -> Content:
    """Return what a chunk holds; ``CodecError`` when its checksum, codec, size or content is wrong."""
    if not chunk.intact():
        raise CodecError("the chunk's checksum does not match its body")
    if chunk.codec != Codec.MSGPACK_ZSTD:
        raise CodecError(f"unknown chunk codec {chunk.codec}")
    try:
        size = zstandard.get_frame_parameters(chunk.body).content_size
        if size > BODY_LIMIT:
            raise CodecError(f"the chunk would decompress to {size} bytes")
        raw = _decompressor().decompress(chunk.body, max_output_size=BODY_LIMIT)
    except zstandard.ZstdError as error:
        raise CodecError(f"the chunk's body is not zstd: {error}") from error
    content = decode(raw, Content)
    if content.entries() != chunk.n:
        raise CodecError(f"the chunk names {chunk.n} entries and holds {content.entries()}")
    return content


def span(content: Content) -> tuple[int, int]:
    """Return when the first and the last of its entries were taken (µs); its clock where it has none."""
    times = [batch.at for batch in content.batches]
    times += [event.at for event in content.events]
    times += [change.at for change in content.alerts]
    times += [outcome.at for outcome in content.outcomes]
    times += [at for gap in content.gaps for at in (gap.start, gap.end)]
    times += [summary.start for summary in content.summaries]
    if content.inventory is not None:
        times.append(content.inventory.at)
    return (min(times), max(times)) if times else (content.clock.wall, content.clock.wall)


def unsealed_size(chunk: Chunk) -> int:
    """Return how many bytes ``unseal`` would decompress for this chunk; 0 where it would refuse to."""
    try:
        size = zstandard.get_frame_parameters(chunk.body).content_size
    except zstandard.ZstdError:
        return 0
    return int(size) if size <= BODY_LIMIT else 0


def encode_chunks(chunks: Iterable[Chunk]) -> bytes:
    """Return an upload's body: one msgpack array of chunks."""
    return encode(list(chunks))


def decode_chunks(data: bytes) -> list[Chunk | CodecError]:
    """Return the chunks of an upload's body in order, each judged alone: a malformed one stands as its error.

    Raises ``CodecError`` only when the body is not one whole msgpack array.
    """
    return [_chunk_or_error(raw) for raw in decode(data, list[msgspec.Raw])]


def _chunk_or_error(raw: msgspec.Raw) -> Chunk | CodecError:
    try:
        return decode(bytes(raw), Chunk)
    except CodecError as error:
        return error


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_zstd, "compressor"):
        _zstd.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)
    compressor: zstandard.ZstdCompressor = _zstd.compressor
    return compressor


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_zstd, "decompressor"):
        _zstd.decompressor = zstandard.ZstdDecompressor()
    decompressor: zstandard.ZstdDecompressor = _zstd.decompressor
    return decompressor
