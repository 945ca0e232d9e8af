"""An adapter, a connection and a lent clock around pretend wearables, for tests of what they send."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runtime.testing import FakeClock
from simulators.ble.air import Air, Broadcast
from simulators.ble.wearables.payloads import LAYOUT_COMPANY
from simulators.ble.wearables.wearable import Body, Wearable


class Ear:
    """An adapter that writes down what it hears."""

    def __init__(self, air: Air) -> None:
        self.got: list[Broadcast] = []
        self.gone: list[str] = []
        air.listen(self)

    def heard(self, broadcast: Broadcast) -> None:
        self.got.append(broadcast)

    def vanished(self, address: str) -> None:
        self.gone.append(address)

    def calls(self) -> list[bytes]:
        """Return the distinct pieces of data in the layout of our own, in order."""
        return list(dict.fromkeys(one.companies[LAYOUT_COMPANY] for one in self.got))


class Line:
    """The device's side of a connection."""

    def __init__(self, device: Wearable) -> None:
        self.told: list[tuple[str, bytes]] = []
        self.dropped = False
        self._device = device
        device.connected(self)

    def tell(self, service: str, characteristic: str, value: bytes) -> bool:
        self.told.append((characteristic, value))
        return True

    def drop(self) -> None:
        self.dropped = True
        self._device.disconnected()


class Scene:
    """Some wearables, running, and an ear."""

    def __init__(self) -> None:
        self.air, self.clock = Air(), FakeClock()
        self.ear = Ear(self.air)

    def body(self, seed: int = 1, **more: object) -> Body:
        return Body(self.air, self.clock, random.Random(seed), **more)  # type: ignore[arg-type]

    @asynccontextmanager
    async def running(self, *wearables: Wearable) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(one.run()) for one in wearables]
        try:
            await self.clock.advance(3)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
