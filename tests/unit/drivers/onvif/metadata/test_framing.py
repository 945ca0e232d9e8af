"""Bytes of an RTSP connection, cut into answers and packets however they come, and what strangers may send instead."""

import random

import pytest

from drivers.api import CorruptAnswer
from drivers.onvif.metadata.documents import Documents
from drivers.onvif.metadata.framing import LARGEST_BODY, LARGEST_HEAD, Answer, Framing, Message, Packet

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 4\r\nWWW-Authenticate: a\r\nwww-authenticate: b\r\n\r\nv=0\n"
PACKETS = b"$\x00\x00\x03abc$\x01\x00\x00"
WANTED: list[Message] = [
    Answer(
        200,
        (("cseq", "2"), ("content-length", "4"), ("www-authenticate", "a"), ("www-authenticate", "b")),
        b"v=0\n",
    ),
    Packet(0, b"abc"),
    Packet(1, b""),
]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_it_does_not_matter_how_bytes_come(size: int) -> None:
    framing, whole = Framing(), ANSWER + b"\r\n" + PACKETS
    found = [one for at in range(0, len(whole), size) for one in framing.feed(whole[at : at + size])]
    assert found == WANTED


def test_headers_are_found_by_name() -> None:
    (answer,) = Framing().feed(ANSWER)
    assert isinstance(answer, Answer)
    assert (answer.all("www-authenticate"), answer.header("cseq"), answer.header("session")) == (["a", "b"], "2", "")


def test_a_question_of_the_cameras_own_is_no_answer() -> None:
    (asked,) = Framing().feed(b"SET_PARAMETER rtsp://192.0.2.7/1 RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    assert isinstance(asked, Answer)
    assert asked.status == 0


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\x00\x00\x00",
        b"RTSP/1.0 OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * (LARGEST_HEAD // 6),
    ],
)
def test_what_is_no_rtsp_or_has_no_measure_is_said(sent: bytes) -> None:
    with pytest.raises(CorruptAnswer):
        Framing().feed(sent)


def test_whatever_is_sent_costs_an_error_at_most() -> None:
    dice = random.Random(7)
    document = b"<tt:MetadataStream><tt:Frame/></tt:MetadataStream>"
    packet = b"\x80\xeb\x00\x01" + bytes(8) + document
    good = ANSWER + b"$\x00" + len(packet).to_bytes(2, "big") + packet + PACKETS
    outcomes: set[tuple[bytes, ...]] = set()
    for _ in range(2000):
        sent = bytearray(good)
        for _ in range(dice.randint(0, 6)):
            sent[dice.randrange(len(sent))] = dice.randrange(256)
        framing, documents = Framing(), Documents(107)
        try:
            found = framing.feed(bytes(sent))
            outcomes.add(tuple(one for each in found if isinstance(each, Packet) for one in documents.feed(each.data)))
        except CorruptAnswer:
            outcomes.add((b"error",))
    assert {(document,), (b"error",), ()} <= outcomes
