"""The newest value of every point that moved, at next to no cost for each reading: what the state lane is made of."""

from msgspec.structs import replace

from wire.reading import Batch

LAYOUTS = 1024
"""So many different (device, points) are remembered before values that newer ones stand for are cleared away."""


class Newest:
    """Remembers the last batch of each layout, which is one dictionary entry; what is newest is found when asked."""

    def __init__(self) -> None:
        self._moved: dict[tuple[str, tuple[str, ...]], Batch] = {}  # in the order in which they came
        self._limit = LAYOUTS

    def __bool__(self) -> bool:
        return bool(self._moved)

    def note(self, batch: Batch) -> None:
        """Learn of a batch."""
        key = (batch.device, batch.points)
        self._moved.pop(key, None)
        self._moved[key] = batch
        if len(self._moved) > self._limit:
            self._clear_away()

    def take(self) -> tuple[Batch, ...]:
        """Return the newest value of every point that moved since the last call, each point once, oldest first."""
        newest = self._merged()
        self._moved.clear()
        return newest

    def shift(self, delta_us: int) -> None:
        """Date everything by a clock that was set by ``delta_us``."""
        self._moved = {key: replace(batch, at=batch.at + delta_us) for key, batch in self._moved.items()}

    def _clear_away(self) -> None:
        self._moved = {(batch.device, batch.points): batch for batch in self._merged()}
        self._limit = max(LAYOUTS, 2 * len(self._moved))

    def _merged(self) -> tuple[Batch, ...]:
        seen: set[tuple[str, str]] = set()
        newest = []
        for batch in reversed(self._moved.values()):
            fresh = [i for i, point in enumerate(batch.points) if (batch.device, point) not in seen]
            seen.update((batch.device, batch.points[i]) for i in fresh)
            if len(fresh) == len(batch.points):
                newest.append(batch)
            elif fresh:
                newest.append(_only(batch, fresh))
        return tuple(reversed(newest))


def _only(batch: Batch, kept: list[int]) -> Batch:
    return Batch(
        batch.device,
        batch.at,
        tuple(batch.points[i] for i in kept),
        tuple(batch.values[i] for i in kept),
        tuple(batch.quality[i] for i in kept) if batch.quality else (),
    )
