"""The driver of a box's radios: hears what wearables say, visits those that must be asked, tells them what to do."""

from collections.abc import Sequence

from config.bus_settings import BleBus
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured
from drivers.api.rounds import Round
from drivers.ble.rounds import round_of
from runtime.clock import Clock


class BleDriver:
    """A ``Driver``; see ``drivers.api`` for the contract."""

    def __init__(self, bus: BleBus, devices: Sequence[DeviceSettings], clock: Clock) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._bus, self._devices, self._clock = bus, devices, clock

    def rounds(self) -> Round:
        """See ``Rounds``."""
        return round_of(self._bus, self._devices)

    async def open(self) -> None:
        """Begin to listen."""
        raise Misconfigured("no radio yet")

    async def close(self) -> None:
        """Stop listening."""
