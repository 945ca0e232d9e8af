"""How a place usually looks from where a camera hangs, and how much of that a look still has."""

from typing import NamedTuple

import cv2
import numpy as np

from drivers.onvif.health.picture import ACROSS, COLUMNS, DOWN, ROWS, Field, Floats, Look

LEARNT = 8
"""So many looks make a reference that may be held against a picture."""

_MEMORY = 40
"""It adapts as a mean over about so many looks: shadows and a falling dusk go by, what is nailed down stays."""

_EDGED = 0.02
"""The mean energy of a cell in which there is something to see."""

_STANDING = 0.15
"""A cell belongs to what always stands there from this part of the strongest cells' energy on."""

_FOUND = 0.3
_APART_X, _APART_Y = 4, 4
"""A peak nearer than this to where it should be is a camera that shakes in the wind."""


class Match(NamedTuple):
    """How a look compares with the reference.

    ``kept``: the share of the cells in which something always stands that still show it. ``alike``: correlation of all
    edges, from -1 to 1. ``rich``: how much there is to see at all, 1 being usual. ``elsewhere``: how clearly the usual
    picture is found at another place of this one, and ``here``, at its own (both about 0.2 where it is beyond doubt,
    0.01 where it is not there). ``sharp``: how steep edges are, 1 being usual; ``None`` where too few can be compared.
    """

    kept: float
    alike: float
    rich: float
    elsewhere: float
    here: float
    sharp: float | None


class Reference:
    """The slow mean of looks at one place in one light."""

    def __init__(self, first: Look) -> None:
        self.looks = 1
        self._edges: Field = first.edges.copy()
        self._energy = energy(first)
        self._acutance = first.acutance.copy()

    @property
    def learnt(self) -> bool:
        """Tell whether it has seen enough."""
        return self.looks >= LEARNT

    def adapt(self, look: Look) -> None:
        """Take in a look at the same place; what moves or glitters averages out."""
        self.looks += 1
        part = 1 / min(self.looks, _MEMORY)
        self._edges += np.complex64(part) * (look.edges - self._edges)
        self._energy += np.float32(part) * (energy(look) - self._energy)
        both = (self._acutance > 0) & (look.acutance > 0)
        mixed = self._acutance + np.float32(part) * (look.acutance - self._acutance)
        self._acutance = np.where(both, mixed, np.maximum(self._acutance, look.acutance)).astype(np.float32)

    def match(self, look: Look) -> Match:
        """Compare a look with it."""
        weight = _cells(np.abs(self._edges) ** 2)
        found = _cells((look.edges * self._edges.conj()).real)
        strongest = np.sort(weight.ravel())[-ROWS * COLUMNS // 4 :].mean()
        standing = weight > max(_STANDING * float(strongest), 1e-4)
        kept = float(np.mean(found[standing] > _FOUND * weight[standing])) if standing.any() else 0.0
        here, elsewhere = self._sought(look)
        return Match(
            kept=kept,
            alike=alike(look.edges, self._edges),
            rich=float(energy(look).mean() / max(float(self._energy.mean()), 1e-6)),
            elsewhere=elsewhere,
            here=here,
            sharp=self._sharp(look),
        )

    def _sought(self, look: Look) -> tuple[float, float]:
        """Return how clearly the reference is found where it belongs, and at any other place (phase correlation)."""
        cross = np.fft.fft2(look.edges) * np.fft.fft2(self._edges).conj()
        size = np.abs(cross)
        surface = np.fft.fftshift(np.fft.ifft2(cross / (size + 1e-3 * size.mean() + 1e-9)).real).astype(np.float32)
        surface = np.asarray(cv2.GaussianBlur(surface, (0, 0), 0.8), np.float32)
        y, x = DOWN // 2, ACROSS // 2
        own = surface[y - _APART_Y : y + _APART_Y + 1, x - _APART_X : x + _APART_X + 1]
        here = float(own.max())
        own[:] = -1
        return here, float(surface.max())

    def _sharp(self, look: Look) -> float | None:
        both = (self._acutance > 0) & (look.acutance > 0)
        if np.count_nonzero(both) < _COMPARABLE:
            return None
        return float(np.median(look.acutance[both] / self._acutance[both]))


_COMPARABLE = 6


def alike(one: Field, other: Field) -> float:
    """Return the correlation of two fields of edges, from -1 to 1; 0 where one is empty."""
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other.conj()).real.sum()) / size if size > 0 else 0.0


def energy(look: Look) -> Floats:
    """Return how much there is to see, by cells, from 0 to 1."""
    return _cells(np.abs(look.edges) ** 2)


def featured(look: Look) -> float:
    """Return the share of the cells in which there is anything to see."""
    return float(np.mean(energy(look) > _EDGED))


def _cells(field: Floats) -> Floats:
    return np.asarray(cv2.resize(field, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)
