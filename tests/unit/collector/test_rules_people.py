"""People and vehicles as rules of the collector see them: absence counts only where somebody could have noticed."""

from collector.app import Collector
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import DOOR
from tests.unit.collector.community import HOUR, Community, found, live
from wire.chunk import Chunk
from wire.inventory import DeviceInfo


async def test_an_elder_who_passes_no_door_for_two_days_is_missed_wherever_the_door_is(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, other = boxes
    await live(district, clock, 30, *boxes)
    await home.send(home.passes("P-0001"), home.passes("P-0002"))
    await live(district, clock, 40 * 3600, *boxes)
    await other.send(other.passes("P-0001"))
    passed = clock.now()
    await live(district, clock, 40 * 3600, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 9 * 3600, *boxes)
    (row,) = await found(store, "elder_no_pass")
    assert (row.gateway, row.device, row.level) == ("g-1", "P-0001", "orange")
    assert row.raised_at == passed + 48 * HOUR
    await home.send(home.passes("P-0001"))
    await live(district, clock, 60, *boxes)
    (row,) = await found(store, "elder_no_pass")
    assert row.cleared_at is not None


async def test_absence_waits_for_what_a_gateway_still_owes(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, other = boxes
    await live(district, clock, 60, *boxes)
    cut = clock.now()
    await live(district, clock, 60 * 3600, other)
    assert "g-1" in {row.gateway for row in await found(store, "gateway_offline")}
    home.owed = cut
    await live(district, clock, 300, *boxes)
    assert await found(store, "elder_no_pass") == []
    await home.send(home.passes("P-0001", cut + 20 * HOUR))
    home.owed = 0
    await live(district, clock, 60, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 9 * 3600, *boxes)
    (row,) = await found(store, "elder_no_pass")
    assert row.raised_at == cut + 68 * HOUR


async def test_time_in_which_a_box_was_off_is_nobodys_absence(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, other = boxes
    await live(district, clock, 60, *boxes)
    await home.send(home.passes("P-0001"))
    await live(district, clock, 24 * 3600, *boxes)
    await live(district, clock, 72 * 3600, other)
    home.started = clock.monotonic()
    await live(district, clock, 20 * 3600, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 5 * 3600, *boxes)
    assert len(await found(store, "elder_no_pass")) == 1


async def test_what_happened_before_what_was_judged_counts_when_it_comes(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, _ = boxes
    await live(district, clock, 47 * 3600, *boxes)
    await home.send(home.passes("P-0001", clock.now() - 10 * HOUR))
    await live(district, clock, 30 * 3600, *boxes)
    assert await found(store, "elder_no_pass") == []
    await live(district, clock, 9 * 3600, *boxes)
    assert len(await found(store, "elder_no_pass")) == 1


async def test_a_visitors_car_that_stays_is_named_until_it_leaves(
    district: Collector, boxes: list[Community], store: SqlStore, clock: FakeClock
) -> None:
    home, _ = boxes
    camera = DeviceInfo("east", "东门", "anpr_camera", "anpr/onvif-rtsp-local", "东门")
    await home.describe(DOOR, camera)
    await live(district, clock, 60, *boxes)

    def read(plate: str, direction: str, owner: str) -> Chunk:
        return home.event("plate_read", device="east", plate=plate, direction=direction, list=owner)

    await home.send(read("A", "in", "visitor"), read("B", "in", "white"), read("C", "in", "visitor"))
    await live(district, clock, 3600, *boxes)
    await home.send(read("C", "out", "visitor"))
    await live(district, clock, 25 * 3600, *boxes)
    (row,) = await found(store, "stay_over_visitor")
    assert (row.gateway, row.device, row.cleared_at) == ("g-1", "A", None)
    await home.send(read("A", "out", "visitor"))
    await live(district, clock, 60, *boxes)
    (row,) = await found(store, "stay_over_visitor")
    assert row.cleared_at is not None
