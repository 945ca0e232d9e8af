"""Commands on their way to a device: written once, over the connection that there is or the next one."""

import asyncio
from typing import Final

from config.bluetooth import GattWrite
from drivers.api.errors import AnswerLost, DriverError
from drivers.api.patience import within
from drivers.ble.air import Connection
from runtime.clock import Clock

WRITE_S: Final = 10.0
"""A write that is not confirmed within this may have been done or not."""


class Link:
    """A connection that is open, and whether commands are using it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection, self._clock = connection, clock
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def write(self, how: GattWrite) -> None:
        """Write once; errors as ``Connection.write`` has them, ``AnswerLost`` after ``WRITE_S``."""
        self._users += 1
        self._idle.clear()
        try:
            value = bytes.fromhex(how.value)
            sending = self.connection.write(how.service, how.characteristic, value, answer=how.answer)
            await within(self._clock, WRITE_S, sending)
        except TimeoutError as error:
            raise AnswerLost(f"nothing was confirmed within {WRITE_S:g} s") from error
        finally:
            self._users -= 1
            if not self._users:
                self._idle.set()

    async def unused(self) -> None:
        """Wait until no command uses it."""
        await self._idle.wait()


class Order:
    """A command that waits for a connection; ``done`` is what came of it, or of the attempt to connect.

    Once it has ``begun`` it is never tried again.
    """

    def __init__(self, how: GattWrite) -> None:
        self._how = how
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begun = False

    async def deliver(self, link: Link) -> None:
        """Write it, unless nobody waits for it any more; what goes wrong is in ``done``."""
        if self.done.done():
            return
        self.begun = True
        try:
            await link.write(self._how)
        except DriverError as error:
            self.refuse(error)
        else:
            if not self.done.done():
                self.done.set_result(None)
        finally:
            self.refuse(AnswerLost("it was broken off while it was being sent"))

    def refuse(self, error: DriverError) -> None:
        """End it with ``error``, unless it has ended."""
        if not self.done.done():
            self.done.set_exception(error)
