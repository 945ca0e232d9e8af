"""A camera's video against GStreamer's RTSP server: frames, plates, frozen and dead servers, no password anywhere."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from config.hidden import Secret
from drivers.api import DriverError, Misconfigured, Timeout
from drivers.onvif.events.quirks import Quirks
from drivers.onvif.target import Place, Target, Trust
from drivers.onvif.video.address import with_password
from drivers.onvif.video.opened import AvStream
from drivers.onvif.video.reader import Reader
from drivers.onvif.video.reading import Reading
from drivers.onvif.video.stream import Frame, Video
from runtime.backoff import Backoff
from runtime.clock import SystemClock
from simulators.build import Overrides
from simulators.community import Community
from simulators.control import BadOrderError, obey
from simulators.rtsp.clips import make_clip
from simulators.rtsp.drawing import Gate, scene, street
from simulators.rtsp.server import VideoServer, can_play
from tests.fakes.camera import FakeCalls, FakeVoice

pytestmark = pytest.mark.skipif(not can_play(), reason="gir1.2-gst-rtsp-server-1.0 is not installed")

PASSWORD = "hunter:2/@ %秘"
SIZE = (960, 540)
OPENS = partial(AvStream, limit_s=0.5)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a gate where a car drives up, and a street in H.265 with a keyframe in each third of a second."""
    folder = tmp_path_factory.mktemp("clips")
    clips = {"/gate": folder / "gate.clip", "/street": folder / "street.clip"}
    make_clip(clips["/gate"], scene(Gate(["浙F12345"], 0.4, 2.0, 0.6), 15, SIZE), keyframes=8)
    make_clip(clips["/street"], [street((320, 180))] * 10, keyframes=5, codec="h265")
    return clips


@pytest.fixture
async def server(clips: dict[str, Path]) -> AsyncIterator[VideoServer]:
    async with VideoServer(clips, password=PASSWORD) as running:
        yield running


class Watcher:
    """An ``Eye`` that counts."""

    def __init__(self) -> None:
        self.frames = 0
        self.errors: list[DriverError] = []

    def frame(self, frame: Frame) -> None:
        self.frames += 1

    def closely(self) -> bool:
        return True

    def measured(self, fps: float, kbps: int) -> None: ...

    def gone(self, error: DriverError) -> None:
        self.errors.append(error)


def watching(server: VideoServer, path: str, eye: Watcher, password: str = PASSWORD) -> asyncio.Task[None]:
    """Begin to watch a clip."""

    async def where() -> Secret:
        return with_password(server.address(path), "127.0.0.1", 554, "admin", Secret(password))

    return asyncio.create_task(Video("cam", where, eye, SystemClock(), OPENS, Backoff(0.1, 0.2)).run())


async def until(so: Callable[[], object]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(30):
        while not so():
            await asyncio.sleep(0.02)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def test_a_car_before_a_camera_that_only_has_video_is_read(server: VideoServer) -> None:
    host = Place("http", "127.0.0.1", 80)
    target = Target(
        "cam", host, "admin", Secret(PASSWORD), Trust(), Quirks(facing="in"), frozenset(), frozenset(), frozenset(), {},
        stream="keyframes", home="浙F",
    )  # fmt: skip
    voice, calls, reader = FakeVoice(), FakeCalls(SystemClock()), Reader()
    calls.address = server.address("/gate")
    task = asyncio.create_task(Reading(target, calls, voice, SystemClock(), reader).run())
    await until(lambda: voice.events)
    await end(task)
    await reader.close()
    name, fields, _, picture = voice.events[0]
    assert name == "plate_read"
    assert (fields["plate"], fields["plate_type"]) == ("浙F12345", "blue")
    assert float(str(fields["confidence"])) >= 0.9
    assert picture.startswith(b"\xff\xd8")


async def test_a_server_that_stalls_freezes_or_dies_is_noticed_and_found_again(server: VideoServer) -> None:
    eye = Watcher()
    task = watching(server, "/street", eye)
    await until(lambda: eye.frames)
    await server.stall("/street")
    await until(lambda: eye.errors)
    await server.stall("/street", False)
    seen = eye.frames
    await until(lambda: eye.frames > seen)
    server.freeze()
    told = len(eye.errors)
    await until(lambda: len(eye.errors) > told)
    server.thaw()
    seen = eye.frames
    await until(lambda: eye.frames > seen)
    await server.kill()
    told = len(eye.errors)
    await until(lambda: len(eye.errors) > told)
    await server.start()
    seen = eye.frames
    await until(lambda: eye.frames > seen)
    await end(task)
    assert not any(isinstance(error, Misconfigured) for error in eye.errors)
    assert any(isinstance(error, Timeout) for error in eye.errors)


async def test_a_wrong_password_is_said_and_none_is_written_anywhere(
    server: VideoServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong, right, missing = Watcher(), Watcher(), Watcher()
    tasks = [
        watching(server, "/street", wrong, "wrong-and-secret"),
        watching(server, "/street", right),
        watching(server, "/nothing", missing),
    ]
    await until(lambda: wrong.errors and missing.errors and right.frames)
    lines = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in ("self", server.pid)).decode()
    await server.kill()
    await until(lambda: right.errors)
    for task in tasks:
        await end(task)
    assert isinstance(wrong.errors[0], Misconfigured)
    assert isinstance(missing.errors[0], Misconfigured)
    written = capfd.readouterr()
    every = [*wrong.errors, *right.errors, *missing.errors]
    behind = [repr(each) for error in every for each in (error, error.__cause__, error.__context__)]
    for text in (written.out, written.err, caplog.text, lines, *behind):
        assert not any(secret in text for secret in ("hunter", "secret", "%E7%A7%98", "rtsp://"))


async def test_a_community_has_videos_that_are_steered(tmp_path: Path) -> None:
    plan = tmp_path / "community.yaml"
    plan.write_text("site: try\nbuses:\n  video: {type: rtsp, gates: {/gate: [浙F12345]}}\ndevices: {}\n", "utf-8")
    (tmp_path / "video").mkdir()
    make_clip(tmp_path / "video" / "gate-浙F12345.clip", [street((320, 180))] * 10, keyframes=5)
    async with Community.from_file(plan, SystemClock(), Overrides(directory=tmp_path)) as community:
        assert community.ports["video"] > 0
        eye = Watcher()
        server = VideoServer({}, port=community.ports["video"])
        task = watching(server, "/gate", eye, "pretend-1")
        await until(lambda: eye.frames)
        await obey(community, {"bus": "video", "do": "stall", "args": {"path": "/gate"}})
        await until(lambda: eye.errors)
        await end(task)
        with pytest.raises(BadOrderError, match="a video can"):
            await obey(community, {"bus": "video", "do": "echo"})
