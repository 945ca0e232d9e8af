"""What comes down to one gateway for as long as it listens: commands, and a sign of life while there are none."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from collector.store import commands, fleet
from collector.store.api import Store
from collector.store.records import CommandRow
from runtime.clock import Clock
from wire.codec import encode
from wire.command import SignedCommand
from wire.exchange import Downlink

SIGN_S = 5.0
"""How often an idle stream says that it lives."""


class _Slot:
    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self.wake.set()


class CommandStreams:
    """At most one stream for each gateway; a newer one ends the older. ``told`` hears of each command sent."""

    def __init__(self, store: Store, clock: Clock, told: Callable[[CommandRow], None]) -> None:
        self._store, self._clock, self._told = store, clock, told
        self._slots: dict[str, _Slot] = {}
        self._closing = False

    def __len__(self) -> int:
        return len(self._slots)

    def listens(self, gateway: str) -> bool:
        """Tell whether a gateway hears commands now."""
        return gateway in self._slots

    def wake(self, gateway: str) -> None:
        """Tell a gateway's stream, if there is one, that a command waits."""
        slot = self._slots.get(gateway)
        if slot is not None:
            slot.wake.set()

    def close(self) -> None:
        """End every stream now; later ones end after their first frame."""
        self._closing = True
        for slot in self._slots.values():
            slot.close()

    async def frames(self, gateway: str) -> AsyncIterator[bytes]:
        """Yield ``downlinks`` as frames: four bytes of length, then the ``Downlink``."""
        async with aclosing(self.downlinks(gateway)) as downlinks:
            async for downlink in downlinks:
                body = encode(downlink)
                yield len(body).to_bytes(4, "big") + body

    async def downlinks(self, gateway: str) -> AsyncGenerator[Downlink, None]:
        """Yield a sign of life at once, commands as they come, signs of life; end when the gateway is revoked."""
        slot = _Slot()
        older = self._slots.get(gateway)
        if older is not None:
            older.close()
        self._slots[gateway] = slot
        sent: set[str] = set()
        try:
            yield self._sign()
            while not (slot.closed or self._closing):
                slot.wake.clear()
                async for command in self._due(gateway, sent):
                    yield Downlink(self._clock.now(), command)
                if slot.closed or await self._woken(slot):
                    continue
                row = await self._store.read(fleet.one_gateway, gateway)
                if row is None or row.revoked_at is not None:
                    return
                yield self._sign()
        finally:
            if self._slots.get(gateway) is slot:
                del self._slots[gateway]

    async def _due(self, gateway: str, sent: set[str]) -> AsyncIterator[SignedCommand]:
        for row in await self._store.read(commands.to_deliver, gateway, self._clock.now()):
            if row.id in sent:
                continue
            # noted before it is on the wire: from here on nobody can say that it was not sent
            noted = await self._store.write(commands.mark_sent, row.id, self._clock.now())
            if noted is None:
                continue
            sent.add(row.id)
            self._told(noted)
            yield SignedCommand(row.payload, row.signature)

    async def _woken(self, slot: _Slot) -> bool:
        waiter = asyncio.create_task(slot.wake.wait())
        timer = asyncio.create_task(self._clock.sleep(SIGN_S))
        try:
            await asyncio.wait((waiter, timer), return_when=asyncio.FIRST_COMPLETED)
            return slot.wake.is_set()
        finally:
            waiter.cancel()
            timer.cancel()

    def _sign(self) -> Downlink:
        return Downlink(self._clock.now())
