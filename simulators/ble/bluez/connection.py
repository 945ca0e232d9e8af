"""Our place on the message bus: the name, the calls that come in, the signals that go out, however many at once."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from dbus_fast import ErrorType, Message, MessageFlag, MessageType, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus

from simulators.ble.bluez.errors import Refusal
from simulators.ble.bluez.objects import Reply
from simulators.ble.bus import NoBus

NAME: Final = "org.bluez"
_RULES: Final = (
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged'",
    "type='signal',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded'",
)


class Connection:
    """One connection, open until it is closed or breaks.

    ``answer`` does what a call asks for, ``left`` is told the unique name of every program that leaves the bus,
    ``offered`` gets other programs' ``InterfacesAdded``.
    """

    def __init__(
        self,
        address: str,
        answer: Callable[[Message], Awaitable[Reply | None]],
        left: Callable[[str], None],
        offered: Callable[[Message], None],
    ) -> None:
        self._address = address
        self._answer = answer
        self._left = left
        self._offered = offered
        self._bus: MessageBus | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def stands(self) -> bool:
        """Return whether it is open and unbroken."""
        return self._bus is not None and self._bus.connected

    async def open(self) -> None:
        """Connect; calls are answered, but nobody finds us yet. ``NoBus`` where there is none."""
        bus = MessageBus(bus_address=self._address, negotiate_unix_fd=True)
        try:
            await bus.connect()
        except OSError as error:
            raise NoBus(f"no bus at {self._address}: {error.strerror or error}") from error
        writer: Any = bus._writer
        writer.sock = _PatientSocket(writer.sock)
        bus.add_message_handler(self._handle)
        self._bus = bus
        for rule in _RULES:
            await self.call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", rule
            )

    async def own_name(self) -> None:
        """Become ``org.bluez``; ``NoBus`` where somebody else is."""
        if self._bus is None:
            raise NoBus("the connection is not open")
        reply = await self._bus.request_name(NAME, NameFlag.DO_NOT_QUEUE)
        if reply is not RequestNameReply.PRIMARY_OWNER:
            raise NoBus(f"somebody else is {NAME} on this bus")

    async def call(self, to: str, path: str, interface: str, member: str, signature: str = "", *body: Any) -> None:
        """Call another program, whatever it answers; nothing where the connection is gone."""
        if self._bus is None or not self._bus.connected:
            return
        await self._bus.call(
            Message(destination=to, path=path, interface=interface, member=member, signature=signature, body=list(body))
        )

    def send(self, message: Message) -> None:
        """Send a signal; lost where the connection is gone."""
        if self._bus is not None and self._bus.connected:
            self._bus.send(message).add_done_callback(_seen)

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something for as long as the connection is open."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, *, farewell: bool = True) -> None:
        """Leave the bus; without ``farewell`` as a program does that was killed. What was to be answered is not."""
        bus, self._bus = self._bus, None
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if bus is None:
            return
        # what another task finds broken is broken already, and the bus may be gone
        with contextlib.suppress(Exception):
            if farewell and bus.connected:
                await bus.release_name(NAME)
        bus.disconnect()
        ended: Awaitable[None] = bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        with contextlib.suppress(Exception):
            await ended

    def _handle(self, message: Message) -> bool:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and not message.body[2]:
                self._left(message.body[0])
            elif message.member == "InterfacesAdded" and self._bus and message.sender != self._bus.unique_name:
                self._offered(message)
            return False
        if message.message_type is not MessageType.METHOD_CALL or message.interface == "org.freedesktop.DBus.Peer":
            return False
        self.spawn(self._serve(message))
        return True

    async def _serve(self, message: Message) -> None:
        fds: Iterable[int] = ()
        try:
            reply = await self._answer(message)
            if reply is None:
                return
            fds = reply.fds
            answer = Message.new_method_return(message, reply.signature, reply.body, reply.fds)
        except Refusal as refusal:
            answer = Message.new_error(message, refusal.name, refusal.text)
        except (TypeError, ValueError, IndexError, AttributeError) as error:  # a call with a body of another shape
            answer = Message.new_error(message, ErrorType.INVALID_ARGS, f"{type(error).__name__}: {error}")
        try:
            silent = MessageFlag.NO_REPLY_EXPECTED in message.flags
            if not silent and self._bus is not None and self._bus.connected:
                with contextlib.suppress(OSError, EOFError):
                    await self._bus.send(answer)
        finally:
            for fd in fds:
                os.close(fd)


class _PatientSocket:
    """The socket under dbus-fast, which takes a full send buffer for the end of the connection: here it waits."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own
        self._ancillary: list[Any] = []

    def send(self, data: Any) -> int:
        try:
            if not self._ancillary:
                return self._own.send(data)
            sent = self._own.sendmsg([data], self._ancillary)
        except BlockingIOError:
            return 0
        self._ancillary = []
        return sent

    def sendmsg(self, buffers: list[Any], ancillary: list[Any]) -> int:
        self._ancillary = ancillary
        return self.send(buffers[0])


def _seen(sent: asyncio.Future[Any]) -> None:
    if not sent.cancelled():
        sent.exception()
