"""The gateways that say over MQTT that they hear commands: to those, commands are published as they come."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import TypeAlias

from collector.commands.stream import CommandStreams
from collector.store.errors import StoreError
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.exchange import Downlink
from wire.topics import SILENCE_S

Send: TypeAlias = Callable[[str, Downlink], None]
"""Publishes a downlink to a gateway; what is lost on the way is offered again when the gateway listens anew."""

_log = get_logger("mqtt")


class Listeners:
    """One task for each gateway that listens here. A gateway that was silent for ``SILENCE_S`` listens no more.

    Where several doors share a broker each hears some of a gateway's signs, so that a command may be sent by more than
    one of them; the gateway does it once.
    """

    def __init__(self, streams: CommandStreams, clock: Clock, send: Send) -> None:
        self._streams, self._clock, self._send = streams, clock, send
        self._heard: dict[str, tuple[bytes, float]] = {}  # the name of its stream, when it last said so
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def heard(self, gateway: str, stream: bytes) -> None:
        """Take note that ``gateway`` listens now; under another name than before it has to be offered everything anew,
        because what was sent to its former connection may be lost.
        """
        known = self._heard.get(gateway)
        self._heard[gateway] = stream, self._clock.monotonic()
        task = self._tasks.get(gateway)
        if task is not None and known is not None and known[0] == stream:
            return
        if task is not None:
            task.cancel()
        self._tasks[gateway] = begun = asyncio.create_task(self._serve(gateway), name="mqtt-commands")
        begun.add_done_callback(partial(self._ended, gateway))

    async def close(self) -> None:
        """End every task and forget who listened: whoever does so again is offered everything anew."""
        self._heard.clear()
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, gateway: str) -> None:
        async with aclosing(self._streams.downlinks(gateway)) as downlinks:
            async for downlink in downlinks:
                if downlink.command is not None:  # signs of life it gets as answers to its own
                    self._send(gateway, downlink)
                elif self._clock.monotonic() - self._heard[gateway][1] > SILENCE_S:
                    return

    def _ended(self, gateway: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(gateway) is task:
            del self._tasks[gateway]
        if not task.cancelled() and (error := task.exception()) is not None:
            # its next sign, in seconds, begins anew
            trace = None if isinstance(error, StoreError) else error
            _log.error("stream_ended", gateway=gateway, error=str(error), exc_info=trace)
