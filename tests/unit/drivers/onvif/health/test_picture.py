"""Pictures from outside: what is none, lies about its size or is cut short costs an error; what is one is measured."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import CorruptAnswer
from drivers.onvif.health.picture import COLUMNS, MOST_BYTES, ROWS, WIDE, Image, look, opened
from drivers.onvif.health.reference import featured


def jpeg(picture: Image, quality: int = 85) -> bytes:
    """Return it as a camera would send it."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def board(width: int, height: int, blur: float = 0.0) -> Image:
    """Return a chequered picture, sharp or not."""
    y, x = np.mgrid[0:height, 0:width]
    tone = np.where((x * 12 // width + y * 8 // height) % 2, 200, 60).astype(np.uint8)
    tone = cv2.GaussianBlur(tone, (0, 0), blur).astype(np.uint8) if blur else tone
    return np.repeat(tone[..., None], 3, axis=2)


def claiming(width: int, height: int) -> bytes:
    """Return a JPEG that says that it is so large."""
    data = jpeg(board(640, 360))
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2) + width.to_bytes(2) + data[at + 4 :]


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160), (720, 1160)])
def test_every_size_becomes_a_small_one(size: tuple[int, int]) -> None:
    image = opened(jpeg(board(*size)))
    assert image.shape == (round(size[1] * WIDE / size[0]), WIDE, 3)


def test_one_that_is_smaller_stays_as_it_is() -> None:
    assert opened(jpeg(board(352, 288))).shape == (288, 352, 3)


def test_brightness_and_sharpness_are_measured() -> None:
    sharp, blurred = look(jpeg(board(1280, 720))), look(jpeg(board(1280, 720, blur=9)))
    assert 120 < sharp.luma < 140
    assert abs(sharp.luma - blurred.luma) < 2
    assert sharp.sharpness > 10 * blurred.sharpness
    assert float(np.median(sharp.acutance)) > 1.5 * float(np.median(blurred.acutance[blurred.acutance > 0]))
    assert len(sharp.marks) == ROWS * COLUMNS


def test_what_shows_nothing_has_no_features() -> None:
    assert featured(look(jpeg(np.full((360, 640, 3), 90, np.uint8)))) == 0
    assert featured(look(jpeg(board(640, 360)))) > 0.9


def test_infrared_is_without_colour() -> None:
    street = board(640, 360)
    assert not look(jpeg(street)).colour
    street[..., 2] //= 2
    assert look(jpeg(street)).colour


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_a_picture_or_an_error_of_ours(tail: bytes, head: bytes) -> None:
    with pytest.raises(CorruptAnswer):
        look(head + tail)


@pytest.mark.parametrize("keep", [0, 3, 20, 200, 1500, -2])
def test_one_that_is_cut_short_is_an_error(keep: int) -> None:
    with pytest.raises(CorruptAnswer):
        look(jpeg(board(640, 360))[:keep])


@pytest.mark.parametrize("size", [(60_000, 60_000), (0, 0), (65_000, 1000), (8, 8)])
def test_one_that_claims_too_much_is_never_opened(size: tuple[int, int]) -> None:
    with pytest.raises(CorruptAnswer, match="pixels"):
        look(claiming(*size))


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(CorruptAnswer, match="bytes"):
        look(b"\xff\xd8" + bytes(MOST_BYTES))
