"""How well one line keeps its periods: what was planned, what came of it, and how much of the time it was busy."""

from dataclasses import dataclass
from typing import Final

from edge_agent.schedule import Turn

_WINDOW_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A stretch of time: ``planned_s`` is the line's shortest period, ``measured_s`` how far apart the readings of the
    points that have it really came (0: there were not two of one device), ``load`` the part of the time (0..1) in
    which the line was busy.
    """

    planned_s: float
    measured_s: float
    load: float


class Pace:
    """Watches one line's turns, a minute at a time."""

    def __init__(self, planned_s: float, now: float) -> None:
        self._planned_s = planned_s
        self._last_at: dict[str, float] = {}
        self._last: Kept | None = None
        self._begin(now)

    def busy(self, since: float, now: float) -> None:
        """Note that the line was busy from ``since`` to ``now``."""
        self._busy_s += now - since
        if now >= self._until:
            self._last = self._kept(now)
            self._begin(now)

    def read(self, turn: Turn, at: float) -> None:
        """Note that the points of ``turn`` that are due most often were read by asking ``at``."""
        if turn.groups[0].period_s == self._planned_s:
            last = self._last_at.get(turn.device)
            if last is not None:
                self._apart_s += at - last
                self._count += 1
            self._last_at[turn.device] = at

    def failed(self, device: str) -> None:
        """Note that ``device`` gave nothing: how long it stays away says nothing about the line."""
        self._last_at.pop(device, None)

    def kept(self, now: float) -> Kept | None:
        """Return the last minute, or what there is of the first one; ``None`` when nothing was asked for so long."""
        if now - self._began >= 2 * _WINDOW_S:
            return None
        return self._last or (self._kept(now) if now > self._began else None)

    def _begin(self, now: float) -> None:
        self._began, self._until = now, now + _WINDOW_S
        self._busy_s = self._apart_s = 0.0
        self._count = 0

    def _kept(self, now: float) -> Kept:
        measured_s = self._apart_s / self._count if self._count else 0.0
        return Kept(self._planned_s, round(measured_s, 3), round(self._busy_s / (now - self._began), 4))
