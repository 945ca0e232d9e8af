"""One connection to the broker as a gateway uses it: questions find their answers, downlinks their ears."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from edge_agent.uplink.errors import NoAnswer, Refused
from runtime.broker import Broker, Mail
from runtime.mqtt import NO_SUBSCRIBER, REFUSED, TOO_LARGE, Connection
from wire.topics import answer_topic, downlink_topic

ANSWER_LIMIT = 1024 * 1024
"""Most bytes of one message that are taken in; a collector's are far smaller."""

KEEPALIVE_S = 10
"""The broker notices a dead connection after one and a half times this, and this side after one."""

CONNECT_S = 4.0
"""Most seconds for the way to the broker to open; then the next who asks tries anew."""


Hear: TypeAlias = Callable[[Mail | None], None]
"""Given each message of the downlink topic, and ``None`` when the connection is gone."""


class Question:
    """One question while it waits; ``unheard`` while it was sent and not even the broker has said a word to it."""

    def __init__(self) -> None:
        self.unheard = False


class Line:
    """A connection from its first moment; it begins to open at once and is never opened again."""

    def __init__(self, broker: Broker, gateway: str, timeout_s: float) -> None:
        self.ears: set[Hear] = set()
        self._downlink = downlink_topic(gateway)
        self._answers: dict[bytes, asyncio.Future[Mail]] = {}
        self._connection = Connection(
            broker,
            gateway,
            self._arrived,
            keepalive_s=KEEPALIVE_S,
            most=ANSWER_LIMIT,
            timeout_s=min(timeout_s, CONNECT_S),
        )
        self._opening = asyncio.create_task(self._connection.open(answer_topic(gateway), self._downlink), name="mqtt")
        self._opening.add_done_callback(_seen)
        self._watching = asyncio.create_task(self._watch(), name="mqtt-watch")

    @property
    def broken(self) -> bool:
        """Whether nothing more can be asked here."""
        return self._opening.done() and not self._connection.alive

    @property
    def max_packet(self) -> int | None:
        """Most bytes of one message that the broker takes, ``None`` where it does not say."""
        return self._connection.max_packet

    async def ready(self) -> None:
        """Wait until it is open; ``BrokerError`` where that failed. May be cancelled."""
        await asyncio.shield(self._opening)

    async def ask(self, question: Question, mail: Mail, sent_at: float) -> Mail:
        """Send ``mail`` and return what comes back on its correlation.

        ``NoAnswer`` when the broker knows of nobody who could answer, or the connection breaks; ``Refused`` (413) when
        the broker finds it too large; ``BrokerError`` when the connection is gone already.
        """
        answer: asyncio.Future[Mail] = asyncio.get_running_loop().create_future()
        self._answers[mail.correlation] = answer
        try:
            taken = self._connection.post(mail)
            question.unheard = True
            taken.add_done_callback(partial(_broker_said, question, answer, sent_at))
            return await answer
        finally:
            del self._answers[mail.correlation]

    async def close(self) -> None:
        """End it; whoever waits is told. Never raises."""
        await self._connection.close()
        if not self._opening.done():
            await asyncio.wait((self._opening,), timeout=CONNECT_S)
        self._tell_end()
        self._watching.cancel()
        await asyncio.wait((self._watching,))

    def _arrived(self, mail: Mail) -> None:
        if mail.topic == self._downlink:
            for hear in tuple(self.ears):
                hear(mail)
            return
        answer = self._answers.get(mail.correlation)
        if answer is not None and not answer.done():
            answer.set_result(mail)

    async def _watch(self) -> None:
        await self._connection.ended()
        self._tell_end()

    def _tell_end(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(NoAnswer("broken_off"))
        for hear in tuple(self.ears):
            hear(None)
        self.ears.clear()


def _broker_said(
    question: Question, answer: "asyncio.Future[Mail]", sent_at: float, taken: "asyncio.Future[int]"
) -> None:
    """Take the broker's own receipt into account: it matters only where it says that nobody will answer."""
    question.unheard = False
    if answer.done() or taken.cancelled():
        return
    if taken.exception() is not None:
        answer.set_exception(NoAnswer("broken_off"))
    elif taken.result() == NO_SUBSCRIBER:
        answer.set_exception(NoAnswer("no_collector"))
    elif taken.result() == TOO_LARGE:
        answer.set_exception(Refused(413, None, None, sent_at))
    elif taken.result() >= REFUSED:
        answer.set_exception(NoAnswer("not_authorized"))


def _seen(opening: "asyncio.Task[None]") -> None:
    if not opening.cancelled():
        opening.exception()  # so that nobody reports it as forgotten
