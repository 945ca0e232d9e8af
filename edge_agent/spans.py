"""Marks values that the catalogue holds to be impossible; what is impossible is stored, and no rule believes it."""

from edge_agent.plan import DevicePlan
from wire.reading import Batch, Quality


class Spans:
    """Marks values outside their catalogue span as ``OUT_OF_RANGE``; the value itself is kept for the technician."""

    def __init__(self, plan: DevicePlan) -> None:
        self._spans = {p.key: (p.low, p.high) for p in plan.points if p.low is not None and p.high is not None}
        self._layouts: dict[tuple[str, ...], tuple[tuple[int, float, float], ...]] = {}

    def judge(self, batch: Batch) -> Batch:
        """Return the batch, with its quality changed where a value is impossible."""
        layout = self._layouts.get(batch.points)
        if layout is None:
            layout = self._layouts[batch.points] = self._layout(batch.points)
        values = batch.values
        wrong: list[int] | None = None
        for index, low, high in layout:
            value = values[index]
            try:
                if value is None or low <= value <= high:  # type: ignore[operator]  # a word has no place in a span
                    continue
            except TypeError:
                pass
            wrong = [*(wrong or ()), index]
        return batch if wrong is None else self._marked(batch, wrong)

    def _layout(self, points: tuple[str, ...]) -> tuple[tuple[int, float, float], ...]:
        return tuple((index, *self._spans[key]) for index, key in enumerate(points) if key in self._spans)

    @staticmethod
    def _marked(batch: Batch, wrong: list[int]) -> Batch:
        quality = list(batch.quality or (0,) * len(batch.points))
        for index in wrong:
            if quality[index] <= Quality.STALE:
                quality[index] = int(Quality.OUT_OF_RANGE)
        return Batch(batch.device, batch.at, batch.points, batch.values, tuple(quality))
