"""Of a masked picture nothing is read any more, however surely one looks, and nothing of the file goes along."""

import cv2
import numpy as np
import pytest

from drivers.api import ModelsMissing, NoPicture, picture_masker, plate_reader
from drivers.plates import locate, read
from drivers.plates.mask import BLOCKS
from tests.unit.drivers.plates.drawing import jpeg, plate, street, vehicle

PICTURES = [
    jpeg(plate("浙F8K2Y7")),
    jpeg(plate("浙FD12853", "green")),
    jpeg(vehicle(plate("皖B3U621", "yellow", 2), 300)),
]


def test_nothing_is_read_of_a_masked_plate_at_any_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        reader = plate_reader()
    except ModelsMissing as missing:
        pytest.skip(str(missing))
    mask = picture_masker()
    assert all(reader.read(picture) for picture in PICTURES)
    monkeypatch.setattr(read, "BELIEVED", 0.0)
    monkeypatch.setattr(locate, "MINIMUM", 0.0001)
    assert [reader.read(mask.masked(picture)) for picture in PICTURES] == [[]] * len(PICTURES)


@pytest.mark.parametrize(
    "picture", [PICTURES[0], jpeg(street()), jpeg(street((40, 90)))], ids=["plate", "street", "tall"]
)
def test_what_is_left_are_a_few_blocks(picture: bytes) -> None:
    before, after = (cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in _pair(picture))
    assert before is not None
    assert after is not None
    assert before.shape[0] / before.shape[1] == pytest.approx(after.shape[0] / after.shape[1], rel=0.05)
    edges = np.abs(np.diff(after.astype(int), axis=1)).max(axis=2)
    assert (edges > 24).any(axis=0).sum() <= 3 * BLOCKS, "edges stand between blocks alone"


def test_no_thumbnail_and_no_remark_of_the_file_goes_along() -> None:
    whole, thumbnail = jpeg(street()), jpeg(plate("浙F8K2Y7"))
    remark = b"Exif\0\0" + thumbnail
    carrying = whole[:2] + b"\xff\xe1" + (len(remark) + 2).to_bytes(2, "big") + remark + whole[2:]
    masked = picture_masker().masked(carrying)
    assert masked[:2] == b"\xff\xd8"
    assert b"Exif" not in masked
    assert thumbnail[-400:-360] not in masked


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 broken"])
def test_what_is_no_picture_is_not_handed_out_as_one(data: bytes) -> None:
    with pytest.raises(NoPicture):
        picture_masker().masked(data)


def _pair(picture: bytes) -> tuple[bytes, bytes]:
    return picture, picture_masker().masked(picture)
