"""A maker's stream that never ends: everybody who holds it open, what each has not got yet, and its signs of life."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from runtime.clock import Clock
from simulators.onvif.blocks import Block, written
from simulators.onvif.faults import Faults

_LOOK_S = 0.05
_WAITING = 1000


@dataclass(eq=False, slots=True)
class _Holder:
    waiting: deque[Block] = field(default_factory=lambda: deque(maxlen=_WAITING))
    fresh: asyncio.Event = field(default_factory=asyncio.Event)


class Streams:
    """``heartbeat`` makes a sign of life; one is sent whenever nothing was for so long as who attached asked for."""

    def __init__(self, clock: Clock, wrong: Faults, boundary: str, heartbeat: Callable[[], Block]) -> None:
        self._clock, self._wrong, self._boundary, self._heartbeat = clock, wrong, boundary, heartbeat
        self._holders: list[_Holder] = []
        self.opened = self.sent = 0

    @property
    def open(self) -> int:
        """Return how many hold it open."""
        return len(self._holders)

    def tell(self, blocks: Sequence[Block]) -> None:
        """Let everybody get these parts."""
        for holder in self._holders:
            holder.waiting.extend(blocks)
            holder.fresh.set()

    async def held(self, heartbeat_s: float, flood: Callable[[], Sequence[Block]]) -> AsyncGenerator[bytes, None]:
        """Yield what one holder gets, until it goes; ``flood`` is what there is too much of when there is."""
        holder = _Holder()
        self._holders.append(holder)
        self.opened += 1
        try:
            yield b"\r\n"
            while True:
                if not holder.waiting:
                    await self._wait(holder, _LOOK_S if self._floods else heartbeat_s)
                while self._hit and self._wrong.frozen:
                    await self._clock.sleep(_LOOK_S)
                for block in self._next(holder, flood):
                    async for piece in written(
                        block, self._boundary, self._wrong if self._hit else Faults(), self._clock
                    ):
                        yield piece
                    self.sent += 1
        finally:
            self._holders.remove(holder)

    @property
    def _hit(self) -> bool:
        return self._wrong.hits("streams")

    @property
    def _floods(self) -> bool:
        return self._hit and self._wrong.flood_per_s > 0

    def _next(self, holder: _Holder, flood: Callable[[], Sequence[Block]]) -> list[Block]:
        found = list(holder.waiting)
        holder.waiting.clear()
        holder.fresh.clear()
        if self._floods:
            found += [block for _ in range(int(self._wrong.flood_per_s * _LOOK_S)) for block in flood()]
        if not found and not (self._hit and self._wrong.no_heartbeat):
            found.append(self._heartbeat())
        return found

    async def _wait(self, holder: _Holder, seconds: float) -> None:
        over = asyncio.create_task(self._clock.sleep(seconds), name="time for a sign of life")
        there = asyncio.create_task(holder.fresh.wait(), name="something to tell")
        try:
            await asyncio.wait((over, there), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            there.cancel()
