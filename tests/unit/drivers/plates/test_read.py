"""The whole way from a picture to its plates, on drawn pictures; skipped where the networks are not installed."""

import math

import numpy as np
import pytest

from drivers.api import OPENING, ModelsMissing, PlateKind, PlateRead, ReadsPlates, plate_reader
from drivers.plates.kinds import Ground
from drivers.plates.locate import Found, Image
from drivers.plates.read import filling, judged, read_plates
from drivers.plates.rectify import one_row, ratio, two_rows
from tests.unit.drivers.plates.drawing import jpeg, plate, street, vehicle
from tests.unit.drivers.plates.test_decode import strip


@pytest.fixture(scope="module")
def reader() -> ReadsPlates:
    """The reader that a gateway uses."""
    try:
        return plate_reader()
    except ModelsMissing as missing:
        pytest.skip(str(missing))


PLATES = [
    ("浙F8K2Y7", "blue", 1, PlateKind.blue),
    ("浙F5B821", "yellow", 1, PlateKind.yellow),
    ("皖B3U621", "yellow", 2, PlateKind.yellow_double),
    ("浙FD12853", "green", 1, PlateKind.green_small),
    ("苏E82315F", "green", 1, PlateKind.green_large),
    ("京A2387警", "white", 1, PlateKind.white),
    ("粤Z7H31港", "black", 1, PlateKind.black),
]


@pytest.mark.parametrize(("text", "colour", "rows", "kind"), PLATES, ids=[each[0] for each in PLATES])
@pytest.mark.parametrize("width", [100, 220])
def test_a_plate_of_every_kind_is_read(
    reader: ReadsPlates, text: str, colour: str, rows: int, kind: PlateKind, width: int
) -> None:
    (read,) = reader.read(jpeg(vehicle(plate(text, colour, rows), width, turn=4)))
    assert (read.text, read.kind, read.rows) == (text, kind, rows)
    assert read.confidence >= 0.5
    assert math.dist(read.centre, (640, 360 - int(1.2 * width) + 1.7 * width)) < width / 8
    assert read.width == pytest.approx(width, rel=0.15)


def test_a_number_that_nobody_issues_is_not_read_as_another(reader: ReadsPlates) -> None:
    assert reader.read(jpeg(vehicle(plate("川A2D4领", "black")))) == []


def test_a_street_without_a_plate_is_empty(reader: ReadsPlates) -> None:
    assert reader.read(jpeg(street())) == []


def test_a_picture_that_is_nothing_but_a_plate_is_read(reader: ReadsPlates) -> None:
    (read,) = reader.read(jpeg(plate("浙F8K2Y7")))
    assert (read.text, read.kind) == ("浙F8K2Y7", PlateKind.blue)


def test_a_passage_of_frames_makes_one_read(reader: ReadsPlates) -> None:
    passages = reader.passages()
    for number, width in enumerate((70, 110, 180)):
        passages.see(number * 200_000, reader.read(jpeg(vehicle(plate("浙F8K2Y7"), width))), f"frame-{number}")
    (passage,) = passages.until(10**9)
    assert passage.read.text == "浙F8K2Y7"
    assert passage.read.confidence >= OPENING
    assert passage.direction == "approaching"


class Everywhere:
    """Finds what it is told to find (``Locates``)."""

    def __init__(self, *found: Found) -> None:
        """Take what is to be found in every picture."""
        self.found = list(found)

    def find(self, image: Image) -> list[Found]:
        return self.found


class Says:
    """Recognises what it is told to, one text for each strip in turn and the last for ever (``Recognises``)."""

    def __init__(self, *texts: tuple[str, float]) -> None:
        """Take the texts and how surely each character of them is seen."""
        self.texts, self.asked = list(texts), 0

    def steps(self, image: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        text, sure = self.texts[min(self.asked, len(self.texts) - 1)]
        self.asked += 1
        return strip(text, sure)


def square(left: float, width: float, height: float = 0.0) -> Found:
    """Return a plate found so far from the left and so wide."""
    down = height or width / 3.14
    corners = [[left, 100], [left + width, 100], [left + width, 100 + down], [left, 100 + down]]
    return Found(np.array(corners, np.float32), 0.9)


def read(finder: Everywhere, says: Says, home: str = "") -> list[PlateRead]:
    return read_plates(street((1280, 720)), finder, says, home)


def test_the_nearer_of_two_sure_plates_comes_first() -> None:
    says = Says(("浙F8K2Y7", 0.999), ("苏E12345", 0.999))
    assert [each.text for each in read(Everywhere(square(50, 100), square(500, 180)), says)] == ["苏E12345", "浙F8K2Y7"]


def test_a_sure_plate_comes_before_a_nearer_doubtful_one() -> None:
    says = Says(("浙F8K2Y7", 0.999), ("苏E12345", 0.9))
    reads = read(Everywhere(square(50, 100), square(500, 180)), says)
    assert [each.text for each in reads] == ["浙F8K2Y7", "苏E12345"]
    assert reads[0].confidence >= OPENING > reads[1].confidence


def test_the_same_plate_found_twice_is_one() -> None:
    assert len(read(Everywhere(square(50, 100), square(60, 100)), Says(("浙F8K2Y7", 0.999)))) == 1


def test_a_sure_first_look_is_the_only_one() -> None:
    says = Says(("浙F8K2Y7", 0.999))
    read(Everywhere(square(50, 100)), says)
    assert says.asked == 1


def test_an_unsure_look_is_followed_by_others_and_a_high_plate_is_read_in_two_rows() -> None:
    says = Says(("浙F8K2Y7", 0.9))
    read(Everywhere(square(50, 100)), says)
    assert says.asked == 3
    says = Says(("LLLL", 0.9), ("LLLL", 0.9), ("LLLL", 0.9), ("皖B3U621", 0.999))
    (found,) = read(Everywhere(square(50, 100, 50)), says)
    assert (found.text, found.rows) == ("皖B3U621", 2)


def test_what_is_hardly_seen_is_not_told() -> None:
    assert read(Everywhere(square(50, 100)), Says(("浙F8K2Y7", 0.5))) == []


def test_a_place_that_most_come_from_tips_what_is_even_and_no_more() -> None:
    even = [("苏F8K2Y7", 0.46), ("浙F8K2Y7", 0.44)]
    assert judged(even, Ground.blue, "")[0][0] == "苏F8K2Y7"
    assert judged(even, Ground.blue, "浙F")[0][0] == "浙F8K2Y7"
    assert judged([("苏F8K2Y7", 0.9), ("浙F8K2Y7", 0.02)], Ground.blue, "浙F")[0][0] == "苏F8K2Y7"
    assert all(share <= 1 for _, share in judged(even, Ground.blue, "浙F"))


def test_an_ambiguous_text_is_doubted_more_than_a_faint_one() -> None:
    faint = judged([("浙F8K2Y7", 0.5)], Ground.blue, "")[0][1]
    ambiguous = judged([("浙F8K2Y7", 0.5), ("浙F8K2V7", 0.4)], Ground.blue, "")[0][1]
    assert ambiguous < faint < OPENING


def test_a_number_on_the_wrong_ground_cannot_open() -> None:
    assert judged([("浙FD12853", 0.999)], Ground.green, "")[0][1] >= OPENING
    assert judged([("浙FD12853", 0.999)], Ground.blue, "")[0][1] < 0.5


def test_only_a_picture_of_a_plate_s_shape_is_taken_for_one() -> None:
    assert filling(np.zeros((40, 120, 3), np.uint8))
    assert filling(np.zeros((720, 1280, 3), np.uint8)) == []
    assert filling(np.zeros((120, 120, 3), np.uint8)) == []


def test_a_turned_plate_comes_out_straight() -> None:
    scene = np.zeros((300, 300, 3), np.uint8)
    corners = np.array([[50, 80], [250, 140], [240, 200], [40, 140]], np.float32)
    found = Found(corners, 1.0)
    assert ratio(found.corners) == pytest.approx(208.8 / 60.8, rel=0.01)
    assert one_row(scene, corners).shape == two_rows(scene, corners).shape == (48, 192, 3)


def test_two_rows_are_never_a_new_energy_number() -> None:
    either = [("浙FK20312", 0.5), ("浙FK2031", 0.3)]
    assert judged(either, Ground.yellow, "", rows=1)[0][0] == "浙FK20312"
    assert [text for text, _ in judged(either, Ground.yellow, "", rows=2)] == ["浙FK2031"]
