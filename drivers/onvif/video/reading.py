"""Reads the plates of a camera that cannot do it itself: from its video all the time, or from one picture."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from config.hidden import Secret
from drivers.api.errors import CorruptAnswer, DriverError, Misconfigured
from drivers.api.plates import OPENING, Direction, FollowsPassages, ModelsMissing, Passage, PlateKind, PlateRead
from drivers.api.plates import ReadsPlates as Engine
from drivers.onvif.calls import Calls
from drivers.onvif.events.vehicles import direction
from drivers.onvif.target import Target
from drivers.onvif.video.address import wanted, with_password
from drivers.onvif.video.looking import Looked, Looking, Pictures
from drivers.onvif.video.opened import AvStream, Stream
from drivers.onvif.video.reader import Reader
from drivers.onvif.video.stream import Frame, Video
from drivers.onvif.voice import Voice
from runtime.clock import Clock
from wire.reading import Quality, Value

CLOSELY_S: Final = 2.0
"""So long every frame is looked at after one with a plate that is not decided yet."""

MOVING_S: Final = 10.0
"""And so long after the camera said that something moves."""

PATIENCE_S: Final = 10.0
REST_S: Final = 30.0
"""What looks like a plate and is never decided (a sign, a parked car) is looked at closely for the former, then for the
latter only by keyframes.
"""

EASY_S: Final = 0.25
"""While no plate is to be decided frames are read no more often: people and trees move too."""

DECIDED_S: Final = 60.0
"""So long after it was told a plate is not looked at closely again."""

TICK_S: Final = 0.5
WAITING: Final = 16
"""So many passages wait to be told; the oldest goes when another comes."""


class Reading:
    """One camera's video and what is read of it, for ever. An ``Eye``.

    With ``target.stream`` ``motion`` all frames are looked at while the camera says that something moves, otherwise
    keyframes; with ``keyframes`` the camera's word is not needed. Either way all frames are looked at from a plate's
    first read until it is decided, and then no longer.
    """

    def __init__(
        self,
        target: Target,
        calls: Calls,
        voice: Voice,
        clock: Clock,
        reader: Reader,
        *,
        measured: Callable[[float, int], None] = lambda fps, kbps: None,
        opens: Callable[[Secret], Stream] = AvStream,
        passages: FollowsPassages | None = None,
    ) -> None:
        """``measured`` is told pictures a second and kbit/s every 10 s."""
        self._target, self._calls, self._voice, self._clock, self._reader = target, calls, voice, clock, reader
        self._measured, self._passages = measured, passages
        self._video = Video(target.device, self._where, self, clock, opens)
        self._looking, self._pictures = Looking(target.home), Pictures()
        self._decided: dict[str, float] = {}
        self._told: deque[tuple[Passage, bytes, float]] = deque(maxlen=WAITING)
        self._news = asyncio.Event()
        self._closely_until = self._began = self._rests_until = 0.0
        self._undecided, self._offered = False, clock.monotonic() - EASY_S
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Read until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with self._reader.used(), asyncio.TaskGroup() as parts:
            self._reader.offer(self._target.device, self._get_ready)
            parts.create_task(self._video.run(), name=f"video {self._target.device}")
            parts.create_task(self._look_round(), name=f"passages {self._target.device}")
            parts.create_task(self._tell(), name=f"plates {self._target.device}")

    def moved(self) -> None:
        """Take the camera's word that something moves (its event ``motion``, its point ``moving``)."""
        if self._target.stream == "motion":
            self._closely(MOVING_S)

    def closely(self) -> bool:
        """See ``Eye``."""
        return self._clock.monotonic() < self._closely_until

    def frame(self, frame: Frame) -> None:
        """See ``Eye``."""
        if self._undecided or not self.closely() or frame.came - self._offered >= EASY_S:
            self._offered = frame.came
            self._reader.offer(self._target.device, partial(self._look, frame))

    def measured(self, fps: float, kbps: int) -> None:
        """See ``Eye``."""
        self._voice.there()
        self._measured(fps, kbps)

    def gone(self, error: DriverError) -> None:
        """See ``Eye``."""
        self._voice.gone(error)

    def _closely(self, seconds: float) -> None:
        self._closely_until = max(self._closely_until, self._clock.monotonic() + seconds)

    async def _where(self) -> Secret:
        target = self._target
        address = await self._calls.stream_address(wanted(await self._calls.profiles()).token)
        return with_password(address, target.place.host, target.rtsp_port, target.user, target.password)

    def _get_ready(self, engine: Callable[[str], Engine]) -> None:
        """On the readers' thread: have the networks there before the first car is."""
        try:
            self._passages = self._passages or engine(self._target.home).passages(at_once=True)
        except ModelsMissing as error:
            self._call(partial(self.gone, Misconfigured(str(error))))

    def _look(self, frame: Frame, engine: Callable[[str], Engine]) -> None:
        """On the readers' thread: read, and have the loop go on with it."""
        tell: Callable[[], None]
        try:
            following = self._passages = self._passages or engine(self._target.home).passages(at_once=True)
            tell = partial(self._seen, self._looking.look(frame, engine), following)
        except ModelsMissing as error:
            tell = partial(self.gone, Misconfigured(str(error)))
        except Exception as error:  # noqa: BLE001 - a thread's boundary: one camera's frame must not end the others' reading
            tell = partial(self.gone, CorruptAnswer(f"a frame cannot be read: {type(error).__name__}"))
        self._call(tell)

    def _call(self, tell: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(tell)

    def _seen(self, looked: Looked, passages: FollowsPassages) -> None:
        self._voice.there()
        self._pictures.keep(looked)
        told = passages.see(looked.frame.at, looked.reads, looked.picture)
        self._take(told, looked.frame.came)
        now = self._clock.monotonic()
        self._decided = {plate: at for plate, at in self._decided.items() if now - at < DECIDED_S}
        self._undecided = any(read.text not in self._decided for read in looked.reads)
        if self._undecided:
            self._approach(now)
        elif told:
            self._closely_until = 0.0

    def _approach(self, now: float) -> None:
        if now < self._rests_until:
            return
        if now >= self._closely_until:
            self._began = now
        if now - self._began > PATIENCE_S:
            self._rests_until = now + REST_S
        else:
            self._closely(CLOSELY_S)

    def _take(self, passages: Sequence[Passage], came: float) -> None:
        for passage in passages:
            if passage.read.confidence >= OPENING:
                self._decided[passage.read.text] = self._clock.monotonic()
            self._told.append((passage, self._pictures.of(passage.read.text), came))
            self._news.set()

    async def _look_round(self) -> None:
        while True:
            await self._clock.sleep(TICK_S)
            if self._passages is not None:
                self._take(self._passages.until(self._clock.now()), self._clock.monotonic())

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._told:
                passage, picture, came = self._told.popleft()
                fields = fields_of(passage.read, passage.direction, self._target.quirks.facing)
                await self._voice.event("plate_read", fields, picture=picture)
                if "read_latency_ms" in self._target.points:
                    took = round((self._clock.monotonic() - came) * 1000)
                    await self._voice.points({"read_latency_ms": (took, Quality.GOOD)})


async def read_picture(jpeg: bytes, target: Target, voice: Voice, reader: Reader) -> Sequence[PlateRead]:
    """Read one picture, fetched because something happened, and tell each plate with it; return what was read.

    ``NoPicture``, ``ModelsMissing``, ``Busy``; one picture knows no direction.
    """
    reads = await reader.read(jpeg, target.home)
    for read in reads:
        fields = fields_of(read, Direction.unknown, target.quirks.facing)
        await voice.event("plate_read", fields, picture=jpeg)
    return reads


def fields_of(read: PlateRead, way: Direction, facing: str) -> Mapping[str, Value]:
    """Return the fields of ``plate_read`` (``config/classes/anpr_camera.yaml``); what is not known is left out."""
    fields: dict[str, Value] = {"plate": read.text, "confidence": read.confidence}
    if read.kind is not PlateKind.unknown:
        fields["plate_type"] = read.kind.value
        fields["plate_colour"] = read.kind.value.partition("_")[0]
    went = direction(way.value, facing)
    if went is not None:
        fields["direction"] = went
    fields["position"] = position(read)
    return fields


def position(read: PlateRead) -> str:
    """Return where the plate stands in its picture: left, top, right and bottom, in pixels (``812,430,980,486``)."""
    across, down = zip(*read.corners, strict=True)
    return ",".join(str(round(edge)) for edge in (min(across), min(down), max(across), max(down)))
