"""How a connection ended, by class: what decides when its device, or its adapter, is tried again; pure."""

from enum import Enum

from drivers.api.errors import DriverError, LineLost, Timeout
from drivers.ble.errors import NoSlot


class Ended(Enum):
    """How a connection ended: well; the adapter held no more; the adapter or stack was away; the device was not there;
    it broke off, or gave nothing.
    """

    DONE = "done"
    NO_SLOT = "no_slot"
    AWAY = "away"
    ABSENT = "absent"
    BROKE_OFF = "broke_off"


def how_ended(error: DriverError | None, *, connected: bool) -> Ended:
    """Return the class of ``error``; what fails once ``connected`` is the device's own."""
    if error is None:
        return Ended.DONE
    if connected:
        return Ended.BROKE_OFF
    if isinstance(error, NoSlot):
        return Ended.NO_SLOT
    if isinstance(error, LineLost):
        return Ended.AWAY
    return Ended.ABSENT if isinstance(error, Timeout) else Ended.BROKE_OFF
