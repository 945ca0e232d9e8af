"""What a camera told reaches the album and the buffer apart: no picture in a chunk, and no word of one that is not."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.bus_settings import BusSettings, MqttBus
from config.catalog import load_profile
from config.settings import (
    DeviceSettings,
    GatewaySettings,
    PicturesSettings,
    PrivacySettings,
    RuleSettings,
    SiteSettings,
)
from drivers.api import Picture
from edge_agent.buffer import Buffer
from edge_agent.pictures import Album
from edge_agent.plan import plan_site
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.teller import FakeTeller
from tests.unit.edge_agent.pictures.albums import FakeMasker
from wire.chunk import Content
from wire.codec import unseal
from wire.event import Event

JPEG = b"\xff\xd8jpeg of a plate"
BLACK = RuleSettings(
    id="black",
    kind="anpr_camera",
    when="plate_read.list == black and plate_read.snapshot_ref != none",
    level="orange",
    devices=("cam-1",),
    say={"zh": "{name}", "en": "{name}"},
)


def settings(pictures: PicturesSettings) -> GatewaySettings:
    camera = DeviceSettings(
        id="cam-1",
        name="东门相机",
        bus="gate",
        unit=0,
        profile=load_profile("anpr/json"),
        options={"id": "cam-1", "base": "linli"},
    )
    return GatewaySettings(
        version=1,
        hash="0123456789ab",
        site=SiteSettings(code="site-1", name="示例社区"),
        buses=(MqttBus(id="gate", type="mqtt", host="localhost"),),
        devices=(camera,),
        rules=(BLACK,),
        privacy=PrivacySettings(whereabouts="alarms"),
        pictures=pictures,
    )


async def told(folder: Path, pictures: PicturesSettings) -> list[Content]:
    """Run a site whose camera reads a plate and then gives its picture; return what is in the buffer."""
    clock, teller = FakeClock(), FakeTeller()
    buffer = await Buffer.open(folder / "buffer.db", clock)
    album = Album(folder / "pictures", clock, masker=FakeMasker)

    def make_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> FakeTeller:
        return teller

    keeper, plan = Timekeeper(clock, synced=lambda: True), plan_site(settings(pictures))
    site = CurrentSite(plan, "g-1", buffer, keeper, make_driver, pictures=album)
    await site.remember()
    running = asyncio.create_task(site.run())
    while not teller.is_open:
        await clock.advance(0.25)
        await buffer.alive()
    await clock.advance(1)
    fields = {"plate": "浙F12345", "list": "black", "snapshot_ref": "cam-1-aa"}
    await teller.tell(Event("1", "cam-1", "plate_read", clock.now(), dict(fields)))
    assert teller.safe is not None
    await teller.safe
    await teller.tell(Picture("cam-1", "cam-1-aa", clock.now(), JPEG))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await album.close()
    await buffer.flush()
    contents = [unseal(chunk) for chunk in await buffer.peek(10_000_000, 1000)]
    await buffer.close()
    assert not any(JPEG in path.read_bytes() for path in folder.glob("buffer.db*"))
    return contents


async def test_the_event_refers_to_the_picture_that_lies_in_the_album(tmp_path: Path) -> None:
    contents = await told(tmp_path, PicturesSettings())
    [event] = [event for content in contents for event in content.events]
    [change] = [change for content in contents for change in content.alerts]
    assert (event.fields["snapshot_ref"], change.since) == ("cam-1-aa", event.at)
    assert [path.read_bytes() for path in tmp_path.rglob("cam-1-aa.jpg")] == [JPEG]


@pytest.mark.parametrize("pictures", [PicturesSettings(personal="drop"), PicturesSettings(keep_s=0)])
async def test_where_there_are_to_be_no_pictures_nothing_refers_to_one(
    tmp_path: Path, pictures: PicturesSettings
) -> None:
    contents = await told(tmp_path, pictures)
    [event] = [event for content in contents for event in content.events]
    [change] = [change for content in contents for change in content.alerts]
    assert event.fields == {"plate": "浙F12345", "list": "black"}
    assert "snapshot_ref" not in change.values
    assert list(tmp_path.rglob("*.jpg")) == []
