"""Pictures from outside: what is no picture, lies about its size or is too large costs an error and no memory."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import NoPicture, PlateKind, PlateRead
from drivers.plates.picture import HALVED_ABOVE, Opened, annotated, enlarged, opened, size_of
from tests.unit.drivers.plates.drawing import jpeg, street


def png(width: int, height: int) -> bytes:
    """Return a PNG of one colour, so large or small."""
    done, data = cv2.imencode(".png", np.zeros((height, width, 3), np.uint8))
    assert done
    return data.tobytes()


def test_a_size_is_read_without_decoding() -> None:
    assert size_of(jpeg(street((640, 360)))) == (640, 360)
    assert size_of(png(33, 44)) == (33, 44)
    assert size_of(b"GIF89a" + bytes(40)) is None


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_a_picture_or_an_error_of_ours(tail: bytes, head: bytes) -> None:
    with pytest.raises(NoPicture):
        opened(head + tail)


@pytest.mark.parametrize("keep", [0, 3, 20, 200, 1500])
def test_a_truncated_jpeg_is_no_crash(keep: int) -> None:
    whole = jpeg(street((320, 200)))
    try:
        image = opened(whole[:keep]).image
    except NoPicture:
        return
    assert image.shape == (200, 320, 3)


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded() -> None:
    bomb = bytearray(png(8, 8))
    bomb[16:24] = (60_000).to_bytes(4) + (60_000).to_bytes(4)
    with pytest.raises(NoPicture, match="60000 x 60000"):
        opened(bytes(bomb))


def test_a_very_large_picture_is_opened_at_half_its_size() -> None:
    width = int(HALVED_ABOVE**0.5) + 2
    image, scale = opened(jpeg(np.zeros((width, width, 3), np.uint8)))
    assert scale == 2
    assert image.shape[0] == (width + 1) // 2
    read = PlateRead("浙F8K2Y7", 0.95, PlateKind.blue, ((1, 2), (3, 2), (3, 4), (1, 4)))
    assert enlarged(read, scale).corners == ((2, 4), (6, 4), (6, 8), (2, 8))


def test_what_was_read_is_drawn_beside_the_plate() -> None:
    picture = Opened(street((640, 360)), 1)
    read = PlateRead("浙F8K2Y7", 0.95, PlateKind.blue, ((300, 200), (400, 200), (400, 230), (300, 230)))
    drawn = opened(annotated(picture, [read])).image
    assert drawn.shape == picture.image.shape
    changed = np.abs(drawn.astype(int) - picture.image).max(axis=2) > 80
    assert changed[195:235, 295:405].any()
    assert changed[165:200].any()
    assert not changed[300:].any()
