"""A driver whose devices tell what a test says, when it says."""

import asyncio
from collections.abc import Awaitable

from drivers.api import Hear, Heard, LineLost


class FakeTeller:
    """``line`` is raised by ``open`` while it is set. ``tell`` returns when what was told was heard; ``lose`` breaks
    the line. ``safe`` is what hearing gave to wait for last.
    """

    def __init__(self) -> None:
        self.line: Exception | None = None
        self.opened = 0
        self.is_open = False
        self.safe: Awaitable[object] | None = None
        self._hear: Hear | None = None
        self._lost: asyncio.Future[None] | None = None

    async def open(self) -> None:
        if self.line is not None:
            raise self.line
        self.opened += 1
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def listen(self, hear: Hear) -> None:
        self._hear, self._lost = hear, asyncio.get_running_loop().create_future()
        try:
            await self._lost
        finally:
            self._hear = None

    async def tell(self, *told: Heard) -> None:
        assert self._hear is not None, "nobody listens"
        self.safe = await self._hear(told)

    def lose(self, error: Exception | None = None) -> None:
        assert self._lost is not None, "nobody listens"
        self._lost.set_exception(error or LineLost("gone"))
