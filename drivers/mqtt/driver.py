"""The driver of one broker: hears what its devices publish, and publishes once what one of them is told to do."""

import asyncio
import hashlib
import math
import socket
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from config.bus_settings import MqttBus
from config.message import Message
from config.settings import DeviceSettings
from drivers.api.errors import (
    AnswerLost,
    CorruptAnswer,
    DeviceRefused,
    LineLost,
    Misconfigured,
    NotSupported,
    Timeout,
)
from drivers.api.tells import Hear, Heard, Kept, Presence
from drivers.mqtt.decode import LARGEST, document, events, presence, readings
from drivers.mqtt.inbox import AT_ONCE, Inbox
from drivers.mqtt.showing import Showing
from drivers.mqtt.target import Ear, Target
from runtime.broker import Broker, BrokerError, Mail, Session
from runtime.clock import Clock
from runtime.mqtt import NO_SUBSCRIBER, REFUSED, Connection
from wire.reading import Batch, Quality, Value

KEPT_S: Final = 300
"""So long the broker keeps what devices tell while this gateway is away; it counts from when it comes."""

KEEPALIVE_S: Final = 10
"""A dead connection is noticed after one and a half times this."""

_HEAD: Final = 1024
_CLOSE_S: Final = 1.5


class MqttDriver:
    """A ``Driver`` that ``Tells`` and ``Executes``. Never retries; see ``drivers.api`` for the contract."""

    def __init__(self, bus: MqttBus, devices: Sequence[DeviceSettings], clock: Clock) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._bus, self._clock = bus, clock
        for device in devices:
            if device.profile.driver != "mqtt" or bus.type not in device.profile.transport.buses:
                raise Misconfigured(f"{device.id}: {device.profile.id} cannot be on a {bus.type} bus")
        self._targets = {device.id: Target(device) for device in devices}
        self._ears: dict[str, list[Ear]] = defaultdict(list)
        for target in self._targets.values():
            for topic, ear in target.ears:
                self._ears[topic].append(ear)
        self._session = Session(_name(bus), KEPT_S, AT_ONCE)
        self._connection: Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._inbox = Inbox()
        self._unsafe: dict[int, tuple[str, bytes]] = {}
        self._showing: set[Showing] = set()

    async def open(self) -> None:
        """Connect and subscribe; what the broker kept while nobody was here comes first."""
        await self.close()
        self._inbox = Inbox()
        bus = self._bus
        password = "" if bus.password is None else bus.password.reveal()
        connection = self._connection = Connection(
            Broker(bus.host, bus.port, bus.tls, bus.username, password),
            self._session.name,
            self._arrived,
            keepalive_s=KEEPALIVE_S,
            most=LARGEST + _HEAD,
            timeout_s=bus.timeout_s,
            session=self._session,
        )
        opening = self._opening = asyncio.create_task(connection.open(*self._ears), name=f"open {bus.id}")
        opening.add_done_callback(_seen)
        try:
            await asyncio.shield(opening)
        except BrokerError as error:
            if error.word in ("not_authorized", "bad_certificate"):
                raise Misconfigured(f"{bus.host}:{bus.port} {error}") from error
            raise LineLost(f"{bus.host}:{bus.port} {error}") from error

    async def close(self) -> None:
        """Disconnect at once; the broker keeps what comes for a while."""
        connection, self._connection = self._connection, None
        opening, self._opening = self._opening, None
        self._inbox.end()
        for showing in self._showing:
            showing.end()
        if connection is not None:
            await connection.close()
        if opening is not None and not opening.done():
            await asyncio.wait((opening,), timeout=_CLOSE_S)

    async def listen(self, hear: Hear) -> None:
        """See ``drivers.api.Tells``. The broker is told that a message was heard when it is safe."""
        connection, inbox = self._connection, self._inbox
        if connection is None or not connection.alive:
            raise LineLost("the broker is not connected")
        safe: asyncio.Queue[tuple[Awaitable[object], list[int]]] = asyncio.Queue()
        helpers = [
            asyncio.create_task(self._acknowledge(connection, safe), name="acknowledge"),
            asyncio.create_task(_end_with(connection, inbox), name="watch"),
        ]
        try:
            while (taken := await inbox.take()) is not None:
                mails, heard = taken[0], list[Heard](taken[1])
                for mail, came in mails:
                    heard += self._heard(mail, came)
                sure = await hear(heard)
                safe.put_nowait((sure, [mail.number for mail, _ in mails if mail.number]))
            raise LineLost("the broker's connection is gone")
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Publish a command once and return what the device told afterwards; see ``drivers.api.Executes``.

        ``Timeout`` where nobody listens on its topic: then nobody got it. ``AnswerLost`` also when it was delivered and
        the device did not tell in time what the profile expects. It expires by then: nobody does it later.
        """
        target = self._targets.get(device)
        if target is None:
            raise NotSupported(f"no device {device} on this bus")
        how, topic, body = target.order(command, args)
        connection = self._connection
        if connection is None or not connection.alive:
            raise LineLost("the broker is not connected")
        showing = Showing(device, how)
        self._showing.add(showing)
        try:
            mail = Mail(topic, body, content_type="application/json", expiry_s=math.ceil(how.within_s))
            try:
                taken = connection.post(mail)
            except BrokerError as error:
                raise LineLost(str(error)) from error
            await self._delivered(taken)
            return await showing.within(self._clock, how.within_s)
        finally:
            self._showing.discard(showing)

    async def _delivered(self, taken: "asyncio.Future[int]") -> None:
        try:
            async with asyncio.timeout(self._bus.timeout_s):
                reason = await taken
        except (TimeoutError, BrokerError) as error:
            raise AnswerLost("published, but the broker did not say that it took it") from error
        if reason == NO_SUBSCRIBER:
            raise Timeout("nobody listens to its commands")
        if reason >= REFUSED:
            raise DeviceRefused(f"the broker refused it, reason {reason}", min(reason, 127))

    def _arrived(self, mail: Mail) -> None:
        ears = self._ears.get(mail.topic, ())
        self._inbox.put(mail, self._clock.now(), {ear.device for ear in ears})
        if self._showing and not mail.retained:
            for ear in ears:
                self._show(ear, mail)

    def _show(self, ear: Ear, mail: Mail) -> None:
        """Let who waits for a command's effect see at once what a device tells, however much waits to be heard."""
        waiting = [one for one in self._showing if one.device == ear.device]
        if waiting and isinstance(ear.what, Message):
            with suppress(CorruptAnswer):
                batch = readings(ear.device, ear.what, document(mail.body), 0)
                for one in waiting:
                    one.see(batch)

    def _heard(self, mail: Mail, came: int) -> list[Heard]:
        if mail.again and self._unsafe.get(mail.number) == (mail.topic, mail.body):
            return []  # heard already, and lost was the word to the broker
        if mail.number:
            self._unsafe[mail.number] = mail.topic, mail.body
        heard: list[Heard] = []
        for ear in self._ears.get(mail.topic, ()):
            heard += _told(ear, mail, came)
        return heard

    async def _acknowledge(
        self, connection: Connection, safe: "asyncio.Queue[tuple[Awaitable[object], list[int]]]"
    ) -> None:
        while True:
            sure, numbers = await safe.get()
            await sure
            for number in numbers:
                self._unsafe.pop(number, None)
                connection.acknowledge(number)


def _told(ear: Ear, mail: Mail, came: int) -> list[Heard]:
    """Return what one message means; nothing where it makes no sense."""
    if not isinstance(ear.what, Message):
        there = presence(ear.what.at, ear.what.there, ear.what.gone, mail.body)
        return (
            []
            if there is None
            else [Presence(ear.device, there, "" if there else "gone: so says its availability topic")]
        )
    try:
        said = document(mail.body)
    except CorruptAnswer:
        return []
    batch = readings(ear.device, ear.what, said, came)
    if mail.retained:
        return [] if batch is None else [Kept(_uncertain(batch))]
    happened = events(ear.device, ear.what, said, came)
    told: list[Heard] = [] if batch is None else [batch]
    return [*told, *happened] or [Presence(ear.device, there=True)]


def _uncertain(batch: Batch) -> Batch:
    """Return what was kept for us as what it is: perhaps no longer so."""
    qualities = batch.quality or (0,) * len(batch.points)
    return replace(batch, quality=tuple(max(one, int(Quality.UNCERTAIN)) for one in qualities))


async def _end_with(connection: Connection, inbox: Inbox) -> None:
    await connection.ended()
    inbox.end()


def _name(bus: MqttBus) -> str:
    """Return what this bus of this machine calls itself to the broker, the same after every start and reload."""
    who = f"{socket.gethostname()}\n{bus.id}"
    return f"linli-{bus.id[:20]}-{hashlib.sha256(who.encode()).hexdigest()[:12]}"


def _seen(opening: "asyncio.Task[None]") -> None:
    if not opening.cancelled():
        opening.exception()  # so that nobody reports it as forgotten
