"""What the driver needs of a radio: hearing advertisements, and connecting; the only seam to a Bluetooth stack."""

from collections.abc import Callable
from typing import Protocol

from drivers.ble.advertisement import Advertisement


class Receiver(Protocol):
    """One adapter that listens. It never retries and decides nothing; see ``drivers.ble.radio`` for who does."""

    @property
    def name(self) -> str:
        """Return what the configuration calls it."""
        ...

    async def start(self, heard: Callable[[Advertisement], None]) -> None:
        """Begin to listen: ``heard`` gets every advertisement, on the event loop, repetitions included.

        ``LineLost`` where the stack or the adapter is away or switched off, ``Misconfigured`` where it cannot do this.
        """
        ...

    async def stop(self) -> None:
        """Stop listening and leave nothing behind, within 2 s; may be called twice and never raises."""
        ...

    async def lost(self) -> str:
        """Wait until the stack says that it hears nothing any more (``daemon restarted``, ``adapter off``) and return
        what it says; what it does not notice, silence tells.
        """
        ...

    async def power_cycle(self) -> None:
        """Switch the adapter off and on; ``DriverError`` where that fails."""
        ...

    async def reset(self) -> None:
        """Reset its hardware; ``NotSupported`` where that cannot be done, another ``DriverError`` where it fails."""
        ...


class Connection(Protocol):
    """A device that is connected to. Every method raises ``LineLost`` once the connection is gone."""

    async def read(self, service: str, characteristic: str) -> bytes:
        """Return the value; ``NotSupported`` where there is no such thing, ``DeviceRefused`` with the ATT error."""
        ...

    async def write(self, service: str, characteristic: str, value: bytes, *, answer: bool) -> None:
        """Write a value, once. ``AnswerLost`` where it was sent and nobody knows; the rest as for ``read``."""
        ...

    async def subscribe(self, service: str, characteristic: str, told: Callable[[bytes], None]) -> None:
        """Have every notification or indication given to ``told`` from now on; errors as for ``read``."""
        ...

    async def gone(self) -> None:
        """Wait until the connection is gone, however that came."""
        ...

    async def close(self) -> None:
        """Disconnect; never raises. It may take the stack some seconds until the slot is free: this waits for it."""
        ...


class Connector(Protocol):
    """One adapter that connects to what it has heard lately."""

    async def connect(self, address: str) -> Connection:
        """Connect, one attempt.

        ``Timeout``: the device was not there. ``NoSlot`` (``drivers.ble.errors``): the adapter holds no more.
        ``DeviceRefused``: it broke off.
        ``LineLost``: the adapter or the stack is away.
        """
        ...
