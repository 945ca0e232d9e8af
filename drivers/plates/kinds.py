"""What kind of plate it is, from the colour of its ground, its rows and what is written on it."""

from enum import StrEnum

import cv2
import numpy as np

from drivers.api.plates import PlateKind
from drivers.plates.grammar import Form
from drivers.plates.locate import Image


class Ground(StrEnum):
    """The colour of a plate's ground, as far as a camera shows it; ``unknown`` at night and under infrared."""

    blue = "blue"
    yellow = "yellow"
    green = "green"
    white = "white"
    black = "black"
    unknown = "unknown"


_HUES = {Ground.yellow: (12, 36), Ground.green: (37, 92), Ground.blue: (93, 135)}
"""Hues of OpenCV (half degrees)."""

_COLOURED, _LIT = 60, 40
_SHARE, _LEAD = 0.3, 1.5
"""A colour counts from this share of the plate on, and only if it leads the next by this factor."""

_BY_FORM = {
    Form.new_energy_small: PlateKind.green_small,
    Form.new_energy_large: PlateKind.green_large,
    Form.police: PlateKind.white,
    Form.armed_police: PlateKind.white,
    Form.military: PlateKind.white,
    Form.hong_kong: PlateKind.black,
    Form.macao: PlateKind.black,
    Form.consulate: PlateKind.black,
    Form.embassy: PlateKind.black,
    Form.embassy_before_2018: PlateKind.black,
    Form.civil_aviation: PlateKind.green,
    Form.trailer: PlateKind.yellow,
    Form.training: PlateKind.yellow,
}
_GREEN = frozenset({Form.new_energy_small, Form.new_energy_large, Form.civil_aviation})


def ground(strip: Image) -> Ground:
    """Return the colour of a straightened plate's ground; ``strip`` is BGR."""
    inner = strip[strip.shape[0] // 8 : -strip.shape[0] // 8, strip.shape[1] // 16 : -strip.shape[1] // 16]
    hue, saturation, value = (np.asarray(plane) for plane in cv2.split(cv2.cvtColor(inner, cv2.COLOR_BGR2HSV)))
    coloured = (saturation >= _COLOURED) & (value >= _LIT)
    shares = {name: float(((hue >= low) & (hue <= high) & coloured).mean()) for name, (low, high) in _HUES.items()}
    best, second = sorted(shares, key=lambda name: -shares[name])[:2]
    if shares[best] >= _SHARE and shares[best] >= _LEAD * shares[second]:
        return best
    if float(coloured.mean()) > _SHARE / 2:
        return Ground.unknown
    middle = float(np.median(value))
    return Ground.white if middle > 150 else Ground.black if middle < 70 else Ground.unknown


def kind(form: Form, colour: Ground, rows: int) -> PlateKind:
    """Return the kind: what is written decides where only one kind is written so, else the ground does.

    An ordinary number on white or black is ``unknown``: such plates are no longer issued, infrared shows them often.
    """
    told = _BY_FORM.get(form)
    if told is None:
        told = PlateKind(colour) if colour in _HUES else PlateKind.unknown
    return PlateKind.yellow_double if told is PlateKind.yellow and rows == 2 else told


def contradicts(form: Form, colour: Ground) -> bool:
    """Tell whether such a number never stands on such a ground: then one of the two was seen wrongly.

    Large new-energy plates are yellow at the left; white and black are left alone, for night turns all into them.
    """
    if form in _GREEN:
        return colour is Ground.blue
    return colour is Ground.green and form is Form.ordinary


def stands_in(form: Form, rows: int) -> bool:
    """Tell whether such a number is ever written in so many rows: those of new energy stand in one."""
    return rows == 1 or form not in _GREEN
