"""What stands between a place and its picture on an ordinary day or night: light, weather, traffic, the sensor."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.scenery.place import HEIGHT, ROOM_X, ROOM_Y, WIDTH, Floats, Place

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Air:
    """One moment. ``light``: 1 is day; ``lamp``: how far the infrared lamp reaches. ``fog``, ``rain``, ``snow``,
    ``leaves``, ``traffic`` from 0 to 1; ``shake`` and ``turned`` in pixels of the picture. ``wobble`` seeds what is
    different in every look, ``clock`` is the time (minutes) that the camera writes into it.
    """

    wobble: int
    light: float = 1.0
    infrared: bool = False
    lamp: float = 1.0
    sun: float = 0.0
    fog: float = 0.0
    rain: float = 0.0
    snow: float = 0.0
    leaves: float = 0.0
    headlights: bool = False
    traffic: float = 0.2
    lorry: bool = False
    shake: float = 0.0
    noise: float = 2.0
    turned: tuple[float, float] = (0.0, 0.0)
    clock: int = 0


def seen(place: Place, air: Air) -> Floats:
    """Return what the lens sees of the place (BGR in 0..255), before the sensor has had its way with it."""
    dice = np.random.default_rng(air.wobble)
    dx, dy = np.array(air.turned) + dice.normal(0, 1, 2) * air.shake
    centre = ((WIDTH - 1) / 2 + ROOM_X + dx, (HEIGHT - 1) / 2 + ROOM_Y + dy)
    far = _crop(place.far, centre)
    if air.infrared:
        picture = _infrared(_crop(place.infrared, centre), far, air.lamp)
    else:
        picture = _daylight(_crop(place.day, centre), place.roofed, air, -dx, -dy)
    _passing(picture, air, dice)
    if air.leaves:
        picture = _leaves(picture, air.leaves, dice)
    if air.fog:
        veil = 1 - np.exp(-air.fog * (0.4 + 3 * far))
        picture = picture * (1 - veil[..., None]) + (60 if air.infrared else 205 * air.light) * veil[..., None]
    if air.rain:
        picture = _streaks(picture, air.rain, dice, air.infrared)
    if air.snow:
        picture = _flakes(picture, air.snow, dice)
    if air.headlights:
        picture = _headlights(picture, dice)
    return np.asarray(picture, np.float32)


def _crop(whole: Floats, centre: tuple[float, float]) -> Floats:
    return np.asarray(cv2.getRectSubPix(whole, (WIDTH, HEIGHT), centre), np.float32)


def taken(lens: Floats, air: Air, quality: int = 82) -> bytes:
    """Return the JPEG of what came through the lens: with noise, and with the camera's own clock written into it."""
    dice = np.random.default_rng(air.wobble + 1)
    noise = air.noise * (3.0 if air.infrared or air.light < 0.3 else 1.0)
    rough = dice.standard_normal((HEIGHT, WIDTH, 1 if air.infrared else 3), np.float32) * noise
    picture: Picture = np.clip(lens + rough, 0, 255).astype(np.uint8)
    hour, minute = divmod(air.clock % 1440, 60)
    for text, at in ((f"2026-03-01 {hour:02}:{minute:02}:17", (14, 22)), ("GATE 2", (540, 345))):
        for tone, thick in ((20, 3), (250, 1)):
            cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (tone,) * 3, thick, cv2.LINE_AA)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def _daylight(picture: Floats, roofed: bool, air: Air, dx: float, dy: float) -> Floats:
    if roofed:
        return np.asarray(picture * (0.35 + 0.65 * air.light), np.float32)
    shade = np.ones((HEIGHT, WIDTH), np.float32)
    for k in range(3):  # shadows of what is not in the picture go round with the sun
        x, top, low = WIDTH * (0.15 + 0.3 * k) + 260 * np.sin(air.sun + k) + dx, 150 + dy, HEIGHT + 120 + dy
        lean = np.cos(air.sun)
        area = np.array([(x, low), (x + 140, low), (x + 210 * lean, top), (x + 90 * lean, top)])
        cv2.fillPoly(shade, [area.astype(np.int32)], (0.62,), cv2.LINE_AA)
    shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), 3), np.float32)
    if air.light < 0.35:  # lamps
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        pools = sum(np.exp(-((x - WIDTH * at) ** 2 + (y - 230) ** 2) / (2 * 95.0**2)) for at in (0.2, 0.7))
        return np.asarray(picture * (air.light + 0.55 * pools[..., None]) * (0.75, 0.95, 1.1), np.float32)
    return np.asarray(picture * air.light * shade[..., None], np.float32)


def _infrared(picture: Floats, far: Floats, lamp: float) -> Floats:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    reach = ((x - WIDTH / 2) / (0.55 * WIDTH)) ** 2 + ((y - HEIGHT * 0.6) / (0.6 * HEIGHT)) ** 2
    grey = lamp * picture * np.exp(-reach / lamp) * (1.25 - far)
    return np.repeat(np.asarray(grey, np.float32)[..., None], 3, axis=2)


def _passing(picture: Floats, air: Air, dice: np.random.Generator) -> None:
    for _ in range(int(dice.poisson(4 * air.traffic))):
        x, y, size = dice.uniform(-40, WIDTH), dice.uniform(150, 320), dice.uniform(20, 80)
        tone = [float(each) * max(air.light, 0.3) for each in dice.uniform(20, 240, 1 if air.infrared else 3)]
        colour = (tone * 3)[:3]
        high = size * dice.choice([0.5, 2.0])
        cv2.rectangle(picture, (int(x), int(y)), (int(x + size), int(y + high)), colour, -1)
        cv2.rectangle(
            picture, (int(x), int(y)), (int(x + size), int(y + high / 3)), [each * 0.4 for each in colour], -1
        )
    if air.lorry:
        light = max(air.light, 0.5)
        cv2.rectangle(picture, (90, 30), (600, 330), (200 * light, 205 * light, 205 * light), -1)
        cv2.rectangle(picture, (470, 60), (590, 180), (60 * light,) * 3, -1)
        for x in (150, 270, 500):
            cv2.circle(picture, (x, 320), 34, (25, 25, 25), -1)


def _leaves(picture: Floats, much: float, dice: np.random.Generator) -> Floats:
    for _ in range(int(220 * much)):
        spot = (int(dice.normal(WIDTH * 0.8, 90)), int(dice.normal(90, 60)))
        tone = float(dice.uniform(25, 110)) * float(picture.mean()) / 100
        cv2.ellipse(
            picture, spot, (9, 4), float(dice.uniform(0, 180)), 0, 360, (tone * 0.5, tone, tone * 0.6), -1, cv2.LINE_AA
        )
    return picture


def _streaks(picture: Floats, much: float, dice: np.random.Generator, infrared: bool) -> Floats:
    picture = np.asarray(picture * (1 - 0.3 * much) + 40 * much, np.float32)
    for _ in range(int(380 * much)):
        x, y, long = int(dice.uniform(0, WIDTH)), int(dice.uniform(-20, HEIGHT)), int(dice.uniform(8, 28))
        bright = float(dice.uniform(120, 240 if infrared else 190))
        cv2.line(picture, (x, y), (x + 3, y + long), (bright,) * 3, 1, cv2.LINE_AA)
    for _ in range(int(9 * much)):  # drops on the glass
        x, y, r = int(dice.uniform(30, WIDTH - 30)), int(dice.uniform(30, HEIGHT - 30)), int(dice.uniform(8, 22))
        drop = picture[y - r : y + r, x - r : x + r]
        picture[y - r : y + r, x - r : x + r] = cv2.GaussianBlur(drop, (0, 0), r / 2)
    return picture


def _flakes(picture: Floats, much: float, dice: np.random.Generator) -> Floats:
    for _ in range(int(600 * much)):
        spot = (int(dice.uniform(0, WIDTH)), int(dice.uniform(0, HEIGHT)))
        cv2.circle(picture, spot, int(dice.choice([1, 1, 2, 3])), (float(dice.uniform(170, 250)),) * 3, -1, cv2.LINE_AA)
    return picture


def _headlights(picture: Floats, dice: np.random.Generator) -> Floats:
    glare = np.zeros((HEIGHT, WIDTH), np.float32)
    x, y = dice.uniform(100, WIDTH - 100), dice.uniform(150, 280)
    for lamp in (-34, 34):
        cv2.circle(glare, (int(x + lamp), int(y)), 13, (1.0,), -1)
    glare = glare * 260 + cv2.GaussianBlur(glare, (0, 0), 40) * 1800
    return np.asarray(picture * 0.55 + glare[..., None], np.float32)
