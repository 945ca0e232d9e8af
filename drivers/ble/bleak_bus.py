"""bleak's one connection to the system bus: all scanners and clients share it, and bleak itself never gives it back."""

import asyncio

from bleak.backends.bluezdbus import manager as bleak_manager
from bleak.backends.bluezdbus.manager import BlueZManager
from dbus_fast.aio import MessageBus

from drivers.ble.system_bus import hang_up


def present() -> MessageBus | None:
    """Return the connection that bleak uses on this loop now, if there is one."""
    manager = _manager()
    return None if manager is None else manager._bus


async def leave() -> None:
    """Give the connection back if neither a scanner nor a client uses it."""
    manager = _manager()
    if manager is None or manager._bus is None:
        return
    scanned = any(manager._advertisement_callbacks.values())
    if scanned or manager._device_watchers or manager._bus_lock.locked():
        return
    if manager._bus_watcher_task is not None:
        manager._bus_watcher_task.cancel()
    await hang_up(manager._bus)


async def drop(bus: MessageBus | None) -> None:
    """Close ``bus`` if bleak still uses it: its clients hear that they are disconnected, the next scan begins afresh.

    After the daemon was killed bleak believes for ever in what it knew of the old one.
    """
    if bus is not None and bus is present():
        await hang_up(bus)


def _manager() -> BlueZManager | None:
    return bleak_manager._global_instances.get(asyncio.get_running_loop())
