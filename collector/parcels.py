"""Takes in what a technician carried here: a gateway's parcel of chunks, stored as if uploaded, receipted in a file."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.ingest.service import Ingest
from collector.store import fleet
from collector.store.api import Store
from wire.chunk import Chunk
from wire.codec import decode_chunks, encode, encode_chunks
from wire.errors import CodecError, IdentityError
from wire.identity import public_key
from wire.parcel import Form, Head, check_parcel, read_head, read_pieces, write_parcel
from wire.receipt import Fate, Receipt, Receipts

TRIES = 50
"""So often a piece is offered: chunks that are too many at once are for the next try."""


class BadParcel(Exception):
    """The parcel is not taken; ``word`` says why: ``not_a_parcel``, ``unknown_gateway``, ``other_collector``,
    ``bad_signature`` or ``store_unavailable``. Nothing of it was stored, unless it is the last.
    """

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(detail or word)
        self.word = word


@dataclass
class Taken:
    """What became of a parcel; counts are of chunks."""

    head: Head
    accepted: int = 0
    rejected: int = 0
    kept: int = 0
    receipts: list[Receipts] = field(default_factory=list)


async def take_parcel(source: BinaryIO, store: Store, ingest: Ingest, collector: str) -> Taken:
    """Store a parcel of chunks under the names they bear; ``BadParcel`` where it is not believed."""
    head = await _believed(source, store, collector)
    taken = Taken(head)
    for piece in read_pieces(source, Form.CHUNKS):
        async for receipts in _offered(ingest, head.gateway, piece):
            for receipt in receipts.receipts:
                taken.accepted += receipt.fate is Fate.ACCEPTED
                taken.rejected += receipt.fate is Fate.REJECTED
            settled = tuple(one for one in receipts.receipts if one.fate is not Fate.KEEP)
            if settled:
                taken.receipts.append(Receipts(settled, receipts.time))
    return taken


def write_receipts(path: Path, taken: Taken, made_at: int, key: Ed25519PrivateKey) -> None:
    """Write the receipts that let the chunks leave the gateway's buffer, signed with the key of the commands."""
    head = Head(taken.head.gateway, taken.head.collector, made_at)
    with path.open("xb") as out:
        write_parcel(out, Form.RECEIPTS, head, map(encode, taken.receipts), key)


async def _believed(source: BinaryIO, store: Store, collector: str) -> Head:
    try:
        head = read_head(source, Form.CHUNKS)
        row = await store.read(fleet.one_gateway, head.gateway)
        if row is None or row.revoked_at is not None:
            raise BadParcel("unknown_gateway", head.gateway)
        if head.collector != collector:
            raise BadParcel("other_collector", head.collector)
        return check_parcel(source, Form.CHUNKS, public_key(row.public_key))
    except CodecError as error:
        raise BadParcel("not_a_parcel", str(error)) from error
    except IdentityError as error:
        raise BadParcel(error.reason) from error


async def _offered(ingest: Ingest, gateway: str, piece: bytes) -> AsyncIterator[Receipts]:
    """Yield receipts until each chunk of the piece has one that is not ``keep``."""
    left: list[Chunk] = list(_chunks(piece))
    for _ in range(TRIES):
        receipts = await ingest.take(gateway, encode_chunks(left), paced=False)
        yield receipts
        settled = {_name(one) for one in receipts.receipts if one.fate is not Fate.KEEP}
        left = [chunk for chunk in left if (chunk.journal, chunk.lane, chunk.seq) not in settled]
        if not left:
            return
        if not settled:
            break
    raise BadParcel("store_unavailable", f"{len(left)} chunks could not be stored now")


def _chunks(piece: bytes) -> Iterator[Chunk]:
    try:
        found = decode_chunks(piece)
    except CodecError as error:
        raise BadParcel("not_a_parcel", str(error)) from error
    for chunk in found:
        if isinstance(chunk, CodecError):
            raise BadParcel("not_a_parcel", str(chunk)) from chunk
        yield chunk


def _name(receipt: Receipt) -> tuple[str, int, int]:
    return receipt.journal, receipt.lane, receipt.seq
