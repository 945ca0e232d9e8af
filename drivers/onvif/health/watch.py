"""Looks at a camera's picture every minute and asks how it is every five: what it told, and what it does not say."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zlib import crc32

from drivers.api.errors import CorruptAnswer, DeviceRefused, DriverError, NotSupported, TechnicianMustAct
from drivers.onvif.calls import Calls
from drivers.onvif.target import Target
from drivers.onvif.voice import Voice
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.reading import Quality, Value

if TYPE_CHECKING:
    from drivers.onvif.health.judge import Judge
    from drivers.onvif.health.picture import Look

Told = Mapping[str, tuple[Value, Quality]]

RARELY_S: Final = 86_400.0
"""What a camera does not have is asked for again once a day: it may have got a new firmware."""

REFUSED_S: Final = 600.0
"""After a wrong password nothing is asked for so long: makers lock an address out after five to seven tries."""

SPREAD_S: Final = 10.0
"""The first looks at the cameras of a bus are spread over so long."""

KINDS: Final = {"dark": "dark", "covered": "covered", "defocused": "defocus", "frozen": "frozen", "moved": "moved"}
"""What ``camera_tamper`` calls a state of the picture: as cameras that find it by themselves do."""

PICTURE: Final = ("mean_luma", "sharpness", "picture_state")
VIDEO: Final = ("fps", "bitrate_kbps")
CLOCK: Final = ("clock_offset_s", "time_offset_s")
RECORDS: Final = ("recording", "storage_days")

_log = get_logger("onvif")


class _Question:
    """Something that is asked again and again: which ``points`` it is about, how often, when it is due."""

    def __init__(self, points: tuple[str, ...], ask: Callable[[], Awaitable[Told]], every_s: float, due: float) -> None:
        self.points, self.ask, self.every_s, self.due = points, ask, every_s, due
        self.said: Quality | None = None


class HealthWatch:
    """One camera's health, told through ``voice`` until cancelled. ``threads`` is one thread that all cameras share;
    pictures are opened and judged there, one of a camera at a time.

    Only what the device has (``target.points``) is asked for. A camera that people turn is never called moved.
    """

    def __init__(
        self,
        calls: Calls,
        voice: Voice,
        clock: Clock,
        target: Target,
        *,
        look_every_s: float = 60.0,
        ask_every_s: float = 300.0,
        threads: Executor | None = None,
    ) -> None:
        self._calls, self._voice, self._clock, self._target = calls, voice, clock, target
        self._look_every_s, self._threads = look_every_s, threads or one_thread()
        self._judge: Judge | None = None
        self._state: str | None = None
        self._measured: tuple[float, float | None, int | None] | None = None
        first = clock.monotonic() + crc32(target.device.encode()) % 1000 / 1000 * SPREAD_S
        questions = [
            _Question(CLOCK, self._ask_clock, ask_every_s, first),
            _Question(VIDEO, self._ask_video, ask_every_s, first),
            _Question(RECORDS, self._ask_records, ask_every_s, first),
            _Question(PICTURE, self._look, look_every_s, first),
        ]
        looks = "camera_tamper" in target.events
        self._questions = [
            each for each in questions if target.points & set(each.points) or (looks and each.points == PICTURE)
        ]

    async def run(self) -> None:
        """Ask and look for ever."""
        while True:
            for each in self._questions:
                if each.due <= self._clock.monotonic():
                    await self._ask(each)
            now = self._clock.monotonic()
            await self._clock.sleep(min((each.due for each in self._questions), default=now + RARELY_S) - now)

    def measured(self, fps: float | None, bitrate_kbps: int | None) -> None:
        """Take what a video that runs here really has; it counts for two looks, then what is set counts again."""
        self._measured = self._clock.monotonic(), fps, bitrate_kbps
        for each in self._questions:
            if each.points == VIDEO and each.due > self._clock.monotonic() + self._look_every_s:
                each.due = self._clock.monotonic() + self._look_every_s

    def turned(self) -> None:
        """Learn the place anew: the camera was turned on purpose."""
        if self._judge is not None:
            self._judge.forget()

    async def _ask(self, question: _Question) -> None:
        try:
            told = await question.ask()
        except NotSupported:
            question.due = self._clock.monotonic() + RARELY_S
            await self._unsaid(question, Quality.NO_VALUE)
            return
        except (CorruptAnswer, DeviceRefused) as error:
            question.due = self._clock.monotonic() + question.every_s
            _log.debug("camera_health", device=self._target.device, points=question.points, why=str(error))
            await self._unsaid(question, Quality.CORRUPT if isinstance(error, CorruptAnswer) else Quality.BAD)
            return
        except DriverError as error:
            self._gone(question, error)
            return
        question.due, question.said = self._clock.monotonic() + question.every_s, None
        self._voice.there()
        await self._tell(told)

    def _gone(self, question: _Question, error: DriverError) -> None:
        """Nobody answers: whatever it lacked is said anew when it is back, since its points will have gone stale."""
        self._voice.gone(error)
        refused = isinstance(error, TechnicianMustAct)
        question.due = again = self._clock.monotonic() + (REFUSED_S if refused else self._look_every_s)
        for each in self._questions:
            each.said, each.due = None, again if refused else min(each.due, again)

    async def _unsaid(self, question: _Question, quality: Quality) -> None:
        """Say once that a camera that answers does not tell these."""
        self._voice.there()
        if question.said == quality:
            return
        question.said = quality
        told: dict[str, tuple[Value, Quality]] = dict.fromkeys(question.points, (None, quality))
        if question.points == PICTURE and quality is Quality.NO_VALUE:
            told["picture_state"] = ("unknown", Quality.GOOD)
        await self._tell(told)

    async def _tell(self, told: Told) -> None:
        here = {key: value for key, value in told.items() if key in self._target.points}
        if here:
            await self._voice.points(here)

    async def _ask_clock(self) -> Told:
        offset = round(await self._calls.clock_offset_s(), 1)
        return dict.fromkeys(CLOCK, (offset, Quality.GOOD))

    async def _ask_video(self) -> Told:
        """Return what runs here where something does, else what the largest profile is set to: uncertain."""
        now, fps, rate, quality = self._clock.monotonic(), None, None, Quality.UNCERTAIN
        if self._measured is not None and now - self._measured[0] <= 2 * self._look_every_s:
            _, fps, rate = self._measured
            quality = Quality.GOOD
        else:
            main = max(await self._calls.profiles(), key=lambda each: each.width * each.height, default=None)
            if main is not None:
                fps, rate = main.fps, main.bitrate_kbps
        return {"fps": _known(fps, quality), "bitrate_kbps": _known(rate, quality)}

    async def _ask_records(self) -> Told:
        record = await self._calls.recorded()
        days = None if record.days is None else round(record.days, 2)
        return {"recording": _known(record.recording), "storage_days": _known(days)}

    async def _look(self) -> Told:
        jpeg = await self._calls.picture()
        loop = asyncio.get_running_loop()
        look, state = await loop.run_in_executor(self._threads, self._judged, jpeg)
        if state is not None and state != self._state:
            self._state = state
            if state != "ok" and "camera_tamper" in self._target.events:
                await self._voice.event("camera_tamper", {"kind": KINDS[state]}, picture=jpeg)
        told: dict[str, tuple[Value, Quality]] = {
            "mean_luma": (round(look.luma, 1), Quality.GOOD),
            "sharpness": (round(look.sharpness, 1), Quality.GOOD),
        }
        return told if state is None else told | {"picture_state": (state, Quality.GOOD)}

    def _judged(self, jpeg: bytes) -> "tuple[Look, str | None]":
        """Open and judge a picture, on the shared thread; what this needs is imported at the first one."""
        try:
            from drivers.onvif.health.judge import Judge
            from drivers.onvif.health.picture import look
        except ImportError as error:
            raise NotSupported("to judge pictures the extra “camera” has to be installed") from error
        if self._judge is None:
            calls = [each.camera.call for each in self._target.commands.values() if each.camera is not None]
            self._judge = Judge(turns="preset" in calls)
        seen = look(jpeg)
        return seen, self._judge.take(seen)


def _known(value: Value, quality: Quality = Quality.GOOD) -> tuple[Value, Quality]:
    return (None, Quality.NO_VALUE) if value is None else (value, quality)


@lru_cache(maxsize=1)
def one_thread() -> Executor:
    """Return the one thread on which pictures are judged, whichever camera's they are."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="camera-pictures")
