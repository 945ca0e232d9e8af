"""One connection to one MQTT 5 broker through aiomqtt: opened once, used, closed; whoever wants another makes another.

Importing it costs over a megabyte, so only who has a broker does. What is taken from below aiomqtt's surface holds for
its version 2: the broker's limit on packets, the reason in its receipt for a message, messages without a queue between,
and a connection that can be dropped at once.
"""

import asyncio
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import aiomqtt
from paho.mqtt.client import MQTT_ERR_SUCCESS
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from runtime.broker import Broker, BrokerError, Mail, Session

NO_SUBSCRIBER = 0x10
"""The broker's reason where nobody listens at the topic."""

REFUSED = 0x80
"""From here on a reason says that the message went nowhere."""

TOO_LARGE = 0x95
"""The broker's reason where it does not take so much at once."""

OnMail: TypeAlias = Callable[[Mail], None]
"""Called in the event loop with each message that arrives; it neither raises nor waits."""

_NOT_AUTHORIZED = (0x86, 0x87, 0x8A, 0x8C)


class Connection:
    """``max_packet`` is the most bytes of one message, all told, that the broker takes; ``None``: it does not say.

    ``keepalive_s`` bounds how long either end takes a dead connection for a live one, to one and a half times that.
    ``most`` bytes are taken in at once, ``timeout_s`` is for each step of ``open``. Without a ``session`` the broker
    keeps nothing, retained messages are not delivered, and all others are acknowledged as they come.
    """

    def __init__(
        self,
        broker: Broker,
        name: str,
        on_mail: OnMail,
        *,
        keepalive_s: int,
        most: int,
        timeout_s: float,
        session: Session | None = None,
    ) -> None:
        self.max_packet: int | None = None
        kept = session or Session(f"{name}-{secrets.token_hex(4)}", 0, 0)
        self._client = _Client(broker, kept, keepalive_s, most, timeout_s, on_mail)
        self._ended = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether it is open, as far as this side knows."""
        return self._reader is not None and not self._ended.is_set()

    async def open(self, *filters: str) -> None:
        """Connect and subscribe to ``filters`` (QoS 1); ``BrokerError`` when that fails.

        It blocks a thread while the connection is made, so do not cancel it: wait for it shielded.
        """
        try:
            await self._client.__aenter__()
            self.max_packet = self._client.max_packet
            self._reader = asyncio.create_task(self._read(), name="broker")
            if filters:
                await self._client.hear(filters)
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            await self.close()
            raise BrokerError(_word_of(error), str(error)) from error
        except BrokerError:
            await self.close()
            raise

    def post(self, mail: Mail, qos: int = 1) -> "asyncio.Future[int]":
        """Hand ``mail`` to the broker. The future is its reason: 0 for taken (of QoS 0 at once).

        ``BrokerError`` where the connection is gone, now or in the future.
        """
        if not self.alive:
            raise BrokerError("broken_off")
        return self._client.post(mail, qos)

    def acknowledge(self, number: int) -> None:
        """Tell the broker that it may forget the message of this ``number``; nothing where the connection is gone."""
        if self.alive and number:
            self._client.acknowledge(number)

    async def ended(self) -> None:
        """Return when the connection is no more, whoever ended it."""
        await self._ended.wait()

    async def close(self) -> None:
        """End it now, politely where that takes no time; never raises."""
        self._client.leave(polite=self.alive)
        if self._reader is not None and not self._reader.done():
            self._reader.cancel()
            await asyncio.wait((self._reader,))
        self._ended.set()

    async def _read(self) -> None:
        try:
            async for _ in self._client.messages:
                pass  # nothing comes this way; the loop is how aiomqtt tells that the connection ended
        except (aiomqtt.MqttError, OSError, ValueError):
            pass
        finally:
            self._ended.set()
            self._client.leave(polite=False)


class _Client(aiomqtt.Client):
    def __init__(
        self, broker: Broker, session: Session, keepalive_s: int, most: int, timeout_s: float, on_mail: OnMail
    ) -> None:
        wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wanted.MaximumPacketSize = most
        if session.keep_s:
            wanted.SessionExpiryInterval, wanted.ReceiveMaximum = session.keep_s, session.at_once
        super().__init__(
            broker.host,
            broker.port,
            username=broker.username or None,
            password=broker.password or None,
            identifier=session.name,
            protocol=aiomqtt.ProtocolVersion.V5,
            timeout=timeout_s,
            keepalive=keepalive_s,
            clean_start=not session.keep_s,
            properties=wanted,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            tls_context=_tls() if broker.tls else None,
        )
        self._client.connect_timeout = timeout_s
        self._kept = bool(session.keep_s)
        self._client.manual_ack_set(self._kept)
        self.max_packet: int | None = None
        self._on_mail = on_mail
        self._posted: dict[int, asyncio.Future[int]] = {}

    async def hear(self, filters: Sequence[str]) -> None:
        retained = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if self._kept else SubscribeOptions.RETAIN_DO_NOT_SEND
        options = SubscribeOptions(qos=1, retainHandling=retained)
        for reason in await self.subscribe([(one, options) for one in filters]):
            if not isinstance(reason, int) and reason.value >= REFUSED:
                raise BrokerError("not_authorized", f"subscription refused: {reason}")

    def post(self, mail: Mail, qos: int) -> "asyncio.Future[int]":
        info = self._client.publish(mail.topic, mail.body, qos, mail.retained, _properties(mail))
        if info.rc != MQTT_ERR_SUCCESS:
            raise BrokerError("broken_off")
        receipt: asyncio.Future[int] = self._loop.create_future()
        if qos == 0:
            receipt.set_result(0)
        else:
            self._posted[info.mid] = receipt
        return receipt

    def acknowledge(self, number: int) -> None:
        with suppress(OSError, ValueError):
            self._client.ack(number, 1)

    def leave(self, *, polite: bool) -> None:
        if polite:
            with suppress(OSError, ValueError):
                self._client.disconnect()
                self._client.loop_write()
        self._client._sock_close()  # what disconnect() left, or a connection that is dead and not worth a wait
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError("left"))
        for receipt in self._posted.values():
            if not receipt.done():
                receipt.set_exception(BrokerError("broken_off"))
                receipt.exception()  # seen, so that nobody reports it as forgotten
        self._posted.clear()
        for state in (self._connected, self._disconnected):
            if state.done() and not state.cancelled():
                state.exception()

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.max_packet = getattr(properties, "MaximumPacketSize", None)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason_code: Any, properties: Any) -> None:
        receipt = self._posted.pop(mid, None)
        if receipt is not None and not receipt.done():
            receipt.set_result(reason_code.value)

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        def wanted() -> None:
            if sock.fileno() >= 0:  # dropped meanwhile: its number may be another's by now
                self._loop.add_writer(sock.fileno(), self._write)

        self._loop.call_soon_threadsafe(wanted)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except (OSError, ValueError) as error:
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        if self._kept or not message.retain:
            self._on_mail(_mail(message))


class _TlsSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()  # paho forgets it
            raise


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    return context


def _properties(mail: Mail) -> Properties:
    made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if mail.content_type:
        made.ContentType = mail.content_type
    if mail.words:
        made.UserProperty = list(mail.words.items())
    if mail.answer_to:
        made.ResponseTopic = mail.answer_to
    if mail.correlation:
        made.CorrelationData = mail.correlation
    if mail.expiry_s is not None:
        made.MessageExpiryInterval = mail.expiry_s
    return made


def _mail(message: Any) -> Mail:
    told = message.properties
    return Mail(
        topic=message.topic,
        body=message.payload,
        content_type=getattr(told, "ContentType", ""),
        words=dict(reversed(getattr(told, "UserProperty", ()))),
        answer_to=getattr(told, "ResponseTopic", ""),
        correlation=getattr(told, "CorrelationData", b""),
        expiry_s=getattr(told, "MessageExpiryInterval", None),
        retained=message.retain,
        number=message.mid if message.qos else 0,
        again=message.dup,
    )


def _word_of(error: BaseException) -> str:
    """Return the stable word for why a connection could not be made."""
    if isinstance(error, aiomqtt.exceptions.MqttConnectError) and not isinstance(error.rc, int | None):
        return "not_authorized" if error.rc.value in _NOT_AUTHORIZED else "broker_refuses"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "bad_certificate"
        if isinstance(cause, ssl.SSLError):
            return "no_tls"
        if isinstance(cause, OSError):
            return "timeout" if isinstance(cause, TimeoutError) else "cannot_connect"
        cause = cause.__cause__ or cause.__context__
    return "not_a_broker"
