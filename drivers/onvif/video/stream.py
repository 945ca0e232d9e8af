"""One camera's video for ever: a thread of its own for each connection, and the next one when that is over."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from config.hidden import Secret
from drivers.api.errors import CorruptAnswer, DriverError, Misconfigured, Timeout
from drivers.onvif.lockout import LOCKED_OUT_S
from drivers.onvif.video.frames import Decoding, Meter
from drivers.onvif.video.opened import AvStream, Picture, Stream
from runtime.backoff import Backoff
from runtime.clock import Clock

SLOWEST_S: Final = 30.0
STEADY_S: Final = 10.0
"""A connection that lasted so long was a good one: the next failure is again tried soon."""

MEASURED_S: Final = 10.0
PARTING_S: Final = 2.0
"""So long a thread is waited for that is told to end; where its camera is frozen it ends by itself a little later."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture; ``at`` (µs) and ``came`` (monotonic) say when its last packet was here."""

    at: int
    came: float
    picture: Picture


class Eye(Protocol):
    """Who looks at a video. ``frame`` and ``closely`` are called on the video's thread, the others on the loop."""

    def frame(self, frame: Frame) -> None:
        """A picture came; must not take long, so that the stream is read on."""
        ...

    def closely(self) -> bool:
        """Tell whether every picture is wanted now, or only keyframes."""
        ...

    def measured(self, fps: float, kbps: int) -> None:
        """So much came in the last seconds; the camera is alive."""
        ...

    def gone(self, error: DriverError) -> None:
        """There is no video at present, and why; said each time it is tried."""
        ...


class Video:
    """The video of one camera. ``where`` is asked before each try; ``opens`` opens it, on the thread that uses it."""

    def __init__(
        self,
        name: str,
        where: Callable[[], Awaitable[Secret]],
        eye: Eye,
        clock: Clock,
        opens: Callable[[Secret], Stream] = AvStream,
        backoff: Backoff | None = None,
    ) -> None:
        self._name, self._where, self._eye, self._clock, self._opens = name, where, eye, clock, opens
        self._backoff = backoff or Backoff(1.0, SLOWEST_S)

    async def run(self) -> None:
        """Look until cancelled; whatever goes wrong is told and tried again."""
        while True:
            began = self._clock.monotonic()
            try:
                await self._connection(await self._where())
                error: DriverError = Timeout("video: the camera ended it")
            except DriverError as failed:
                error = failed
            self._eye.gone(error)
            if self._clock.monotonic() - began >= STEADY_S:
                self._backoff.reset()
            await self._clock.sleep(self._backoff.next(LOCKED_OUT_S if isinstance(error, Misconfigured) else None))

    async def _connection(self, address: Secret) -> None:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[DriverError | None] = loop.create_future()
        stop = threading.Event()
        work = partial(self._thread, address, stop, loop, ended)
        threading.Thread(target=work, name=f"video {self._name}", daemon=True).start()
        try:
            error = await asyncio.shield(ended)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait({ended}, timeout=PARTING_S)
            raise
        if error is not None:
            raise error

    def _thread(
        self,
        address: Secret,
        stop: threading.Event,
        loop: asyncio.AbstractEventLoop,
        ended: "asyncio.Future[DriverError | None]",
    ) -> None:
        error: DriverError | None = None
        try:
            self._flow(address, stop, loop)
        except DriverError as failed:
            error = failed
        except ImportError as failed:
            error = Misconfigured(f"video needs {failed.name}, which is not installed")
        except Exception as failed:  # noqa: BLE001 - a thread's boundary; the text of what is unknown may hold a password
            error = CorruptAnswer(f"video: {type(failed).__name__}")
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, ended, error)

    def _flow(self, address: Secret, stop: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
        stream = self._opens(address)
        try:
            decoding, meter = Decoding(stream), Meter(self._clock.monotonic(), MEASURED_S)
            for packet in stream.packets():
                if stop.is_set():
                    return
                came, at = self._clock.monotonic(), self._clock.now()
                if (measure := meter.take(came, packet)) is not None:
                    loop.call_soon_threadsafe(self._eye.measured, *measure)
                picture = decoding.take(packet, self._eye.closely())
                if picture is not None:
                    self._eye.frame(Frame(at, came, picture))
        finally:
            stream.close()


def _settle(ended: "asyncio.Future[DriverError | None]", error: DriverError | None) -> None:
    if not ended.done():
        ended.set_result(error)
