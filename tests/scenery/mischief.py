"""What is done to a camera, drawn into what its lens sees: covered, sprayed, out of focus, darkened."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from tests.scenery.place import HEIGHT, WIDTH, Floats

Deed = Callable[[Floats, np.random.Generator], Floats]


def _smooth(dice: np.random.Generator, size: float) -> Floats:
    field = cv2.GaussianBlur(dice.standard_normal((HEIGHT, WIDTH), np.float32), (0, 0), size)
    return np.asarray((field - field.min()) / (field.max() - field.min() + 1e-6), np.float32)


def hand(lens: Floats, dice: np.random.Generator) -> Floats:
    """Lay a hand over it: dark, without focus, some light past its edge."""
    skin = np.array([55, 75, 120], np.float32) * lens.mean() / 140 * float(dice.uniform(0.25, 0.8))
    gap = np.clip((_smooth(dice, 60) - 0.82) * 6, 0, 1)[..., None]
    return np.asarray(cv2.GaussianBlur(lens, (0, 0), 25) * gap + skin * (1 - gap), np.float32)


def tape(lens: Floats, dice: np.random.Generator) -> Floats:
    """Stick tape on it: one tone, a little uneven."""
    tone = dice.uniform(20, 210) * lens.mean() / 110
    return np.asarray(np.repeat((tone * (0.9 + 0.2 * _smooth(dice, 80)))[..., None], 3, axis=2), np.float32)


def bag(lens: Floats, dice: np.random.Generator) -> Floats:
    """Pull a bag over it: light comes through, with soft folds."""
    folds = _smooth(dice, 28) * 0.5 + _smooth(dice, 90) * 0.5
    glow = cv2.GaussianBlur(lens, (0, 0), 60)
    return np.asarray(glow * (0.55 + 0.4 * folds[..., None]), np.float32)


def spray(lens: Floats, dice: np.random.Generator) -> Floats:
    """Spray paint at it: some nine tenths gone, blots with soft edges."""
    field = _smooth(dice, float(dice.uniform(22, 40)))
    holes = np.clip((field - np.quantile(field, 0.9)) * 9, 0, 1)[..., None]
    paint = np.asarray([dice.uniform(20, 200)] * 3, np.float32) * lens.mean() / 110
    return np.asarray(cv2.GaussianBlur(lens, (0, 0), 5) * holes + paint * (1 - holes), np.float32)


def defocus(radius: float) -> Deed:
    """Turn its ring: each point of light becomes a disc of so many pixels."""
    across = int(2 * radius + 3)
    disc = np.zeros((across, across), np.float32)
    cv2.circle(disc, (across // 2, across // 2), round(radius), (1.0,), -1, cv2.LINE_AA)
    disc /= disc.sum()
    return lambda lens, _: np.asarray(cv2.filter2D(lens, -1, disc), np.float32)


def dark(lens: Floats, dice: np.random.Generator) -> Floats:
    """Let every lamp fail."""
    return np.asarray(lens * float(dice.uniform(0.0, 0.02)), np.float32)


COVERS: Mapping[str, Deed] = {"a hand": hand, "tape": tape, "a bag": bag, "spray": spray}
