"""What travels in a pocket: signed files of chunks to the collector and of receipts back, for sites without a network.

A parcel is a line that names its form, then frames (a 4-byte big-endian length and so many bytes): the head, the
pieces, an empty frame, and the signature (Ed25519) over the SHA-256 of all that precedes it. A piece of chunks is
``codec.encode_chunks`` as an upload has it; a piece of receipts is a ``Receipts``.
"""

import hashlib
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from wire.codec import decode, encode
from wire.errors import CodecError, IdentityError

PIECE_LIMIT = 8 * 1024 * 1024
"""Most bytes of one piece, the same as of an upload."""

_CONTEXT = b"linli-parcel-1\0"
_LENGTH_BYTES = 4


class Form(Enum):
    """What a parcel holds; the value is its first line. Chunks are signed by the gateway, receipts by the collector."""

    CHUNKS = b"LINLI CHUNKS 1\n"
    RECEIPTS = b"LINLI RECEIPTS 1\n"


class Head(Struct, frozen=True, omit_defaults=True):
    """Whose chunks these are, and for whom; ``made_at`` is the maker's clock (µs)."""

    gateway: str
    collector: str
    made_at: int
    version: str = ""


def write_parcel(out: BinaryIO, form: Form, head: Head, pieces: Iterable[bytes], key: Ed25519PrivateKey) -> int:
    """Write a whole parcel and return how many bytes it has. An empty piece or one over ``PIECE_LIMIT`` is a
    ``ValueError``.
    """
    digest, size = hashlib.sha256(), 0

    def put(data: bytes) -> None:
        nonlocal size
        digest.update(data)
        size += out.write(data)

    put(form.value)
    put(_framed(encode(head)))
    for piece in pieces:
        if not 0 < len(piece) <= PIECE_LIMIT:
            raise ValueError(f"a piece of {len(piece)} bytes")
        put(_framed(piece))
    put(_framed(b""))
    return size + out.write(_framed(key.sign(_CONTEXT + digest.digest())))


def read_head(source: BinaryIO, form: Form) -> Head:
    """Return the head of a parcel, not yet believed; ``CodecError`` where it is none of this form."""
    source.seek(0)
    if source.read(len(form.value)) != form.value:
        raise CodecError(f"not a parcel of {form.name.lower()}")
    return decode(_frame(source), Head)


def check_parcel(source: BinaryIO, form: Form, key: Ed25519PublicKey) -> Head:
    """Return the head of a parcel that is whole and signed by ``key``.

    Raises ``CodecError`` where it is not whole (cut off, or more behind its end), ``IdentityError("bad_signature")``
    where another key signed it. Memory does not grow with the file.
    """
    head = read_head(source, form)
    for _ in _pieces(source):
        pass
    end = source.tell()
    signature = _frame(source)
    if source.read(1):
        raise CodecError("there is something behind the parcel's end")
    source.seek(0)
    digest, left = hashlib.sha256(), end
    while left:
        data = source.read(min(left, PIECE_LIMIT))
        if not data:
            raise CodecError("the parcel shrank while it was read")
        digest.update(data)
        left -= len(data)
    try:
        key.verify(signature, _CONTEXT + digest.digest())
    except InvalidSignature as error:
        raise IdentityError("bad_signature") from error
    return head


def read_pieces(source: BinaryIO, form: Form) -> Iterator[bytes]:
    """Yield the pieces of a parcel that ``check_parcel`` has believed."""
    read_head(source, form)
    yield from _pieces(source)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := _frame(source):
        yield piece


def _frame(source: BinaryIO) -> bytes:
    length = int.from_bytes(_exactly(source, _LENGTH_BYTES), "big")
    if length > PIECE_LIMIT:
        raise CodecError(f"a piece of {length} bytes")
    return _exactly(source, length)


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise CodecError("the parcel is cut off")
    return data


def _framed(piece: bytes) -> bytes:
    return len(piece).to_bytes(_LENGTH_BYTES, "big") + piece
