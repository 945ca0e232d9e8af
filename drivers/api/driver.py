"""What a driver promises (little) and may offer besides (one-method capabilities, asked for with ``isinstance``)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from runtime.clock import Clock
from wire.reading import Batch, Value


class Driver(Protocol):
    """One bus: the only owner of its connection, serving the devices it was made with.

    A driver never retries, never backs off and starts nothing before ``open``; the agent does all that. Every
    method may be cancelled at any await and lets the cancellation out as it is. After ``close`` (which returns
    within 2 s, may be called twice and never raises) nothing it opened is left; ``open`` may then be called again.
    """

    async def open(self) -> None:
        """Make the connection; ``LineLost`` if it cannot be made, ``Misconfigured`` if it never could."""
        ...

    async def close(self) -> None:
        """Give the connection back."""
        ...


@runtime_checkable
class Polls(Protocol):
    """A driver whose devices are asked."""

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        """Read a device's ``points`` (all it has for ``None``) and return one batch, quality per point.

        A point the device refuses or answers implausibly is in the batch with a bad quality. When the device as a
        whole gives nothing: ``Timeout``, ``CorruptAnswer`` or ``DeviceRefused``; when the bus is gone: ``LineLost``.
        """
        ...


@runtime_checkable
class Executes(Protocol):
    """A driver whose devices can be told to do something."""

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Do ``command`` once and return the points read back from the device afterwards.

        ``NotSupported``, ``Misconfigured`` (arguments) and ``Interlocked`` are raised before anything is sent;
        ``Timeout``/``LineLost`` mean that nothing was sent; ``AnswerLost`` that it was and nobody knows.
        """
        ...


class DriverFactory(Protocol):
    """What an entry point of the group ``linli.drivers`` names: makes the driver for one bus. Never connects."""

    def __call__(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
        """Return a driver for ``devices`` on ``bus``; ``Misconfigured`` if they cannot be served."""
        ...
