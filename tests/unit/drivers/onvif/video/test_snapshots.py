"""Plates in pictures that were fetched: read in turn, the newest kept, and a bad picture costs itself."""

import asyncio

from drivers.api import CorruptAnswer, Misconfigured, ModelsMissing, NoPicture, PlateKind, PlateRead
from drivers.onvif.video.reader import Reader
from drivers.onvif.video.snapshots import WAITING, Snapshots
from tests.fakes.camera import FakeVoice
from tests.unit.drivers.onvif.seeing import target

CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 3.0), (0.0, 3.0))


class FakeReader(Reader):
    """Reads of each picture its own text."""

    async def read(self, picture: bytes, home: str = "") -> list[PlateRead]:
        if picture == b"bad":
            raise NoPicture("no JPEG")
        if picture == b"none":
            raise ModelsMissing("not installed")
        return [PlateRead(picture.decode(), 0.97, PlateKind.blue, CORNERS)]


async def read(*pictures: str) -> FakeVoice:
    voice = FakeVoice()
    snapshots = Snapshots(target("anpr/onvif", stream="snapshots"), voice, FakeReader())
    for picture in pictures:
        snapshots.offer(picture.encode())
    task = asyncio.create_task(snapshots.run())
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return voice


async def test_each_plate_is_told_with_its_picture() -> None:
    (event,) = (await read("浙FA0001")).events
    assert (event[0], event[1]["plate"], event[3]) == ("plate_read", "浙FA0001", "浙FA0001".encode())


async def test_of_too_many_the_newest_are_read() -> None:
    voice = await read("1", "2", "3", "4")
    assert [fields["plate"] for _, fields, _, _ in voice.events] == ["1", "2", "3", "4"][-WAITING:]


async def test_a_bad_picture_costs_itself() -> None:
    voice = await read("bad", "浙FA0001")
    assert isinstance(voice.errors[0], CorruptAnswer)
    assert len(voice.events) == 1


async def test_without_the_networks_that_is_said() -> None:
    assert isinstance((await read("none")).errors[0], Misconfigured)
