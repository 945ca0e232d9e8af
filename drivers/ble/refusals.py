"""What bleak's and BlueZ's errors mean for us, of a connection and of what is asked over it; pure."""

import re
from typing import Final

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bleak_retry_connector import OUT_OF_SLOTS_ERRORS

from drivers.api.errors import AnswerLost, DeviceRefused, DriverError, LineLost, NotSupported, Timeout
from drivers.ble.errors import NoSlot
from drivers.ble.system_bus import GONE

ABORTED: Final = 0x3E
"""The controller's own number for a connection that could not be established (Core Specification, vol 1 part F)."""

_NOT_PAIRED: Final = 0x05
_UNLIKELY: Final = 0x0E
_GONE: Final = (*GONE, "NotReady")
_NEVER_SENT: Final = ("ServiceUnknown", "NameHasNoOwner", "UnknownObject", "UnknownMethod", "InProgress")
_FULL: Final = (*OUT_OF_SLOTS_ERRORS, "concurrent-connection-limit", "Connection Limit Exceeded")
_ATT_ERROR: Final = re.compile(r"ATT error: 0x([0-9a-fA-F]{1,2})")


def refused_connection(error: Exception) -> DriverError:
    """Return what it means that a connection was not made: the stack away, no slot, not there, or broken off."""
    said, word = str(error) or type(error).__name__, _word(error)
    if isinstance(error, BleakDeviceNotFoundError) or word == "UnknownObject" or "not found" in said:
        return Timeout("the stack has forgotten the device: it was not heard lately")
    if isinstance(error, BleakBluetoothNotAvailableError) or not isinstance(error, BleakError) or word in _GONE:
        return LineLost(f"bluetoothd or its adapter is away ({said})")
    if any(full in said for full in _FULL):
        return NoSlot(f"the adapter holds no more connections ({said})")
    if word == "InProgress":
        return NoSlot(f"another program connects at this moment ({said})")
    return DeviceRefused(f"the connection broke off ({said})", ABORTED)


def refused_request(error: Exception, *, wrote: bool = False) -> DriverError:
    """Return what it means that a device was asked for something and no good came of it.

    ``wrote``: it was told to do something, and what does not say that it was not sent or not done is ``AnswerLost``.
    """
    said, word = str(error) or type(error).__name__, _word(error)
    if isinstance(error, BleakGATTProtocolError):
        return DeviceRefused(f"the device refused: {error.args[1]}", int(error.args[0]))
    if match := _ATT_ERROR.search(said):
        return DeviceRefused(f"the device refused: {said}", int(match[1], 16))
    if isinstance(error, BleakCharacteristicNotFoundError) or word == "NotSupported":
        return NotSupported(f"the device cannot do that ({said})")
    if word in ("NotPermitted", "NotAuthorized"):
        return DeviceRefused(f"the device wants to be paired or does not allow it ({said})", _NOT_PAIRED)
    if wrote and word not in _NEVER_SENT:
        return AnswerLost(f"nobody knows whether the device did it ({said})")
    if not word or word in (*_GONE, *_NEVER_SENT, "NotConnected") or "ot connected" in said.lower():
        return LineLost(f"the connection is gone ({said})")
    return DeviceRefused(f"the device did not answer as it should ({said})", _UNLIKELY)


def _word(error: Exception) -> str:
    """Return the last part of a D-Bus error's name, empty for every other error."""
    return error.dbus_error.rpartition(".")[2] if isinstance(error, BleakDBusError) else ""
