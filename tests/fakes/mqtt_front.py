"""Puts the collector in memory behind a real broker, which can be stopped, started and frozen."""

import asyncio
from pathlib import Path

import httpx

from runtime.broker import Mail
from runtime.mqtt import Connection
from tests.fakes.collector import FakeCollector
from tests.fakes.mosquitto import Mosquitto
from wire.codec import encode
from wire.exchange import Downlink
from wire.topics import (
    AUTHORIZATION,
    METHOD,
    REQUESTS,
    RETRY_AFTER,
    STATUS,
    asked_on,
    downlink_topic,
    shared_filter,
)


class MqttFront:
    """Serves ``collector`` at a Mosquitto of its own, whose configuration gets ``lines``."""

    def __init__(self, folder: Path, collector: FakeCollector, *lines: str) -> None:
        self.mosquitto = Mosquitto(folder, "set_tcp_nodelay true", *lines)
        self._collector = collector
        self._connection: Connection | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._gateways: set[str] = set()

    async def start(self) -> None:
        """Start the broker and answer what is asked there."""
        await self.mosquitto.start()
        broker = self.mosquitto.broker()
        made = Connection(broker, "collector", self._arrived, keepalive_s=60, most=9_000_000, timeout_s=10.0)
        await made.open(*(shared_filter(subject) for subject in REQUESTS))
        self._connection = made

    async def stop(self) -> None:
        """End the broker, and whatever was being answered."""
        self.mosquitto.stop()
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        for task in tuple(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def freeze(self, frozen: bool) -> None:
        """Let the broker fall silent with every connection open, or speak again."""
        self.mosquitto.freeze(frozen)

    def say(self, downlink: Downlink) -> None:
        """Publish a downlink to every gateway that asked something."""
        for gateway in self._gateways:
            self._post(Mail(downlink_topic(gateway), encode(downlink)))

    def _arrived(self, mail: Mail) -> None:
        task = asyncio.create_task(self._answer(mail))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _answer(self, mail: Mail) -> None:
        gateway, _ = asked_on(mail.topic)
        self._gateways.add(gateway)
        token = mail.words.get(AUTHORIZATION, "")
        try:
            said = await self._collector.answer(METHOD, f"/{mail.topic}", token, mail.body)
        except httpx.HTTPError:
            return  # no answer goes out
        words = {STATUS: str(said.status_code)}
        if "retry-after" in said.headers:
            words[RETRY_AFTER] = said.headers["retry-after"]
        kind = said.headers.get("content-type", "")
        self._post(Mail(mail.answer_to, said.content, kind, words, correlation=mail.correlation))

    def _post(self, mail: Mail) -> None:
        if self._connection is not None and self._connection.alive:
            self._connection.post(mail, 0)
