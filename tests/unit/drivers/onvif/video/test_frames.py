"""Which packets are decoded, what is held of those that are not, and how much of a video is measured."""

from queue import SimpleQueue

import pytest

from drivers.onvif.video.frames import HELD, HELD_BYTES, Decoding, Meter
from tests.fakes.video import FakePacket, FakePicture, FakeStream


@pytest.fixture
def stream() -> FakeStream:
    return FakeStream(SimpleQueue())


def seen(decoding: Decoding[FakePacket, FakePicture], first: int, count: int, every: bool, keys: int = 5) -> list[int]:
    """Feed packets, each ``keys``-th a keyframe; return the numbers of the pictures that came of them."""
    packets = [FakePacket(number, number % keys == 0) for number in range(first, first + count)]
    pictures = [decoding.take(packet, every) for packet in packets]
    return [picture.number for picture in pictures if picture is not None]


def test_keyframes_alone_are_decoded(stream: FakeStream) -> None:
    assert seen(Decoding[FakePacket, FakePicture](stream), 0, 20, every=False) == [0, 5, 10, 15]
    assert stream.decoded == [0, 5, 10, 15]


def test_whoever_begins_to_look_closely_sees_the_newest_at_once(stream: FakeStream) -> None:
    decoding = Decoding[FakePacket, FakePicture](stream)
    seen(decoding, 0, 8, every=False)
    assert seen(decoding, 8, 4, every=True) == [8, 9, 10, 11]
    assert stream.decoded == [0, 5, 5, 6, 7, 8, 9, 10, 11]


def test_looking_closely_once_more_begins_anew_from_the_last_keyframe(stream: FakeStream) -> None:
    decoding = Decoding[FakePacket, FakePicture](stream)
    seen(decoding, 0, 3, every=True)
    seen(decoding, 3, 4, every=False)
    assert seen(decoding, 7, 2, every=True) == [7, 8]


def test_a_video_that_begins_within_waits_for_its_keyframe(stream: FakeStream) -> None:
    assert seen(Decoding[FakePacket, FakePicture](stream), 2, 5, every=True) == [5, 6]


def test_what_is_held_is_bounded_in_number(stream: FakeStream) -> None:
    decoding = Decoding[FakePacket, FakePicture](stream)
    seen(decoding, 0, HELD + 5, every=False, keys=10_000)
    assert seen(decoding, HELD + 5, 3, every=True, keys=10_000) == []
    assert seen(decoding, 20_000, 2, every=True, keys=10_000) == [20_000, 20_001]


def test_what_is_held_is_bounded_in_bytes(stream: FakeStream) -> None:
    decoding = Decoding[FakePacket, FakePicture](stream)
    decoding.take(FakePacket(0), False)
    decoding.take(FakePacket(1, False, HELD_BYTES), False)
    assert decoding.take(FakePacket(2, False), True) is None


def test_a_keyframe_in_two_parts_is_decoded_whole(stream: FakeStream) -> None:
    decoding = Decoding[FakePacket, FakePicture](stream)
    for _ in range(2):
        decoding.take(FakePacket(0), False)
    decoding.take(FakePacket(1, False), False)
    decoding.take(FakePacket(5), False)
    assert stream.decoded == [0, 0, 0, 5]


def test_a_picture_that_comes_in_two_packets_counts_once() -> None:
    meter = Meter(100.0, 10.0)
    for number in range(100):
        assert meter.take(100.0 + number / 10, FakePacket(number // 2)) is None
    assert meter.take(110.0, FakePacket(50)) == (5.1, 81)
    assert meter.take(119.0, FakePacket(51)) is None
