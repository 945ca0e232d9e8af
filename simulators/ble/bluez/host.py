"""What a device and its characteristics need of the adapter that knows them."""

from typing import Protocol

from runtime.clock import Clock
from simulators.ble.air import Air
from simulators.ble.bluez.faults import Faults
from simulators.ble.bluez.objects import Objects


class Host(Protocol):
    """An adapter, as what belongs to it sees it."""

    path: str
    air: Air
    objects: Objects
    clock: Clock
    faults: Faults
    powered: bool

    def links(self) -> int:
        """Return how many connections stand or are being made."""
        ...
