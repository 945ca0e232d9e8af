"""Marks values that stand still where they should move: a sensor that froze repeats its last one for ever, and well."""

from edge_agent.plan import DevicePlan
from wire.reading import Batch, Quality, Value, is_usable


class Standstill:
    """Watches the points of one device that have ``moves_within_s``; the others cost nothing.

    A value that was the same for longer is ``STUCK``, and kept for the technician; the first other one is good again.
    What is bad already neither moves nor stands still; after an outage the time begins anew.
    """

    def __init__(self, plan: DevicePlan) -> None:
        self._within_s = {point.key: point.moves_within_s for point in plan.points if point.moves_within_s}
        self._since: dict[str, tuple[Value, float]] = {}

    def judge(self, batch: Batch, mono: float) -> Batch:
        """Return the batch as of monotonic time ``mono`` (s), with its quality changed where a value is stuck."""
        if not self._within_s:
            return batch
        stuck = [
            index for index, key in enumerate(batch.points) if key in self._within_s and self._is(batch, index, mono)
        ]
        if not stuck:
            return batch
        quality = list(batch.quality or (0,) * len(batch.points))
        for index in stuck:
            quality[index] = int(Quality.STUCK)
        return Batch(batch.device, batch.at, batch.points, batch.values, tuple(quality))

    def _is(self, batch: Batch, index: int, mono: float) -> bool:
        key, value = batch.points[index], batch.values[index]
        quality = batch.quality[index] if batch.quality else 0
        if not is_usable(quality):
            if quality == Quality.OFFLINE:
                self._since.pop(key, None)
            return False
        last = self._since.get(key)
        if last is None or last[0] != value:
            self._since[key] = value, mono
            return False
        return mono - last[1] > self._within_s[key]
