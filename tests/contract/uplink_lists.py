"""What the uplink must do about plate lists over every transport; part of ``uplink_suite``."""

from tests.contract.uplink_bench import T0, Bench
from wire.plates import ListKind, PlateEntry


class ListsContract:
    """The part of the suite; ``bench`` comes from the heir."""

    async def test_plate_lists_come_whole_and_once(self, bench: Bench) -> None:
        bench.collector.listed = tuple(PlateEntry(f"浙F0000{i}", ListKind.white, until=T0 + i) for i in range(5))
        bench.collector.lists_version = T0
        async with bench.running("uplink-status", "uplink-lists"):
            await bench.until(lambda: len(bench.collector.statuses) > 2)
        assert (bench.lists.taken, bench.collector.requests.count("lists")) == ([bench.collector.listed], 3)
