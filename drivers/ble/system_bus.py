"""Our own connection to the D-Bus system bus: asks BlueZ within a time limit and hears what becomes of it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusFastError

from drivers.api.errors import DriverError, LineLost, Misconfigured

BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"

CALL_S: Final = 5.0
"""What does not answer by then hangs."""

_DBUS: Final = "org.freedesktop.DBus"
_CLOSE_S: Final = 0.3
GONE: Final = {"ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected", "TimedOut", "Timeout"}
"""What is said, or not said, where nobody is there to answer: the last parts of D-Bus errors' names."""

_DENIED: Final = {"AccessDenied", "AuthFailed", "NotAuthorized", "InteractiveAuthorizationRequired", "NotPermitted"}
_NO_ADAPTER: Final = {"UnknownObject", "UnknownMethod", "UnknownInterface", "DoesNotExist"}


class SystemBus:
    """One connection; ``told`` gets every signal that was asked for with ``heed``, on the event loop."""

    def __init__(self, told: Callable[[Message], None] | None = None) -> None:
        self._told = told
        self._bus: MessageBus | None = None
        self._ended: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect; ``LineLost`` where there is no system bus, ``Misconfigured`` where it does not let us in."""
        try:
            bus = self._bus = MessageBus(bus_type=BusType.SYSTEM)
            async with asyncio.timeout(CALL_S):
                await bus.connect()
        except AuthError as error:
            await self.close()
            raise Misconfigured("the D-Bus system bus does not let this user in") from error
        except TimeoutError as error:
            await self.close()
            raise LineLost("the D-Bus system bus does not answer") from error
        except (OSError, EOFError, DBusFastError) as error:
            await self.close()
            raise LineLost(
                f"the D-Bus system bus cannot be reached ({_kind(error)}): without the services dbus and bluetooth "
                "this box hears no radio"
            ) from error
        except BaseException:
            await self.close()
            raise
        self._ended = asyncio.create_task(_end(bus), name="end of a bus connection")
        if self._told is not None:
            bus.add_message_handler(self._signal)

    async def call(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any, whom: str = BLUEZ
    ) -> list[Any]:
        """Return what a method answers; ``LineLost`` or ``Misconfigured`` as ``refusal`` tells them apart."""
        bus = self._bus
        if bus is None or not bus.connected:  # see bleak_bus.abandon
            raise LineLost("not connected to the D-Bus system bus")
        message = Message(
            destination=whom, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            async with asyncio.timeout(CALL_S):
                answer = await bus.call(message)
        except TimeoutError as error:
            raise LineLost(f"bluetoothd does not answer ({member})") from error
        except (OSError, EOFError, DBusFastError) as error:
            raise LineLost(f"the connection to the D-Bus system bus is gone ({_kind(error)})") from error
        if answer.message_type is MessageType.ERROR:
            raise refusal(answer.error_name or "", answer.body, member)
        said: list[Any] = answer.body
        return said

    async def get(self, path: str, interface: str, name: str) -> Any:
        """Return a property; errors as for ``call``."""
        (value,) = await self.call(path, PROPERTIES, "Get", "ss", interface, name)
        return value.value

    async def set(self, path: str, interface: str, name: str, value: Variant) -> None:
        """Set a property; errors as for ``call``."""
        await self.call(path, PROPERTIES, "Set", "ssv", interface, name, value)

    async def heed(self, rule: str) -> None:
        """Have signals that match ``rule`` told; the bus forgets the rule with the connection."""
        await self.call("/org/freedesktop/DBus", _DBUS, "AddMatch", "s", f"type='signal',{rule}", whom=_DBUS)

    async def gone(self) -> None:
        """Wait until the connection is gone, however that came."""
        if self._ended is not None:
            await asyncio.wait({self._ended})

    async def close(self) -> None:
        """Disconnect and let the socket go; never raises."""
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.disconnect()
        if self._ended is not None:
            await asyncio.wait({self._ended}, timeout=_CLOSE_S)

    def _signal(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and self._told is not None:
            self._told(message)


def refusal(name: str, body: Sequence[Any], what: str) -> DriverError:
    """Return what an error of D-Bus or BlueZ means for us: ``name`` is its full name, ``what`` was asked."""
    word = name.rpartition(".")[2]
    if word in _DENIED:
        return Misconfigured("this user may not use Bluetooth: let it into the group bluetooth and start again")
    if word in GONE:
        return LineLost("bluetoothd does not run: see systemctl status bluetooth")
    if word in _NO_ADAPTER:
        return LineLost("there is no such adapter")
    if word in ("NotReady", "Blocked"):
        return LineLost("the adapter is switched off")
    if word in ("InProgress", "Busy"):
        return LineLost("the adapter is busy with another scan")
    said = f": {body[0]}" if body and isinstance(body[0], str) else ""
    return LineLost(f"BlueZ refused {what} ({word}{said})")


async def _end(bus: MessageBus) -> None:
    with suppress(OSError, EOFError, DBusFastError):
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__} {error}".strip()
