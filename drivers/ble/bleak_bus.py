"""bleak's one connection to the system bus: all scanners and clients share it, and bleak itself never gives it back."""

import asyncio
import logging
from typing import Final

from bleak import BleakScanner
from bleak.backends.bluezdbus import client as bleak_client
from bleak.backends.bluezdbus import manager as bleak_manager
from bleak.backends.bluezdbus.manager import BlueZManager
from dbus_fast.aio import MessageBus

_END_S: Final = 0.3

SAID_OTHERWISE: Final = (
    "D-Bus connection to BlueZ was lost",
    "Failed to cancel connection",
    "D-Bus connection lost while disconnecting",
)
"""What bleak warns of each time, with addresses; that a radio or a visit failed is said by us, once."""


def present() -> MessageBus | None:
    """Return the connection that bleak uses on this loop now, if there is one."""
    manager = _manager()
    return None if manager is None else manager._bus


def abandon(scanner: BleakScanner) -> None:
    """Forget a scanner whose daemon or bus is dead, without a word to either.

    A call on a dead connection closes its file descriptor once more, which may be somebody else's by then.
    """
    manager, backend = _manager(), scanner._backend
    backend._stop = None  # type: ignore[attr-defined]
    if manager is None:
        return
    for callbacks in manager._advertisement_callbacks.values():
        callbacks[:] = [one for one in callbacks if getattr(one, "__self__", None) is not backend]
    removed = manager._device_removed_callbacks
    removed[:] = [one for one in removed if getattr(one.callback, "__self__", None) is not backend]


async def leave() -> None:
    """Give the connection back if neither a scanner nor a client uses it."""
    manager = _manager()
    if manager is None or any(manager._advertisement_callbacks.values()):
        return
    if not manager._device_watchers and not manager._bus_lock.locked():
        await _end(manager)


async def drop(bus: MessageBus | None) -> None:
    """Close ``bus`` if bleak still uses it: its clients hear that they are disconnected, the next scan begins afresh.

    After the daemon was killed bleak believes for ever in what it knew of the old one.
    """
    manager = _manager()
    if manager is not None and bus is not None and bus is manager._bus:
        await _end(manager)


def _manager() -> BlueZManager | None:
    return bleak_manager._global_instances.get(asyncio.get_running_loop())


async def _end(manager: BlueZManager) -> None:
    if manager._bus is not None:
        manager._bus.disconnect()
    if manager._bus_watcher_task is not None:
        await asyncio.wait({manager._bus_watcher_task}, timeout=_END_S)


def _news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(SAID_OTHERWISE)


for _logger in (bleak_manager.logger, bleak_client.logger):
    _logger.addFilter(_news)
