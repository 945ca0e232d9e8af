"""One line of meters as everybody on it shares it: one question at a time, and only its own answer is its answer."""

import asyncio
from collections.abc import Callable

from config.bus_settings import MeterBus
from drivers.api.errors import CorruptAnswer, LineLost, Timeout
from drivers.api.tape import CLOSED, GAVE_UP, OPENED, RECEIVED, SENT, Tape
from drivers.meters.frames import PREAMBLE, FrameReader
from drivers.meters.wire import Wire, open_wire
from runtime.clock import Clock

QUIET_S = 0.1
"""After a question that went unanswered the line must be silent for so long before the next, or a late answer meets it;
not longer than the bus's timeout, because a neighbour may babble for ever."""


class NotSent(LineLost):
    """The connection was gone before anything left for the meter."""


class Line:
    """Opens, closes and asks. ``turn`` must be held around ``ask`` and ``call``; it is handed on in order of asking."""

    def __init__(self, bus: MeterBus, clock: Clock, tape: Tape) -> None:
        self._bus = bus
        self._clock = clock
        self._tape = tape
        self._reader: FrameReader | None = None
        self._wire: Wire | None = None
        self._is_answer: Callable[[bytes], bool] = _nobody_asked
        self._answered: asyncio.Future[bytes]
        self._heard_at = self._quiet_since = clock.monotonic()
        self._owed = False
        self._gone = ""
        self.turn = asyncio.Lock()

    async def open(self) -> None:
        """Connect, dropping what was left of an earlier connection; ``LineLost`` or ``Misconfigured``."""
        self.close()
        self._owed, self._gone = False, ""
        wire = await open_wire(self._bus, self._hear, self._lost)
        try:
            await self._clock.sleep(self._bus.settle_s)
            if self._gone:
                raise LineLost(self._gone)
            self._wire = wire
            self._tape.add(OPENED)
        finally:
            if self._wire is not wire:
                wire.close()

    def close(self) -> None:
        """Drop the connection; who waits for an answer gets ``LineLost``."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()
            self._tape.add(CLOSED)
        self._fail(LineLost("the connection was closed"))

    async def ask(self, frame: bytes, is_answer: Callable[[bytes], bool], reader: FrameReader) -> bytes:
        """Send ``frame`` and return the first frame that ``is_answer`` (which must not raise) recognises.

        ``reader`` finds frames of the protocol that is spoken; others, an echo of our own among them, are passed over.
        ``LineLost`` (``NotSent`` when it was gone before), ``Timeout``, or ``CorruptAnswer`` where bytes came that are
        no frame.
        """
        await self._send(frame, is_answer, reader)
        try:
            async with asyncio.timeout(self._bus.timeout_s):
                found = await self._answered
        except TimeoutError as error:
            self._tape.add(GAVE_UP)
            word = "only garbled bytes came" if reader.noise else "no answer"
            raise (CorruptAnswer if reader.noise else Timeout)(f"{word} within {self._bus.timeout_s:g} s") from error
        else:
            self._owed = False
            return found
        finally:
            self._rest()

    async def call(self, frame: bytes, reader: FrameReader) -> tuple[list[bytes], bool]:
        """Send ``frame``, which many may answer, and return every frame that came until the timeout and whether other
        bytes did; ``LineLost`` as for ``ask``.
        """
        frames: list[bytes] = []

        def keep(whole: bytes) -> bool:
            frames.append(whole)
            return False

        await self._send(frame, keep, reader)
        try:
            await self._clock.sleep(self._bus.timeout_s)
            if self._answered.done():
                await self._answered
        finally:
            self._rest()
        return frames, reader.noise

    async def _send(self, frame: bytes, is_answer: Callable[[bytes], bool], reader: FrameReader) -> None:
        await self._silence()
        wire = self._wire
        if wire is None:
            raise NotSent("the connection is gone")
        reader.clear()
        self._reader, self._is_answer = reader, is_answer
        self._answered = asyncio.get_running_loop().create_future()
        self._owed = True
        self._tape.add(SENT, PREAMBLE + frame)
        wire.send(PREAMBLE + frame)

    def _rest(self) -> None:
        self._reader, self._is_answer = None, _nobody_asked
        self._quiet_since = self._clock.monotonic()

    async def _silence(self) -> None:
        """Wait for the bus's gap, and after an unanswered question until nothing comes any more."""
        rest_s = self._quiet_since + self._bus.gap_ms / 1000 - self._clock.monotonic()
        if rest_s > 0:
            await self._clock.sleep(rest_s)
        if not self._owed:
            return
        end = self._clock.monotonic() + self._bus.timeout_s
        while (rest_s := min(max(self._heard_at, self._quiet_since) + QUIET_S, end) - self._clock.monotonic()) > 0:
            await self._clock.sleep(rest_s)
        self._owed = False

    def _hear(self, data: bytes) -> None:
        self._heard_at = self._clock.monotonic()
        self._tape.add(RECEIVED, data)
        if self._reader is None:
            return
        for frame in self._reader.feed(data):
            if not self._answered.done() and self._is_answer(frame):
                self._answered.set_result(frame)

    def _lost(self, why: str) -> None:
        if self._wire is not None:
            self._tape.add(CLOSED)
        self._wire, self._gone = None, why
        self._fail(LineLost(why))

    def _fail(self, error: LineLost) -> None:
        if self._reader is not None and not self._answered.done():
            self._answered.set_exception(error)
            self._answered.exception()  # seen, even where a cancellation takes the waiting task away first


def _nobody_asked(_: bytes) -> bool:
    return False
