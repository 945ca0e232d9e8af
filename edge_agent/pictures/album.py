"""The album: takes pictures off the event loop's hands, keeps them by age and size, and gives one back when asked."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from config.settings import BufferSettings, PicturesSettings
from drivers.api import MaskingMissing, MasksPictures, NoPicture, Picture, picture_masker
from edge_agent.pictures.folder import PictureFolder
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.picture import CANNOT_MASK, GONE, NOT_KEPT, PICTURE_LIMIT, device_of

WAITING: Final = 16
WAITING_BYTES: Final = 8 * 1024 * 1024
"""So many pictures, and so many bytes of them, wait for the disk at most; what comes meanwhile is dropped."""

SWEEP_S: Final = 600.0
"""How often it looks which are too old."""

STOP_S: Final = 2.0
"""How long a stop waits for the disk."""

_OURS: Final = ("disk_slow", "disk_full", "disk_failing", CANNOT_MASK)

T = TypeVar("T")
_log = get_logger("pictures")


class NoSuchPicture(Exception):
    """It cannot be shown; ``word`` is one of ``wire.picture``."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Found:
    """A picture as it may be shown: JPEG, when it was taken (µs), and whether neither plate nor face can be read."""

    data: bytes
    at: int
    masked: bool


class Album:
    """Implements ``TakesPictures`` over ``path``. Everything that touches the disk, or masks, is done on one thread.

    ``sure`` tells whether the clock is right: while it is not, none is taken for too old. What is dropped is counted in
    ``dropped`` and said once, until one could be kept again; ``problem`` is the word for it, empty where all is well.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        sure: Callable[[], bool] = lambda: True,
        masker: Callable[[], MasksPictures] = picture_masker,
    ) -> None:
        self.kept = self.dropped = 0
        self.problem = ""
        self._folder, self._clock, self._sure, self._make_masker = PictureFolder(path), clock, sure, masker
        self._settings, self._leave_free = PicturesSettings(), 0
        self._masker: MasksPictures | None = None
        self._thread = ThreadPoolExecutor(1, "pictures")
        self._waiting = self._waiting_bytes = 0
        self._open = self._closed = False
        self._changed = asyncio.Event()

    def follow(self, settings: PicturesSettings, buffer: BufferSettings) -> None:
        """Keep pictures as the file says from now on, and leave room on the disk before the ``buffer`` must."""
        self._settings = settings
        self._leave_free = buffer.keep_free_bytes + buffer.alarm_reserve_bytes
        self._changed.set()

    def keep(self, picture: Picture) -> None:
        """Take a picture to be kept; returns at once and never raises."""
        size = len(picture.data)
        if self._closed or not self._settings.kept:
            return
        if not device_of(picture.reference):
            self._drop("bad_reference")
        elif not 0 < size <= PICTURE_LIMIT:
            self._drop("too_large" if size else "empty")
        elif self._waiting >= WAITING or self._waiting_bytes + size > WAITING_BYTES:
            self._drop("disk_slow")
        else:
            self._waiting, self._waiting_bytes = self._waiting + 1, self._waiting_bytes + size
            storing = self._on_thread(partial(self._store, picture, self._settings, self._leave_free))
            storing.add_done_callback(partial(self._stored, size))

    async def find(self, reference: str, *, whole: bool) -> Found:
        """Return a picture, masked unless ``whole`` and it lies here so; ``NoSuchPicture``."""
        return await self._on_thread(partial(self._find, reference, self._settings, whole=whole))

    async def run(self) -> None:
        """Remove what is too old, now and then, until cancelled."""
        while True:
            self._changed.clear()
            try:
                removed = await self._on_thread(partial(self._sweep, self._settings, self._leave_free))
            except OSError as error:
                self._trouble("disk_failing", error)
            else:
                if removed:
                    _log.info("pictures_removed", count=removed, left=self._folder.count)
            waits = [asyncio.ensure_future(self._clock.sleep(SWEEP_S)), asyncio.ensure_future(self._changed.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def close(self) -> None:
        """Store what waits, for ``STOP_S`` at most, and take nothing any more."""
        self._closed = True
        storing, patience = self._on_thread(lambda: None), asyncio.ensure_future(self._clock.sleep(STOP_S))
        await asyncio.wait((storing, patience), return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def figures(self) -> dict[str, Any]:
        """Return what there is and what became of what came since the start; ``failing``: it is this box that does not
        keep them, not a camera that gives what is none. May be called from another thread.
        """
        return {
            "count": self._folder.count,
            "bytes": self._folder.size,
            "kept": self.kept,
            "dropped": self.dropped,
            "problem": self.problem,
            "failing": self.problem in _OURS,
        }

    def _on_thread(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _store(self, picture: Picture, settings: PicturesSettings, leave_free: int) -> str:
        """Keep a picture; return why not, empty where it is kept."""
        now = self._clock.now()
        at = min(picture.at, now)
        if at < self._oldest_kept(settings, now):
            return "too_old"
        masked = settings.personal == "mask"
        data = self._masked(picture.data) if masked else picture.data
        self._be_open()
        if not self._folder.make_room(len(data), most=settings.max_bytes, leave_free=leave_free):
            return "disk_full"
        self._folder.put(picture.reference, at, data, masked=masked)
        return ""

    def _stored(self, size: int, storing: "asyncio.Future[str]") -> None:
        self._waiting, self._waiting_bytes = self._waiting - 1, self._waiting_bytes - size
        if storing.cancelled():
            self._drop("stopping")
            return
        match storing.exception():
            case None if not storing.result():
                self.kept += 1
                if self.problem:
                    _log.info("pictures_kept_again", after=self.problem, dropped=self.dropped)
                    self.problem = ""
            case None:
                self._drop(storing.result())
            case NoSuchPicture() as error:
                self._drop(error.word)
            case NoPicture():
                self._drop("broken_picture")
            case error:
                self._drop("disk_failing" if isinstance(error, OSError) else "bug", error)

    def _find(self, reference: str, settings: PicturesSettings, *, whole: bool) -> Found:
        try:
            kept = self._folder.find(reference)
            if kept is None or kept.at < self._oldest_kept(settings, self._clock.now()):
                raise NoSuchPicture(GONE if settings.kept else NOT_KEPT)
            data = kept.path.read_bytes()
        except OSError as error:
            raise NoSuchPicture(GONE) from error
        if kept.masked or (whole and settings.personal == "keep"):
            return Found(data, kept.at, kept.masked)
        try:
            return Found(self._masked(data), kept.at, True)
        except NoPicture as error:
            raise NoSuchPicture(CANNOT_MASK) from error

    def _masked(self, data: bytes) -> bytes:
        try:
            self._masker = self._masker or self._make_masker()
        except MaskingMissing as error:
            raise NoSuchPicture(CANNOT_MASK) from error
        return self._masker.masked(data)

    def _sweep(self, settings: PicturesSettings, leave_free: int) -> int:
        if not self._open and not self._folder.path.exists():
            return 0
        self._be_open()
        before = self._folder.count
        self._folder.remove_before(self._oldest_kept(settings, self._clock.now()))
        self._folder.make_room(0, most=settings.max_bytes, leave_free=leave_free)
        return before - self._folder.count

    def _be_open(self) -> None:
        if not self._open:
            self._folder.open()
            self._open = True

    def _oldest_kept(self, settings: PicturesSettings, now: int) -> int:
        """Return from when on (µs) pictures are kept: from never on where there are to be none."""
        if not settings.kept:
            return 1 << 62
        return now - round(settings.keep_s * 1_000_000) if self._sure() else 0

    def _drop(self, word: str, error: BaseException | None = None) -> None:
        self.dropped += 1
        self._trouble(word, error)

    def _trouble(self, word: str, error: BaseException | None) -> None:
        if word != self.problem:
            _log.warning("pictures_not_kept", reason=word, error="" if error is None else str(error))
        self.problem = word
