"""An uplink that connects to nothing and notes what was asked of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from edge_agent.uplink.api import LinkState
from wire.picture import PictureAnswer

_WELL = LinkState(True, True, 0.0, "", 0, 0)


class FakeUplink:
    """``running`` tells whether its one task runs."""

    def __init__(self, state: LinkState = _WELL, time: int | None = None) -> None:
        self.time = time
        self.running = False
        self.closed = False
        self.drained: list[float] = []
        self.shown: list[PictureAnswer] = []
        self._state = state

    def tasks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {"uplink-fake": self._run}

    async def _run(self) -> None:
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False

    async def show(self, answer: PictureAnswer, patience_s: float) -> None:
        self.shown.append(answer)

    async def drain(self, deadline_s: float) -> bool:
        self.drained.append(deadline_s)
        return True

    async def close(self) -> None:
        self.closed = True

    def collector_time(self) -> int | None:
        return self.time

    @property
    def state(self) -> LinkState:
        return self._state
