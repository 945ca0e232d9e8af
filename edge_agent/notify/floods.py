"""Notices when a place raises more alarms than people can be told one by one. Pure; time is passed in."""

from collections import deque
from dataclasses import dataclass, field

from wire.alert import AlertChange, Level

MOST = 10
"""More alarms of one place than this within ``WINDOW_S`` are a flood; it ends when half of them are left."""

WINDOW_S = 600.0


@dataclass(slots=True)
class Flood:
    """One flood: its ``first`` alarm, most likely the cause, and how many have come since."""

    first: AlertChange
    count: int


@dataclass(slots=True)
class _Place:
    lately: deque[tuple[float, AlertChange]] = field(default_factory=deque)
    told_red: set[str] = field(default_factory=set)
    flood: Flood | None = None


class Floods:
    """Counts alarms by place. The gateway's own alerts and those of no place are a place of their own."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def note(self, place: str, change: AlertChange, mono: float) -> Flood | None:
        """Count a raised alarm at ``mono`` (s); return the flood that it is told with, ``None``: it is told by itself.

        The first red alarm of each rule is always told by itself.
        """
        here = self._places.setdefault(place, _Place())
        while here.lately and mono - here.lately[0][0] > WINDOW_S:
            here.lately.popleft()
        if len(here.lately) <= MOST // 2:
            here.flood = None
        if not here.lately:
            here.told_red.clear()
        here.lately.append((mono, change))
        if here.flood is None and len(here.lately) > MOST:
            here.flood = Flood(here.lately[0][1], len(here.lately) - 1)
        first_red = change.level is Level.RED and change.rule not in here.told_red
        if change.level is Level.RED:
            here.told_red.add(change.rule)
        if here.flood is None:
            return None
        here.flood.count += 1
        return None if first_red else here.flood
