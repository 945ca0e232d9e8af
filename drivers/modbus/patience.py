"""How long one unit is waited for: as long as the bus says, or shorter while it is silent and its past allows."""

from typing import Final

_TIMES_USUAL: Final = 4.0
_LEAST_S: Final = 0.1
_UNKNOWN_PART: Final = 0.25
_FULL_EVERY: Final = 4
_FORGETS: Final = 0.99


class Patience:
    """What a silent unit costs its line is time: each try lasts until the timeout, and nobody else can be asked.

    A unit that answers is given ``full_s``. One that did not answer is given four times what its slower answers took
    lately, at least 100 ms, and a quarter of ``full_s`` while it never answered at all; each fourth try in a row is
    given all of it, so that one that became slow is found again.
    """

    __slots__ = ("_full_s", "_silent", "_usual_s")

    def __init__(self, full_s: float) -> None:
        self._full_s = full_s
        self._usual_s = 0.0
        self._silent = 0

    def seconds(self) -> float:
        """Return how long to wait for the next answer."""
        if self._silent % _FULL_EVERY == 0:
            return self._full_s
        usual_s = _TIMES_USUAL * self._usual_s or _UNKNOWN_PART * self._full_s
        return min(self._full_s, max(_LEAST_S, usual_s))

    def answered(self, took_s: float) -> None:
        """Learn that it answered after ``took_s``."""
        self._silent = 0
        self._usual_s = max(took_s, self._usual_s * _FORGETS)

    def silent(self) -> None:
        """Learn that it did not, or not intelligibly."""
        self._silent += 1
