"""Shows a technician what is read of a video, frame by frame, as it would be read of a camera of the file."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import unquote, urlsplit

from config.hidden import Secret
from drivers.api.errors import CorruptAnswer, DriverError, Misconfigured
from drivers.api.plates import FollowsPassages, ModelsMissing, ReadsPlates
from drivers.api.videos import Glimpse
from drivers.onvif.video.address import with_password
from drivers.onvif.video.looking import Looking
from drivers.onvif.video.opened import AvStream, Stream
from drivers.onvif.video.reader import Reader, local_reader
from drivers.onvif.video.stream import Frame, Video
from runtime.clock import Clock

CLOSELY_S: Final = 2.0
PORT: Final = 554


async def watch_plates(
    address: str,
    password: str,
    clock: Clock,
    see: Callable[[Glimpse], None],
    gone: Callable[[DriverError], None],
    *,
    home: str = "",
    opens: Callable[[Secret], Stream] = AvStream,
    reads: Callable[[str], ReadsPlates] = local_reader,
) -> None:
    """See ``drivers.api.WatchesPlates``."""
    try:
        parts = urlsplit(address)
        host, user = parts.hostname or "", unquote(parts.username or "")
        whole = with_password(address, host, PORT, user, Secret(password) if password else None)
    except (ValueError, CorruptAnswer):
        raise Misconfigured("this is no RTSP address") from None

    async def where() -> Secret:
        return whole

    reader = Reader(reads)
    eye = _Technician(reader, clock, see, gone, home)
    try:
        await Video("watched", where, eye, clock, opens).run()
    finally:
        await reader.close()


class _Technician:
    """An ``Eye``."""

    def __init__(
        self,
        reader: Reader,
        clock: Clock,
        see: Callable[[Glimpse], None],
        gone: Callable[[DriverError], None],
        home: str,
    ) -> None:
        self.gone = gone
        self._reader, self._clock, self._see, self._home = reader, clock, see, home
        self._looking = Looking(home)
        self._following: FollowsPassages | None = None
        self._loop = asyncio.get_running_loop()
        self._closely_until = 0.0

    def frame(self, frame: Frame) -> None:
        self._reader.offer("watched", partial(self._look, frame))

    def closely(self) -> bool:
        return self._clock.monotonic() < self._closely_until

    def measured(self, fps: float, kbps: int) -> None: ...

    def _look(self, frame: Frame, engine: Callable[[str], ReadsPlates]) -> None:
        try:
            reader = engine(self._home)
            following = self._following = self._following or reader.passages(at_once=True)
            looked = self._looking.look(frame, engine)
            marked = reader.annotated(looked.jpeg, looked.reads) if looked.jpeg else b""
        except (ModelsMissing, ImportError) as error:
            self._loop.call_soon_threadsafe(self.gone, Misconfigured(str(error)))
            return
        except Exception as error:  # noqa: BLE001 - a thread's boundary: a frame that cannot be read costs itself
            self._loop.call_soon_threadsafe(self.gone, CorruptAnswer(f"a frame cannot be read: {type(error).__name__}"))
            return
        if looked.reads:
            self._closely_until = self._clock.monotonic() + CLOSELY_S
        passages = following.see(frame.at, looked.reads, looked.picture)
        if marked or passages:
            glimpse = Glimpse(frame.at, looked.reads if marked else (), marked, passages)
            self._loop.call_soon_threadsafe(self._see, glimpse)
