"""Thins points that are stored when they change: what is the same as before is stored as a heartbeat only."""

from edge_agent.plan import DevicePlan
from wire.reading import Batch, Value

HEARTBEAT_S = 60.0
"""How often an unchanged on-change point is stored all the same."""


class OnChange:
    """Lets a point that is stored on change through when its value or quality changed, or its heartbeat is due."""

    def __init__(self, plan: DevicePlan) -> None:
        self._watched = frozenset(point.key for point in plan.points if point.on_change)
        self._last: dict[str, tuple[Value, int, float]] = {}
        self.unchanged: tuple[str, ...] = ()

    def thin(self, batch: Batch, mono: float) -> Batch | None:
        """Return what of ``batch`` is worth storing at monotonic time ``mono`` (s); ``None`` if nothing is. What is not
        worth it is in ``unchanged`` until the next call.
        """
        self.unchanged = ()
        if not self._watched:
            return batch
        quality = batch.quality or (0,) * len(batch.points)
        kept = [
            index
            for index, key in enumerate(batch.points)
            if key not in self._watched or self._news(key, batch.values[index], quality[index], mono)
        ]
        if len(kept) == len(batch.points):
            return batch
        if not kept:
            self.unchanged = batch.points
            return None
        self.unchanged = tuple(key for index, key in enumerate(batch.points) if index not in kept)
        return Batch(
            batch.device,
            batch.at,
            tuple(batch.points[index] for index in kept),
            tuple(batch.values[index] for index in kept),
            tuple(batch.quality[index] for index in kept) if batch.quality else (),
        )

    def _news(self, key: str, value: Value, quality: int, mono: float) -> bool:
        last = self._last.get(key)
        if last is not None and last[0] == value and last[1] == quality and mono - last[2] < HEARTBEAT_S:
            return False
        self._last[key] = (value, quality, mono)
        return True
