"""A camera's answer that never ends, held open for ever: its parts are told, silence is noticed, a gap is said."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from drivers.api.errors import CorruptAnswer, DeviceRefused, DriverError, Timeout
from drivers.onvif.events.multipart import Parts, boundary
from drivers.onvif.target import Target
from drivers.onvif.vendors.asking import LOST, Asking, lost
from drivers.onvif.vendors.telling import LARGEST_PICTURE, Telling
from drivers.onvif.voice import Voice
from runtime.backoff import Backoff
from runtime.clock import Clock

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0
"""Waits between tries grow from the first to the longest, and begin anew after a stream that lived so long."""

SETTLED_S: Final = 0.02
"""When nothing has come for so long, a part is looked at whose boundary will come with the next one only."""


class PartStream:
    """Asks for the first of ``paths`` that is not refused and tells what comes, for ever; a stream without a whole part
    for ``silence_s`` is dead.
    """

    def __init__(
        self,
        target: Target,
        voice: Voice,
        clock: Clock,
        timeout_s: float,
        *,
        way: str,
        paths: Sequence[str],
        silence_s: float,
    ) -> None:
        """``Misconfigured`` where the authority's certificate cannot be read."""
        self._asking = Asking(target, clock, timeout_s)
        self._voice, self._clock, self._silence_s = voice, clock, silence_s
        self._paths = deque(paths)
        self._telling = Telling(target, way, voice)
        self._counted: Counter[str] = Counter()
        self._heard = 0
        self._broken = ""
        self._mute = False
        """The last stream brought nothing whole: whoever answers and says nothing is not there."""

    async def run(self) -> None:
        """Listen until cancelled; nothing is left behind then."""
        backoff = Backoff(FIRST_S, LONGEST_S)
        self._heard = self._clock.now()
        while True:
            began = self._clock.monotonic()
            try:
                await self._listen()
            except DriverError as error:
                if self._clock.monotonic() - began >= LONGEST_S:
                    backoff.reset()
                if isinstance(error, DeviceRefused) and 400 <= error.code < 500:
                    self._paths.rotate(-1)
                self._broken = self._broken or error.word
                self._voice.gone(error)
            await self._clock.sleep(backoff.next())

    async def _listen(self) -> None:
        async with self._asking.get(self._paths[0]) as response:
            cut = boundary(response.headers.get("content-type", ""))
            if not cut:
                raise CorruptAnswer("its answer is no stream of parts")
            if not self._mute:
                await self._back()
            self._mute = True
            self._counted.clear()
            parts = Parts(cut, LARGEST_PICTURE)
            reading = _Reading(response.aiter_raw(), self._clock)
            try:
                await self._take(reading, parts)
            finally:
                await reading.close()
                self._count(parts)

    async def _take(self, reading: "_Reading", parts: Parts) -> None:
        """Tell every part; raises when the stream ends, whyever."""
        dead_at = self._clock.monotonic() + self._silence_s
        while True:
            data, whole = await reading.next(SETTLED_S), []
            if data is None and not (whole := parts.settle()):
                data = await reading.next(dead_at - self._clock.monotonic())
                if data is None:
                    raise self._silent()
            if data is not None:
                whole = parts.feed(data) if data else parts.close()
            if whole:
                self._mute = False
                await self._back()
            for part in whole:
                await self._telling.part(part)
            self._count(parts)
            if data == b"":
                raise Timeout("it ended the stream")
            if whole:
                self._heard = self._clock.now()
                dead_at = self._clock.monotonic() + self._silence_s
            elif self._clock.monotonic() >= dead_at:
                raise self._silent()

    async def _back(self) -> None:
        self._voice.there()
        if self._broken:
            await self._voice.missed(self._heard, self._broken)
            self._broken = ""

    def _silent(self) -> Timeout:
        return Timeout(f"nothing whole was heard for {self._silence_s:g} s")

    def _count(self, parts: Parts) -> None:
        for kind, count in (parts.lost - self._counted).items():
            self._telling.lose(kind, count)
        self._counted = parts.lost.copy()


class _Reading:
    """Reads ahead by one piece, so that waiting for it can end without ending the stream."""

    def __init__(self, pieces: AsyncIterator[bytes], clock: Clock) -> None:
        self._pieces, self._clock = pieces, clock
        self._next: asyncio.Future[bytes] | None = None

    async def next(self, seconds: float) -> bytes | None:
        """Return the next piece, empty at the end, ``None`` when nothing came within ``seconds``; a ``DriverError``
        where the way broke.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._pieces))
        over = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((self._next, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if not self._next.done():
            return None
        done, self._next = self._next, None
        try:
            return done.result()
        except StopAsyncIteration:
            return b""
        except LOST as error:
            raise lost(error) from None

    async def close(self) -> None:
        """Read no further."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
