"""Tells a passage as soon as it is fit to open a barrier: a car that waits there cannot be told when it has gone."""

from collections.abc import Sequence
from typing import Final

from drivers.api.plates import OPENING, Direction, Passage, PlateRead
from drivers.plates.passage import Passages, Track, vote

GAP_US: Final = 4_000_000
"""Between keyframes a plate is out of sight for seconds, though its car stands there."""

DIRECTION_US: Final = 400_000
"""So long a sure passage waits until it can be seen where it goes."""

DOUBTED_US: Final = 3_000_000
"""A plate that has not become sure in this time is told as it is: a person is asked."""

SAME_US: Final = 60_000_000
"""One event for each passage: the same plate is not told again within this time of being seen."""

AGREE: Final = 2
"""So many different pictures have to be sure together."""


class EarlyPassages(Passages):
    """``FollowsPassages`` for a gate. Frames of one ``picture`` count once in deciding, however often they come."""

    def __init__(self) -> None:
        super().__init__(GAP_US, DOUBTED_US)
        self._known: dict[str, int] = {}

    def see(self, at: int, reads: Sequence[PlateRead], picture: str = "") -> list[Passage]:
        """See ``FollowsPassages``."""
        self._known = {text: last for text, last in self._known.items() if at - last <= SAME_US}
        for read in reads:
            if read.text in self._known:
                self._known[read.text] = at
        return self._news(super().see(at, reads, picture))

    def until(self, now: int) -> list[Passage]:
        """See ``FollowsPassages``."""
        return self._news(super().until(now))

    def ready(self, track: Track, at: int) -> bool:
        """See ``Passages``."""
        if track.told is not None and track.told >= OPENING:
            return False
        waited = at - track.first.at
        if vote(track.frames).read.confidence >= OPENING and len({frame.picture for frame in track.frames}) >= AGREE:
            return waited >= DIRECTION_US or track.direction is not Direction.unknown
        return track.told is None and waited >= DOUBTED_US

    def _news(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return those that were not told lately, and remember the sure ones."""
        fresh = [passage for passage in passages if passage.read.text not in self._known]
        self._known |= {passage.read.text: passage.ended for passage in fresh if passage.read.confidence >= OPENING}
        return fresh
