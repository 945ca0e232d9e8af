"""RTP packets joined to documents: however they are cut and marked, with holes, and without end."""

import pytest

from drivers.onvif.metadata.documents import LARGEST, Documents
from tests.unit.drivers.onvif.saying import vector

PLATE, EMPTY = vector("43_dahua_itc_metadata_plate.xml").strip(), vector("45_dahua_metadata_empty_plate.xml").strip()


def rtp(piece: bytes, sequence: int, *, marked: bool = True, payload: int = 107) -> bytes:
    head = bytes((0x80, payload | marked << 7)) + (sequence & 0xFFFF).to_bytes(2, "big")
    return head + bytes(4) + b"LNLI" + piece


def packets(whole: bytes, size: int, first: int, marks: str) -> list[bytes]:
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    return [
        rtp(piece, first + number, marked=marks == "all" or (marks == "last" and number == len(pieces) - 1))
        for number, piece in enumerate(pieces)
    ]


@pytest.mark.parametrize("marks", ["last", "all", "none"])
@pytest.mark.parametrize("size", [100, 401, 5000])
def test_however_it_is_cut_and_marked(size: int, marks: str) -> None:
    documents, sent = Documents(107), packets(PLATE, size, 65_530, marks)
    sent += packets(EMPTY, size, 65_530 + len(sent), marks)
    assert [one for packet in sent for one in documents.feed(packet)] == [PLATE, EMPTY]
    assert not +documents.lost


def test_two_in_one_packet_are_two() -> None:
    documents = Documents(107)
    assert documents.feed(rtp(PLATE + b"\r\n" + EMPTY + b"\0", 1)) == [PLATE, EMPTY]
    assert documents.feed(rtp(b"<tt:MetadataStream xmlns:tt='x'/>", 2)) == []
    assert documents.feed(rtp(PLATE, 3)) == [PLATE]
    assert not +documents.lost


def test_padding_extension_and_sources_are_no_part_of_it() -> None:
    plain = rtp(PLATE, 7)
    whole = b"\xb1" + plain[1:12] + b"CSRC" + b"\xab\xac\x00\x01" + b"NTP!" + plain[12:] + b"\0\0\0\x04"
    assert Documents(107).feed(whole) == [PLATE]


def test_a_document_with_a_hole_is_let_go_and_the_next_is_whole() -> None:
    documents, first = Documents(107), packets(PLATE, 200, 10, "last")
    del first[1]
    later = packets(EMPTY, 200, 20, "last")
    assert [one for packet in first + later for one in documents.feed(packet)] == [EMPTY]
    assert documents.lost["hole"] == 1


def test_half_a_document_does_not_spoil_the_next() -> None:
    documents = Documents(107)
    assert documents.feed(rtp(PLATE[:300], 1)) == []
    assert documents.feed(rtp(EMPTY, 2)) == [EMPTY]
    assert documents.lost["half"] == 1


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x80" * 11,
        rtp(PLATE, 1, payload=96),
        b"\x40" + rtp(PLATE, 1)[1:],
        b"\xa0" + rtp(PLATE[:100], 1)[1:-1] + b"\xff",
    ],
)
def test_what_is_no_packet_of_it_is_counted(packet: bytes) -> None:
    documents = Documents(107)
    assert documents.feed(packet) == []
    assert documents.lost.total() == 1


def test_one_without_end_is_let_go() -> None:
    documents, piece = Documents(107), b"x" * 60_000
    documents.feed(rtp(b"<?xml?><tt:MetadataStream>", 0))
    for number in range(1, 2 * LARGEST // len(piece)):
        assert documents.feed(rtp(piece, number)) == []
    assert documents.lost["oversized"] == 1
    assert documents.feed(rtp(EMPTY, 2 * LARGEST // len(piece))) == [EMPTY]
