"""What BlueZ answers when it does not do what it is asked, in its own words."""

from typing import Final

PREFIX: Final = "org.bluez.Error."
UNKNOWN_OBJECT: Final = "org.freedesktop.DBus.Error.UnknownObject"
UNKNOWN_METHOD: Final = "org.freedesktop.DBus.Error.UnknownMethod"
UNKNOWN_PROPERTY: Final = "org.freedesktop.DBus.Error.InvalidArgs"


class Refusal(Exception):
    """The answer to a call is an error: ``name`` is D-Bus' name of it, ``text`` is what programs scrape."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name if "." in name else PREFIX + name
        self.text = text


def failed(text: str) -> Refusal:
    """Return the error that BlueZ has for everything."""
    return Refusal("Failed", text)


def in_progress() -> Refusal:
    """Return: the same was asked before and is not done."""
    return Refusal("InProgress", "Operation already in progress")


def not_ready() -> Refusal:
    """Return: the adapter is switched off."""
    return Refusal("NotReady", "Resource Not Ready")


def not_connected() -> Refusal:
    """Return: there is no connection to end."""
    return Refusal("NotConnected", "Not Connected")


def invalid_arguments() -> Refusal:
    """Return: that cannot be meant."""
    return Refusal("InvalidArguments", "Invalid arguments in method call")


_BY_ATT_ERROR: Final = {
    0x02: ("NotPermitted", "Read not permitted"),
    0x03: ("NotPermitted", "Write not permitted"),
    0x05: ("NotPermitted", "Not paired"),
    0x06: ("NotSupported", "Operation is not supported"),
    0x07: ("InvalidArguments", "Invalid offset"),
    0x08: ("NotAuthorized", "Operation Not Authorized"),
    0x0C: ("NotPermitted", "Not paired"),
    0x0D: ("InvalidArguments", "Invalid Length"),
    0x0F: ("NotPermitted", "Not paired"),
}


def att_refusal(code: int) -> Refusal:
    """Return what BlueZ makes of an ATT error of the device."""
    name, text = _BY_ATT_ERROR.get(code, ("Failed", f"Operation failed with ATT error: 0x{code:02x}"))
    return Refusal(name, text)
