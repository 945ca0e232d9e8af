"""Gateway ``g-1`` at a broker, for tests of the collector's door there: it says what it is told to say."""

import asyncio
import secrets
from typing import Any, TypeVar

from runtime.broker import Mail
from runtime.mqtt import Connection
from tests.fakes.mosquitto import Mosquitto
from tests.unit.collector.actor import Gateway
from wire.codec import MEDIA_TYPE, decode
from wire.exchange import Refusal
from wire.topics import AUTHORIZATION, METHOD, STATUS, answer_topic, downlink_topic, request_topic

T = TypeVar("T")


class Box:
    """The gateway and its connection. What comes for it waits in ``answers`` and ``downlinks``."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.answers: asyncio.Queue[Mail] = asyncio.Queue()
        self.downlinks: asyncio.Queue[Mail] = asyncio.Queue()
        self._connection: Connection | None = None

    async def connect(self, broker: Mosquitto) -> None:
        """Connect and listen for everything that is for it."""
        made = Connection(broker.broker(), "box", self._arrived, keepalive_s=30, most=10_000_000, timeout_s=5.0)
        await made.open(answer_topic("g-1"), answer_topic("g-2"), downlink_topic("g-1"))
        self._connection = made

    async def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            await self._connection.close()

    def _arrived(self, mail: Mail) -> None:
        (self.downlinks if mail.topic.endswith("/downlink") else self.answers).put_nowait(mail)

    def mail(self, subject: str, body: bytes = b"", /, **claims: Any) -> Mail:
        """Return a request with a fresh token; ``claims`` replace what is in it."""
        topic = request_topic("g-1", subject)
        headers = self.gateway.token(METHOD, topic, body, **claims)
        return Mail(
            topic,
            body,
            content_type=MEDIA_TYPE,
            words={AUTHORIZATION: headers["Authorization"]},
            answer_to=answer_topic("g-1"),
            correlation=secrets.token_bytes(16),
        )

    def send(self, mail: Mail) -> None:
        """Publish it."""
        assert self._connection is not None
        self._connection.post(mail)

    async def ask(self, mail: Mail) -> Mail:
        """Publish a request and return its answer."""
        self.send(mail)
        answer = await asyncio.wait_for(self.answers.get(), 10)
        assert (answer.correlation, answer.content_type) == (mail.correlation, MEDIA_TYPE)
        return answer

    async def told(self, kind: type[T], mail: Mail) -> T:
        """Return what a request that is granted is answered."""
        answer = await self.ask(mail)
        assert answer.words[STATUS] == "200", answer
        return decode(answer.body, kind)

    async def refused(self, mail: Mail) -> tuple[str, str]:
        """Return status and word of a refusal."""
        answer = await self.ask(mail)
        return answer.words[STATUS], decode(answer.body, Refusal).error
