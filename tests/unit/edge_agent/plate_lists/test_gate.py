"""The gate of config/examples/gate as a box runs it, nobody else on the network: who is let in, who is asked about."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.bus_settings import BusSettings
from config.load import load
from config.settings import DeviceSettings
from edge_agent.buffer import Buffer
from edge_agent.plan import plan_site
from edge_agent.plate_lists.book import listings_from
from edge_agent.scenario_check import play_beside
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from wire.alert import AlertState
from wire.chunk import Content
from wire.codec import unseal
from wire.event import Event
from wire.plates import ListKind, PlateEntry
from wire.reading import Value

FILE = Path(__file__).parents[4] / "config" / "examples" / "gate" / "gate.yaml"
NOON_US = round(datetime(2026, 3, 1, 4, tzinfo=UTC).timestamp()) * 1_000_000
"""Noon in Shanghai on the day of the visit in visitors.csv."""


class Gate:
    """The box; ``drivers`` by bus, ``loop`` as the loop before the boom."""

    def __init__(self, buffer: Buffer, clock: FakeClock) -> None:
        self.buffer, self.clock = buffer, clock
        self.values: dict[str, dict[str, Value]] = {
            "gate-east": {"loop_front": False, "loop_under": False, "boom_state": "closed"},
            "camera-east": {},
        }
        self.drivers: dict[str, FakeDriver] = {}
        settings = load(FILE).settings
        assert settings is not None
        keeper = Timekeeper(clock, synced=lambda: True)
        self.current = CurrentSite(plan_site(settings), "gate", buffer, keeper, self._driver)

    def _driver(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> FakeDriver:
        self.drivers[bus.id] = FakeDriver(clock, self.values)
        return self.drivers[bus.id]

    async def passes(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            await self.clock.advance(0.25)
            await self.buffer.alive()
            await self.clock.advance(0)

    async def car(self, plate: str, confidence: float = 0.97, *, on_loop: bool = True) -> None:
        """A car comes to the gate, is read, waits a moment and goes away."""
        self.values["gate-east"]["loop_front"] = on_loop
        await self.passes(1)
        await self.read(plate, confidence)
        await self.passes(1)
        self.values["gate-east"]["loop_front"] = False
        await self.passes(6)

    async def read(self, plate: str, confidence: float = 0.97) -> None:
        fields: dict[str, Value] = {"plate": plate, "confidence": confidence, "list": "white"}
        await self.current.site.pipeline.happen([Event("", "camera-east", "plate_read", self.clock.now(), fields)])

    def opened(self) -> int:
        """Return how often the barrier was told to open."""
        told = [command for device, command, _ in self.drivers["lan-gate"].executed if device == "gate-east"]
        assert set(told) <= {"open"}
        return len(told)

    async def contents(self) -> list[Content]:
        await self.buffer.flush()
        return [unseal(chunk) for chunk in await self.buffer.peek(10_000_000, 1000)]

    async def asked(self) -> list[tuple[str, str]]:
        """Return the alerts that were raised, and what they say."""
        raised = [each for one in await self.contents() for each in one.alerts if each.state is AlertState.RAISED]
        return [(each.rule, each.text["en"]) for each in raised]


@asynccontextmanager
async def at_the_gate(folder: Path) -> AsyncIterator[Gate]:
    clock = FakeClock(NOON_US)
    buffer = await Buffer.open(folder / "buffer.db", clock)
    gate = Gate(buffer, clock)
    await gate.current.remember()
    task = asyncio.create_task(gate.current.run())
    try:
        await gate.passes(1)
        yield gate
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await buffer.close()


def test_the_example_and_its_scenarios_come_true() -> None:
    loaded = load(FILE)
    assert loaded.problems == ()
    assert loaded.settings is not None
    (played,) = play_beside(FILE, loaded.settings)
    assert (played.count, played.problems) == (9, ())


async def test_a_resident_and_a_visitor_are_let_in_and_nobody_is_asked(tmp_path: Path) -> None:
    async with at_the_gate(tmp_path) as gate:
        await gate.car("浙F·8B888")
        await gate.car("苏E2S1T7", 0.9)
        assert gate.opened() == 2
        assert await gate.asked() == []


@pytest.mark.parametrize(
    ("plate", "confidence", "on_loop", "asked"),
    [
        ("浙F8B888", 0.89, True, [("plate_low_confidence", "东门车牌相机: Plate read with low confidence")]),
        (
            "浙FBB888", 0.97, True,
            [("plate_near_miss", "东门车牌相机: 浙FBB888 was read and 浙F8B888 is listed; please compare")],
        ),
        ("皖B66666", 0.97, True, [("plate_blacklist", "东门车牌相机: Blacklisted vehicle")]),
        ("浙F10345", 0.97, False, []),
        ("沪A30003", 0.97, True, []),
        ("鲁K24680", 0.97, True, []),
    ],
)  # fmt: skip
async def test_everybody_else_is_not(
    tmp_path: Path,
    plate: str,
    confidence: float,
    on_loop: bool,
    asked: list[tuple[str, str]],
) -> None:
    """Read badly, near a listed plate, on the black list, not on the loop, a visit that is over, a stranger; and the
    camera calls each of them white.
    """
    async with at_the_gate(tmp_path) as gate:
        await gate.car(plate, confidence, on_loop=on_loop)
        assert gate.opened() == 0
        assert await gate.asked() == asked


async def test_who_was_read_badly_and_then_well_is_let_in(tmp_path: Path) -> None:
    async with at_the_gate(tmp_path) as gate:
        gate.values["gate-east"]["loop_front"] = True
        await gate.passes(1)
        await gate.read("浙F10345", 0.7)
        await gate.passes(2)
        await gate.read("浙F10345", 0.95)
        await gate.passes(1)
        assert gate.opened() == 1


async def test_a_car_that_is_read_again_is_let_in_and_a_passage_that_did_nothing_is_stored_once(tmp_path: Path) -> None:
    async with at_the_gate(tmp_path) as gate:
        for _ in range(3):
            await gate.car("浙F10345", on_loop=False)
        await gate.car("浙F10345")
        assert gate.opened() == 1
        events = [event for one in await gate.contents() for event in one.events if event.name == "plate_read"]
        assert {bool(event.fields.get("repeated")) for event in events} == {False, True}
        assert len(events) == 2


async def test_a_visit_ends_with_its_day_by_the_clock_of_the_box(tmp_path: Path) -> None:
    async with at_the_gate(tmp_path) as gate:
        gate.clock.step_wall(86_400_000_000)
        await gate.passes(1)
        await gate.car("苏E2S1T7")
        assert gate.opened() == 1
        gate.clock.step_wall(12 * 3_600_000_000)
        await gate.passes(60)
        await gate.car("苏E2S1T7")
        assert gate.opened() == 1


async def test_what_the_collector_has_listed_takes_effect_at_once(tmp_path: Path) -> None:
    async with at_the_gate(tmp_path) as gate:
        await gate.car("鲁K24680")
        gate.current.plates.deliver(listings_from([PlateEntry("鲁K24680", ListKind.white)]))
        await gate.passes(60)
        await gate.car("鲁K24680")
        assert gate.opened() == 1
