"""The colour of a plate's ground, the kind that follows, and the number that cannot stand on such a ground."""

import cv2
import numpy as np
import pytest

from drivers.api import PlateKind
from drivers.plates.grammar import Form
from drivers.plates.kinds import Ground, contradicts, ground, kind
from tests.unit.drivers.plates.drawing import GROUNDS, Image, plate


@pytest.mark.parametrize("colour", GROUNDS)
@pytest.mark.parametrize("light", [0.6, 1.0])
def test_the_ground_is_seen_in_the_sun_and_in_the_shade(colour: str, light: float) -> None:
    image = (plate("浙F8K2Y7", colour) * light).astype(np.uint8)
    seen = ground(image)
    assert seen is Ground(colour) or (colour == "white" and light < 1 and seen is Ground.unknown)


def test_infrared_shows_no_colour() -> None:
    def grey(image: Image) -> Image:
        return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)

    for colour in ("blue", "yellow", "green"):
        assert ground(grey(plate("浙F8K2Y7", colour))) in {Ground.white, Ground.black, Ground.unknown}


def test_what_is_written_decides_before_the_colour_does() -> None:
    assert kind(Form.new_energy_small, Ground.unknown, 1) is PlateKind.green_small
    assert kind(Form.new_energy_large, Ground.yellow, 1) is PlateKind.green_large
    assert kind(Form.police, Ground.unknown, 1) is PlateKind.white
    assert kind(Form.hong_kong, Ground.unknown, 1) is PlateKind.black
    assert kind(Form.trailer, Ground.unknown, 2) is PlateKind.yellow_double


def test_an_ordinary_number_takes_the_colour_that_is_seen() -> None:
    assert kind(Form.ordinary, Ground.blue, 1) is PlateKind.blue
    assert kind(Form.ordinary, Ground.yellow, 1) is PlateKind.yellow
    assert kind(Form.ordinary, Ground.yellow, 2) is PlateKind.yellow_double
    assert kind(Form.ordinary, Ground.black, 1) is PlateKind.unknown
    assert kind(Form.ordinary, Ground.unknown, 2) is PlateKind.unknown


def test_a_new_energy_number_on_blue_is_doubted_and_night_is_not() -> None:
    assert contradicts(Form.new_energy_small, Ground.blue)
    assert contradicts(Form.ordinary, Ground.green)
    assert not any(contradicts(Form.new_energy_large, colour) for colour in Ground if colour is not Ground.blue)
    assert not any(contradicts(Form.ordinary, colour) for colour in Ground if colour is not Ground.green)
