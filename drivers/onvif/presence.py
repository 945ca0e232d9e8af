"""Whether a camera counts as there, by the ways in which it is heard: one that answers and tells nothing is not."""

from collections.abc import Collection
from typing import Final

SILENT_S: Final = 20.0
"""A way that has failed for so long makes the camera count as gone; one that never worked does at once."""

AGAIN_S: Final = 10.0
"""How often it is said anew that a camera is there."""

SAME_S: Final = 3600.0
"""A reason that was said is no news for so long, however often a way works in between."""


class Presences:
    """What is known of the ``essential`` ways of one camera, and, where it has none, of any."""

    def __init__(self, essential: Collection[str]) -> None:
        self._essential = frozenset(essential)
        self._worked: dict[str, float] = {}
        self._failing: set[str] = set()
        self._said: dict[str, tuple[str, float]] = {}
        self._told_at = 0.0
        self.there: bool | None = None

    def worked(self, way: str, now: float) -> bool:
        """Note that a way worked at ``now`` (monotonic seconds); tell whether it has to be said that the camera is
        there.
        """
        self._worked[way] = now
        self._failing.discard(way)
        if not self._counts(way) or any(self._counts(other) for other in self._failing):
            return False
        if self.there and now - self._told_at < AGAIN_S:
            return False
        self.there, self._told_at = True, now
        return True

    def failed(self, way: str, why: str, now: float) -> tuple[bool, bool]:
        """Note that a way failed. Return whether ``why`` is news, and whether the camera is to be called gone now."""
        said, said_at = self._said.get(way, ("", now))
        news = said != why or now - said_at >= SAME_S
        if news:
            self._said[way] = why, now
        self._failing.add(way)
        if not self._counts(way) or self.there is False:
            return news, False
        worked = self._worked.get(way)
        if worked is not None and now - worked < SILENT_S:
            return news, False
        self.there = False
        return news, True

    def _counts(self, way: str) -> bool:
        return not self._essential or way in self._essential
