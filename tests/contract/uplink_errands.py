"""What the uplink does beside the buffer over every transport, lists and pictures; part of ``uplink_suite``."""

import asyncio

import httpx
import pytest

from edge_agent.uplink.errors import NoAnswer, Refused
from tests.contract.uplink_bench import T0, Bench
from wire.picture import PictureAnswer
from wire.plates import ListKind, PlateEntry


class ErrandsContract:
    """The part of the suite; ``bench`` comes from the heir."""

    async def test_plate_lists_come_whole_and_once(self, bench: Bench) -> None:
        bench.collector.listed = tuple(PlateEntry(f"浙F0000{i}", ListKind.white, until=T0 + i) for i in range(5))
        bench.collector.lists_version = T0
        async with bench.running("uplink-status", "uplink-lists"):
            await bench.until(lambda: len(bench.collector.statuses) > 2)
        assert (bench.lists.taken, bench.collector.requests.count("lists")) == ([bench.collector.listed], 3)

    async def test_a_picture_that_somebody_waits_for_goes_beside_the_buffer_and_once(self, bench: Bench) -> None:
        answer = PictureAnswer("c-1", bytes(200_000), at=T0, masked=True)
        await bench.fill(1)
        await bench.uplink.show(answer, 15.0)
        await bench.uplink.show(PictureAnswer("c-2", b"", "picture_gone"), 15.0)
        assert bench.collector.pictures == [answer, PictureAnswer("c-2", b"", "picture_gone")]
        assert bench.stored() == set()
        bench.collector.troubles["pictures"].append(bench.collector.refusal(503, "busy"))
        with pytest.raises(Refused):
            await bench.uplink.show(answer, 15.0)
        bench.collector.troubles["pictures"].append(_never)
        waiting = asyncio.create_task(bench.uplink.show(answer, 15.0))
        await bench.until(lambda: bench.collector.requests.count("pictures") == 4)
        await bench.clock.advance(15.0)
        with pytest.raises(NoAnswer):
            await waiting
        assert len(bench.collector.pictures) == 2


async def _never(_request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError
