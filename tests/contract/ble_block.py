"""A block of wearables, the emulated BlueZ and the agent's bus loop, on a time that jumps: minutes pass in a second."""

import asyncio
import random
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from config.load import load
from config.settings import GatewaySettings
from simulators.ble.bus import bus_installed
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.kinds import KINDS
from simulators.ble.wearables.wearable import Body, Wearable
from tests.air.gateway import devices_of
from tests.air.rig import Gateway, neighbourhood
from tests.fakes.warp import WarpClock, WarpLoop

EVERY_S: Final = 5
"""How often what is advertised is told."""


@dataclass
class Block:
    """``logs`` is what was logged so far, ``wearables`` who lives there; those called ``visited-…`` are visited by the
    clock, ``stream-…`` stay connected.
    """

    air: Neighbourhood
    gateway: Gateway
    clock: WarpClock
    wearables: dict[str, Wearable]
    logs: list[MutableMapping[str, Any]]

    def said(self, event: str) -> list[MutableMapping[str, Any]]:
        """Return the log's lines of one kind."""
        return [line for line in self.logs if line["event"] == event]

    def told(self, device: str, after: int = 0, key: str = "") -> list[int]:
        """Return when a device told something that can be believed (µs); of ``key``, where one is given."""
        return [
            batch.at
            for batch in self.gateway.told.batches
            if batch.device == device
            and batch.at > after
            and any(
                value is not None and (not key or key == point)
                for point, value in zip(batch.points, batch.values, strict=True)
            )
        ]

    def longest_wait_s(self, device: str, after: int) -> float:
        """Return the longest time without what only a connection brings, or without a word from who is not connected
        to, from ``after`` (µs) until now.
        """
        at = [after, *self.told(device, after, _proof(device)), self.clock.now()]
        return max(later - earlier for earlier, later in pairwise(at)) / 1e6

    async def all_told(self, after: int, within_s: float) -> dict[str, float]:
        """Wait until everybody told something, or so long; return how many seconds after ``after`` each did."""
        for _ in range(round(within_s)):
            if all(self.told(name, after, _proof(name)) for name in self.wearables):
                break
            await self.clock.sleep(1)
        return {
            name: (times[0] - after) / 1e6 for name in self.wearables if (times := self.told(name, after, _proof(name)))
        }


@asynccontextmanager
async def block(
    crowd: dict[str, int], *, bus: str = "", every: int = EVERY_S, adapters: Sequence[str] = ("hci0",)
) -> AsyncIterator[Block]:
    """Run it on the present ``WarpLoop``: ``crowd`` is how many of each kind live there, where ``stream`` and
    ``visited`` are bands with the heart rate service. ``bus`` are further settings of the bus.
    """
    if not bus_installed():
        pytest.skip("dbus-daemon is not installed (requirements/debian.txt)")
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WarpLoop)
    clock = WarpClock(loop)
    with TemporaryDirectory(prefix="block-") as place, capture_logs() as logs:
        async with neighbourhood(Path(place), clock, adapters=adapters) as air:  # type: ignore[arg-type]
            loop.watch([pid for pid in [air.bus_pid] if pid is not None])
            wearables = _people(crowd, air, clock)
            gateway = Gateway(_settings(wearables, Path(place), bus, every), clock)
            living = [asyncio.create_task(one.run(), name=name) for name, one in wearables.items()]
            try:
                async with gateway.running():
                    yield Block(air, gateway, clock, wearables, logs)
            finally:
                for task in living:
                    task.cancel()
                await asyncio.gather(*living, return_exceptions=True)


def _people(crowd: dict[str, int], air: Neighbourhood, clock: WarpClock) -> dict[str, Wearable]:
    people = {}
    for kind, count in crowd.items():
        for number in range(count):
            name = f"{kind}-{number}"
            model = KINDS["hr-band" if kind in ("stream", "visited") else kind]
            people[name] = model(Body(air.air, clock, random.Random(name), name=name))
    return people


def _settings(wearables: dict[str, Wearable], folder: Path, bus: str, every: int) -> GatewaySettings:
    text = "version: 1\nsite: {code: 330402-air, name: 空中}\nbuses: {ble: {type: ble" + bus + "}}\ndevices:\n"
    for line in devices_of(wearables, folder):
        if line.strip().startswith("stream"):
            line = line.replace("band/heart-rate,", "band/heart-rate-stream,")
        period = f"{every}s" if "visited" in line else f"{EVERY_S}s"
        text += line.removesuffix("}") + f", every: {period}}}\n"
    file = folder / "gateway.yaml"
    file.write_text(text, "utf-8")
    loaded = load(file)
    assert loaded.settings is not None, [problem.message("en") for problem in loaded.problems]
    return loaded.settings


def _proof(name: str) -> str:
    """Return the point that only a connection brings, for those that are connected to."""
    return "heart_rate_bpm" if name.startswith(("stream", "visited")) else ""
