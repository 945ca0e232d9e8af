"""A keeper of plate lists in memory, whose disk a test may take away."""

from wire.plates import PlateEntry


class FakeListKeeper:
    """``taken`` are the lists that came, in order; ``full``: nothing can be stored."""

    def __init__(self) -> None:
        self.version = 0
        self.taken: list[tuple[PlateEntry, ...]] = []
        self.full = False

    async def take(self, version: int, entries: tuple[PlateEntry, ...]) -> None:
        if self.full:
            raise OSError(28, "no space left on device")
        self.version = version
        self.taken.append(entries)
