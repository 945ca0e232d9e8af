"""Resets the hardware of a USB adapter as if it were pulled out and put in again; chips on a board's UART cannot be."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

from drivers.api.errors import LineLost, NotSupported

USBDEVFS_RESET: Final = 0x5514
"""``_IO('U', 20)`` of linux/usbdevice_fs.h."""

SYSFS: Final = Path("/sys")
NODES: Final = Path("/dev/bus/usb")


def node_of(adapter: str, sysfs: Path = SYSFS, nodes: Path = NODES) -> Path:
    """Return the device node of the USB adapter ``adapter`` (``hci0``).

    ``NotSupported`` for one that is not on USB, ``LineLost`` for one that the kernel does not know (any more).
    """
    device = (sysfs / "class/bluetooth" / adapter / "device").resolve()
    if not device.exists():
        raise LineLost(f"the kernel has no {adapter}")
    if (device / "subsystem").resolve().name != "usb":
        raise NotSupported(f"{adapter} is not on USB: only a restart of the box resets it")
    for place in (device, device.parent):
        try:
            bus, number = (int((place / name).read_text("ascii")) for name in ("busnum", "devnum"))
        except (OSError, ValueError):
            continue
        return nodes / f"{bus:03d}" / f"{number:03d}"
    raise NotSupported(f"{adapter} is on USB, and nobody knows where")


def reset(node: Path) -> None:
    """Reset the device at ``node``; blocks for up to some seconds.

    ``NotSupported`` where this user may not open it, ``LineLost`` where the kernel cannot do it.
    """
    try:
        handle = os.open(node, os.O_WRONLY | os.O_CLOEXEC)
    except PermissionError as error:
        raise NotSupported(f"{node} may not be opened: resetting an adapter takes a right of its own") from error
    except OSError as error:
        raise LineLost(f"{node} cannot be opened: {error.strerror}") from error
    try:
        fcntl.ioctl(handle, USBDEVFS_RESET, 0)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOTTY):
            raise NotSupported(f"{node} does not let itself be reset: {error.strerror}") from error
        raise LineLost(f"{node} could not be reset: {error.strerror}") from error
    finally:
        os.close(handle)
