"""One thread to a connection, the next one after it for ever, and nobody is told a password."""

import asyncio
import errno
import threading
from collections.abc import Callable

import av.error
import pytest

from config.hidden import Secret
from drivers.api import CorruptAnswer, DriverError, Misconfigured, Timeout
from drivers.onvif.lockout import LOCKED_OUT_S
from drivers.onvif.video.opened import told
from drivers.onvif.video.stream import MEASURED_S, SLOWEST_S, STEADY_S, Frame, Video
from runtime.backoff import Backoff
from runtime.testing import FakeClock
from tests.fakes.video import FakeVideos

ADDRESS = "rtsp://admin:hunter2@192.0.2.7/main"


class Watcher:
    """An ``Eye`` that remembers."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.errors: list[DriverError] = []
        self.measures: list[tuple[float, int]] = []
        self.every = False

    def frame(self, frame: Frame) -> None:
        self.frames.append(frame)

    def closely(self) -> bool:
        return self.every

    def measured(self, fps: float, kbps: int) -> None:
        self.measures.append((fps, kbps))

    def gone(self, error: DriverError) -> None:
        self.errors.append(error)


class Site:
    """A video, whoever watches it, and the task that does."""

    def __init__(self) -> None:
        self.clock, self.videos, self.eye = FakeClock(), FakeVideos(), Watcher()
        video = Video("cam", self.where, self.eye, self.clock, self.videos, Backoff(1.0, SLOWEST_S, seed=1))
        self.refusing: list[DriverError] = []
        self.task = asyncio.create_task(video.run())

    async def where(self) -> Secret:
        if self.refusing:
            raise self.refusing.pop(0)
        return Secret(ADDRESS)

    async def until(self, so: Callable[[], object]) -> None:
        """Wait for what a thread does, which is soon."""
        for _ in range(2000):
            if so():
                return
            await asyncio.sleep(0.002)
        raise AssertionError("it did not come")

    async def leave(self) -> None:
        self.task.cancel()
        self.videos.packets.put(None)
        await asyncio.wait({self.task})


def threads() -> set[str]:
    """Return the names of the threads that are there for videos."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("video ")}


async def test_frames_come_and_the_thread_that_opened_closes() -> None:
    site = Site()
    site.videos.show(1, 2, 3)
    await site.until(lambda: len(site.eye.frames) == 3)
    await site.leave()
    (stream,) = site.videos.streams
    assert stream.closed_by == stream.opened_by != threading.get_ident()
    await site.until(lambda: not threads())


async def test_a_video_that_ends_is_opened_again_for_ever_and_ever_more_rarely() -> None:
    site = Site()
    waits = []
    for number in range(1, 9):
        site.videos.packets.put(None)
        await site.until(lambda number=number: len(site.eye.errors) == number)  # type: ignore[misc]
        before = site.clock.monotonic()
        while len(site.videos.streams) == number:
            await site.clock.advance(0.5)
            await asyncio.sleep(0.002)
        waits.append(site.clock.monotonic() - before)
    await site.leave()
    assert {type(error) for error in site.eye.errors} == {Timeout}
    assert waits[0] <= 1.5
    assert waits == sorted(waits)
    assert SLOWEST_S / 2 < waits[-1] <= SLOWEST_S + 0.5


async def test_one_that_was_steady_is_soon_tried_again() -> None:
    site = Site()
    site.videos.packets.put(None)
    await site.until(lambda: site.eye.errors)
    await site.clock.advance(2.0)
    site.videos.show(1)
    await site.until(lambda: site.eye.frames)
    await site.clock.advance(STEADY_S)
    site.videos.packets.put(None)
    await site.until(lambda: len(site.eye.errors) == 2)
    await site.clock.advance(1.5)
    await site.until(lambda: len(site.videos.streams) == 3)
    await site.leave()


async def test_a_refused_password_is_not_tried_until_the_account_is_locked() -> None:
    site = Site()
    site.videos.refusing = [Misconfigured("video: the camera does not accept user and password")]
    await site.until(lambda: site.eye.errors)
    await site.clock.advance(LOCKED_OUT_S - 1)
    assert len(site.videos.addresses) == 1
    await site.clock.advance(1.0)
    await site.until(lambda: len(site.videos.addresses) == 2)
    await site.leave()


async def test_a_camera_that_does_not_say_where_its_video_is_is_asked_again() -> None:
    site = Site()
    site.refusing = [Timeout("nobody there")]
    await site.until(lambda: site.eye.errors)
    await site.clock.advance(2.0)
    await site.until(lambda: site.videos.addresses)
    await site.leave()


async def test_what_nobody_expected_costs_one_connection_and_no_secret() -> None:
    site = Site()
    site.videos.refusing = [RuntimeError(f"cannot open {ADDRESS}")]
    await site.until(lambda: site.eye.errors)
    await site.clock.advance(2.0)
    site.videos.show(1)
    await site.until(lambda: site.eye.frames)
    await site.leave()
    (error,) = site.eye.errors
    assert isinstance(error, CorruptAnswer)
    assert "hunter2" not in repr(error)


async def test_pictures_and_bits_a_second_are_measured() -> None:
    site = Site()
    site.videos.show(*range(150))
    await site.until(lambda: len(site.eye.frames) == 150)
    await site.clock.advance(MEASURED_S)
    site.videos.show(150)
    await site.until(lambda: site.eye.measures)
    await site.leave()
    assert site.eye.measures == [(15.1, 121)]


async def test_whoever_is_cancelled_leaves_no_thread() -> None:
    site = Site()
    await site.until(lambda: site.videos.streams)
    site.task.cancel()
    await asyncio.sleep(0.01)
    site.videos.show(1)
    await asyncio.wait({site.task})
    assert site.task.cancelled()
    await site.until(lambda: not threads())
    assert site.eye.frames == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (av.error.HTTPUnauthorizedError(401, f"refused: {ADDRESS}", ADDRESS), Misconfigured),
        (av.error.HTTPNotFoundError(404, f"not found: {ADDRESS}", ADDRESS), Misconfigured),
        (av.error.InvalidDataError(1, f"bad: {ADDRESS}", ADDRESS), CorruptAnswer),
        (av.error.ExitError(2, f"late: {ADDRESS}", ADDRESS), Timeout),
        (av.error.ConnectionRefusedError(errno.ECONNREFUSED, f"no: {ADDRESS}", ADDRESS), Timeout),
        (ValueError(ADDRESS), CorruptAnswer),
    ],
)
def test_errors_are_mapped_by_type_and_keep_nothing_of_their_text(error: Exception, kind: type[DriverError]) -> None:
    mapped = told(error)
    assert type(mapped) is kind
    assert "hunter2" not in repr(mapped)
    assert "192.0.2.7" not in str(mapped)
