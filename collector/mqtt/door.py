"""Answers what gateways publish at one broker; several such doors share the work, whichever process they are in."""

import asyncio
from collections.abc import Mapping
from typing import get_args

from collector.api.parts import Parts
from collector.gateway.protocol import LIMITS, UPLOAD_LIMIT, GatewayProtocol, Refusing, Reply, Subject, Wrong
from collector.mqtt.listeners import Listeners
from runtime.backoff import Backoff
from runtime.broker import Broker, BrokerError, Mail
from runtime.logs import get_logger
from runtime.mqtt import Connection
from wire.codec import MEDIA_TYPE, encode
from wire.exchange import Downlink
from wire.topics import (
    AUTHORIZATION,
    METHOD,
    REQUESTS,
    RETRY_AFTER,
    STATUS,
    answer_topic,
    asked_on,
    downlink_topic,
    shared_filter,
)

KEEPALIVE_S = 10
"""The broker takes a dead collector for a live one, and gives it work, for one and a half times this at most."""

CONNECT_S = 5.0
"""Most seconds for each step of connecting."""

IN_HAND = 128
"""So many requests are worked on at once; further gateways are asked to come back."""

BYTES_IN_HAND = 64 * 1024 * 1024
"""So many bytes of bodies are worked on at once, at least one request."""

EXPIRY_S = 60
"""Seconds for which an answer is worth anything to anybody."""

_HEAD = 4096
_SUBJECTS: Mapping[str, Subject] = {subject: subject for subject in get_args(Subject)}
_log = get_logger("mqtt")


class MqttDoor:
    """``run`` is a job for the supervisor. ``connected`` tells whether gateways can reach it now."""

    def __init__(self, broker: Broker, parts: Parts) -> None:
        self.connected = False
        self._broker, self._parts = broker, parts
        self._protocol = GatewayProtocol(parts)
        self._listeners = Listeners(parts.streams, parts.clock, self._send)
        self._connection: Connection | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._bytes_in_hand = 0
        self._said_lost = False

    async def run(self) -> None:
        """Serve, and connect again whenever the connection is lost; endless."""
        backoff = Backoff(initial_s=0.5, ceiling_s=2.0)  # all gateways wait for this one
        try:
            while True:
                try:
                    await self._serve(backoff)
                except BrokerError as error:
                    self._lost(error)
                await self._parts.clock.sleep(backoff.next())
        finally:
            await self._stop()

    async def _serve(self, backoff: Backoff) -> None:
        connection = Connection(
            self._broker,
            self._parts.name,
            self._arrived,
            keepalive_s=KEEPALIVE_S,
            most=UPLOAD_LIMIT + _HEAD,
            timeout_s=CONNECT_S,
        )
        self._connection = connection
        opening = asyncio.create_task(connection.open(*(shared_filter(subject) for subject in REQUESTS)))
        try:
            await asyncio.shield(opening)
            self.connected, self._said_lost = True, False
            backoff.reset()
            _log.info("broker_connected", broker=self._broker.url)
            if connection.max_packet is not None and connection.max_packet < UPLOAD_LIMIT + _HEAD:
                _log.warning("broker_limits_uploads", broker=self._broker.url, max_packet=connection.max_packet)
            await connection.ended()
            raise BrokerError("broken_off")
        finally:
            self.connected = False
            await connection.close()
            await self._listeners.close()  # a command may have been lost with the connection
            await asyncio.wait((opening,), timeout=CONNECT_S)

    def _lost(self, error: BrokerError) -> None:
        if not self._said_lost:
            _log.warning("broker_lost", broker=self._broker.url, reason=error.word)
        self._said_lost = True

    def _arrived(self, mail: Mail) -> None:
        """Take a request in hand, or refuse it where too many are; what cannot be answered is not even judged."""
        gateway, subject = asked_on(mail.topic)
        if not gateway or mail.answer_to != answer_topic(gateway) or not mail.correlation:
            # answering elsewhere would lend this program's rights at the broker to whoever asks
            _log.warning("request_unanswerable", topic=mail.topic[:200])
            return
        size = len(mail.body)
        if len(self._work) >= IN_HAND or (self._bytes_in_hand and self._bytes_in_hand + size > BYTES_IN_HAND):
            self._answer(mail, self._refused(Wrong(503, "busy", "too much at once", wait_s=2, gateway=gateway), mail))
            return
        self._bytes_in_hand += size
        task = asyncio.create_task(self._handle(mail, gateway, subject), name="mqtt-request")
        self._work.add(task)
        task.add_done_callback(self._done)
        task.add_done_callback(lambda _: self._free(size))

    def _free(self, size: int) -> None:
        self._bytes_in_hand -= size

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("request_failed", exc_info=error)  # a mistake of ours; the gateway asks again

    async def _handle(self, mail: Mail, gateway: str, subject: str) -> None:
        try:
            reply = await self._judged(mail, gateway, subject)
        except Refusing as error:
            reply = self._refused(error, mail)
        self._answer(mail, reply)
        if subject == "listen" and reply.status == 200:
            self._listeners.heard(gateway, mail.body)

    async def _judged(self, mail: Mail, gateway: str, asked: str) -> Reply:
        subject = _SUBJECTS.get(asked)
        if subject is None:
            return self._protocol.hello()
        limit = LIMITS[subject]
        guest = await self._protocol.greet(METHOD, mail.topic, mail.words.get(AUTHORIZATION, ""))
        if guest.gateway.gateway != gateway:
            raise Wrong(401, "wrong_body", "another gateway's topic", gateway=guest.gateway.gateway)
        if len(mail.body) > limit:
            raise Wrong(413, "too_large", f"at most {limit} bytes", gateway=gateway)
        return await self._protocol.answer(subject, guest, mail.body)

    def _refused(self, error: Exception, mail: Mail) -> Reply:
        return self._protocol.refused(error, topic=mail.topic)

    def _answer(self, mail: Mail, reply: Reply) -> None:
        words = {STATUS: str(reply.status)} | ({RETRY_AFTER: str(reply.wait_s)} if reply.wait_s else {})
        self._post(
            Mail(
                mail.answer_to,
                reply.body,
                content_type=MEDIA_TYPE,
                words=words,
                correlation=mail.correlation,
                expiry_s=EXPIRY_S,
            ),
            qos=0,
        )

    def _send(self, gateway: str, downlink: Downlink) -> None:
        """Publish a command."""
        mail = Mail(downlink_topic(gateway), encode(downlink), content_type=MEDIA_TYPE, expiry_s=EXPIRY_S)
        self._post(mail, qos=1)

    def _post(self, mail: Mail, qos: int) -> None:
        if self._connection is None:
            return
        try:
            self._connection.post(mail, qos)
        except BrokerError:
            # whoever waits for it asks again; a command is offered again to whoever listens again
            _log.info("answer_lost", topic=mail.topic)

    async def _stop(self) -> None:
        await self._listeners.close()
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
