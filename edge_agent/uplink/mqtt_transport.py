"""The way to the collector over an MQTT 5 broker: a request is a message with a place for its answer, and only that
answer counts. What the broker itself acknowledges says nothing about a chunk.
"""

import asyncio
import math
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from edge_agent.uplink.api import Answer, Downlinks, Sign, Subject
from edge_agent.uplink.errors import LinkError, NoAnswer, Refused, Silent
from edge_agent.uplink.mqtt_line import Line, Question
from edge_agent.uplink.waiting import patience_s, within
from runtime.broker import Broker, BrokerError, Mail
from runtime.clock import Clock
from wire.codec import MEDIA_TYPE, decode
from wire.errors import CodecError
from wire.exchange import Downlink, Hello, Refusal
from wire.topics import (
    AUTHORIZATION,
    LISTEN_S,
    METHOD,
    RETRY_AFTER,
    SILENCE_S,
    STATUS,
    answer_topic,
    request_topic,
)

UPLOAD_LIMIT = 8 * 1024 * 1024
"""Most bytes of a body: the collector's own limit, which a broker in between would enforce without a word."""

PICTURE_MOST = 512 * 1024
"""Most bytes of a picture here: chunks and alarms share the one connection, and wait behind it."""

HEAD = 2048
"""Bytes of a request beside its body, at most: topics, token, the rest."""

RETRY_AFTER_LIMIT_S = 3600.0
"""Longest wait that a peer may ask for."""

T = TypeVar("T")


class MqttTransport:
    """A ``Transport`` for ``gateway`` through ``broker``. ``timeout_s`` is for one exchange of an ordinary size (see
    ``patience_s``), connecting included.

    One connection serves everything. It is made when somebody asks, and anew by the first who asks after it broke or
    was given up: for ``Silent`` in ``downlinks``, or a question that not even the broker acknowledged in its time.
    """

    def __init__(self, broker: Broker, gateway: str, clock: Clock, timeout_s: float) -> None:
        self._broker, self._gateway, self._clock, self._timeout_s = broker, gateway, clock, timeout_s
        self._line: Line | None = None

    async def hello(self) -> Answer[Hello]:
        """See ``Transport.hello``."""
        return await self._ask(self._present(), "hello", b"", Hello, None)

    async def ask(self, subject: Subject, body: bytes, kind: type[T], sign: Sign) -> Answer[T]:
        """See ``Transport.ask``. A body that would be too large on the way is ``Refused`` here, with 413."""
        return await self._ask(self._present(), subject, body, kind, sign)

    @asynccontextmanager
    async def downlinks(self, sign: Sign) -> AsyncIterator[Downlinks]:
        """See ``Transport.downlinks``. The first answer is awaited before the block, so that a refusal is told."""
        line, ear, stream = self._present(), _Ear(), secrets.token_bytes(16)
        line.ears.add(ear.hear)
        listening: asyncio.Task[None] | None = None
        try:
            ear.put((await self._ask(line, "listen", stream, Downlink, sign)).value)
            listening = asyncio.create_task(self._listen(line, ear, stream, sign), name="listen")
            yield ear
        except Silent:
            await self._drop(line)
            raise
        finally:
            line.ears.discard(ear.hear)
            if listening is not None:
                listening.cancel()
                await asyncio.wait((listening,))

    async def close(self) -> None:
        """See ``Transport.close``."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def _listen(self, line: Line, ear: "_Ear", stream: bytes, sign: Sign) -> None:
        """Say every few seconds that commands are heard; each answer is a sign of life, its absence the end."""
        try:
            while True:
                await self._clock.sleep(LISTEN_S)
                wait_s = min(SILENCE_S - LISTEN_S, self._timeout_s)
                ear.put((await self._ask(line, "listen", stream, Downlink, sign, wait_s)).value)
        except LinkError as error:
            ear.put(error)

    async def _ask(
        self, line: Line, subject: str, body: bytes, kind: type[T], sign: Sign | None, wait_s: float | None = None
    ) -> Answer[T]:
        question, wait_s = Question(), wait_s or patience_s(self._timeout_s, len(body))
        try:
            sent_at, mail = await within(self._clock, wait_s, self._asked(line, question, subject, body, sign, wait_s))
        except TimeoutError as error:
            if question.unheard:
                await self._drop(line)
            raise NoAnswer("timeout") from error
        except BrokerError as error:
            await self._drop(line)
            raise NoAnswer(error.word) from error
        return _understood(mail, kind, sent_at)

    async def _asked(
        self, line: Line, question: Question, subject: str, body: bytes, sign: Sign | None, wait_s: float
    ) -> tuple[float, Mail]:
        await line.ready()
        topic = request_topic(self._gateway, subject)
        sent_at = self._clock.monotonic()
        most = PICTURE_MOST if subject == "pictures" else UPLOAD_LIMIT
        if len(body) > most or len(body) + HEAD > (line.max_packet or math.inf):
            raise Refused(413, None, None, sent_at)
        mail = Mail(
            topic,
            body,
            content_type=MEDIA_TYPE,
            words={} if sign is None else {AUTHORIZATION: f"Bearer {sign(METHOD, topic, body)}"},
            answer_to=answer_topic(self._gateway),
            correlation=secrets.token_bytes(16),
            expiry_s=math.ceil(wait_s),  # nobody waits for the answer of a later one
        )
        return sent_at, await line.ask(question, mail, sent_at)

    def _present(self) -> Line:
        if self._line is None or self._line.broken:
            self._line = Line(self._broker, self._gateway, self._timeout_s)
        return self._line

    async def _drop(self, line: Line) -> None:
        if self._line is line:
            self._line = None
        await line.close()


class _Ear:
    """The frames of one block of ``downlinks``."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Downlink | LinkError] = asyncio.Queue()
        self.put = self._heard.put_nowait

    async def next(self) -> Downlink:
        """See ``Downlinks.next``."""
        told = await self._heard.get()
        if isinstance(told, LinkError):
            self.put(told)  # whoever asks once more is told the same
            raise told
        return told

    def hear(self, mail: Mail | None) -> None:
        """Take a message of the downlink topic, ``None`` when the connection is gone."""
        if mail is None:
            self.put(NoAnswer("broken_off"))
            return
        try:
            self.put(decode(mail.body, Downlink))
        except CodecError:
            self.put(NoAnswer("garbage"))


def _understood(mail: Mail, kind: type[T], sent_at: float) -> Answer[T]:
    status = mail.words.get(STATUS, "")
    if mail.content_type != MEDIA_TYPE or not (status.isascii() and status.isdigit() and len(status) == 3):
        raise NoAnswer("not_a_collector")
    try:
        if status == "200":
            return Answer(decode(mail.body, kind), sent_at)
        refusal: Refusal | None = decode(mail.body, Refusal)
    except CodecError as error:
        if status == "200":
            raise NoAnswer("garbage") from error
        refusal = None
    raise Refused(int(status), refusal, _retry_after_s(mail), sent_at)


def _retry_after_s(mail: Mail) -> float | None:
    try:
        seconds = float(mail.words.get(RETRY_AFTER, ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_LIMIT_S) if math.isfinite(seconds) else None
