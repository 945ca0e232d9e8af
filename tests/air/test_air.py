"""The short forms of what `python -m tests.air` does for a day."""

import asyncio
import tempfile
from pathlib import Path
from random import Random

import pytest

from simulators.ble.bus import bus_installed
from simulators.ble.wearables.tags import IBeacon
from simulators.ble.wearables.wearable import Body
from tests.air.__main__ import describe
from tests.air.day import live
from tests.air.gateway import settings_of
from tests.air.rig import Gateway, neighbourhood
from tests.fakes.warp import WarpClock, WarpLoop, run_warped

pytestmark = pytest.mark.skipif(not bus_installed(), reason="dbus-daemon is not installed (requirements/debian.txt)")


def test_nine_rough_minutes_are_told_as_they_were() -> None:
    account = run_warped(live(0.15, 10, 5, trouble_s=60.0, befall_s=30.0))
    assert account.good, describe(account)
    assert account.calls >= 5, describe(account)
    assert account.faults.total() >= 2, describe(account)


async def _beacons(folder: Path, version: str, minutes: int) -> tuple[set[str], list[str], int]:
    """Hear three beacons that say the same all the time; return who is there, who was lost, and how much was sent."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WarpLoop)
    clock = WarpClock(loop)
    async with neighbourhood(folder, clock, version=version) as air:
        loop.watch([] if air.bus_pid is None else [air.bus_pid])
        tags = {
            f"tag-{every_s:g}": IBeacon(Body(air.air, clock, Random(every_s), every_s=every_s))
            for every_s in (1, 5, 20)
        }
        gateway = Gateway(settings_of(dict(tags), folder), clock)
        sending = [asyncio.create_task(tag.run()) for tag in tags.values()]
        lost: list[str] = []
        async with gateway.running():
            await clock.sleep(60)
            for _ in range(minutes * 60):
                await clock.sleep(1)
                lost += sorted(tags.keys() - gateway.online())
            there = gateway.online()
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
    return there, lost, sum(tag.sent for tag in tags.values())


def test_a_constant_beacon_is_never_wrongly_stale_in_half_an_hour() -> None:
    with tempfile.TemporaryDirectory(prefix="air-") as folder:
        there, lost, sent = run_warped(_beacons(Path(folder), "5.82", 30))
    assert there == {"tag-1", "tag-5", "tag-20"}
    assert not lost
    assert sent > 2000
