"""A fire input closes at one door: every door of two buses is released, over real sockets, with nobody to ask."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.load import load
from config.report import render
from edge_agent.buffer import Buffer, BufferState
from edge_agent.plan import SitePlan, plan_site
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from runtime.clock import SystemClock
from simulators.devices.door import Door
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from tests.unit.edge_agent.buffer.making import contents
from wire.chunk import ClockState
from wire.outcome import Outcome, OutcomeState

PROFILES = Path(__file__).parents[1] / "config" / "profiles"
BUSES = ("a", "b")
DOORS = 3

SITE = """version: 1
site: {{code: 330402-test, name: 测试}}
health: {{port: 0}}
buses:
  a: {{type: modbus-tcp, host: 127.0.0.1, port: {a}}}
  b: {{type: modbus-tcp, host: 127.0.0.1, port: {b}}}
devices:
"""
DOOR = (
    "  {bus}-{n}: {{name: 门, profile: door/test-releasing, bus: {bus}, unit: 1, every: 200ms,"
    " relay: {n}, inputs: {{{inputs}}}}}\n"
)


class _Community:
    """Two relay boards, each with its doors and its wire; the first door of the first one has a fire input."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        boards = {bus: RelayBoard(1, self._clock) for bus in BUSES}
        self.doors = {
            f"{bus}-{n}": Door(board, self._clock, relay=n, inputs=_inputs(bus, n))
            for bus, board in boards.items()
            for n in range(1, DOORS + 1)
        }
        self.wires: dict[str, TcpWire] = {}
        for bus, board in boards.items():
            line = Line(bus)
            line.add(board)
            self.wires[bus] = TcpWire(line, self._clock)

    def plan(self, folder: Path) -> SitePlan:
        """Return what the agent makes of the gateway file, in which no collector is named."""
        text = SITE.format(**{bus: wire.port for bus, wire in self.wires.items()})
        for name in self.doors:
            bus, _, n = name.partition("-")
            inputs = ", ".join(f"{key}: {channel}" for key, channel in _inputs(bus, int(n)).items())
            text += DOOR.format(bus=bus, n=n, inputs=inputs)
        file = folder / "gateway.yaml"
        file.write_text(text, encoding="utf-8")
        loaded = load(file, profiles_dirs=(PROFILES,))
        assert loaded.settings is not None, render(loaded.problems, file.name, "en")
        assert loaded.settings.collector is None
        return plan_site(loaded.settings)

    def released(self) -> list[str]:
        return [name for name, door in self.doors.items() if door.unlocked]

    def told(self) -> list[list[str]]:
        return [[act.what for act in door.commands] for door in self.doors.values()]


def _inputs(bus: str, n: int) -> dict[str, int]:
    return {"contact": n, "fire_input": 8} if (bus, n) == ("a", 1) else {"contact": n}


@asynccontextmanager
async def _community() -> AsyncIterator[_Community]:
    made = _Community()
    try:
        for wire in made.wires.values():
            await wire.start()
        yield made
    finally:
        for wire in made.wires.values():
            await wire.stop()


@asynccontextmanager
async def _running(plan: SitePlan, buffer: Buffer, clock: Timekeeper) -> AsyncIterator[CurrentSite]:
    """Run a site as ``edge-agent run`` does, less everything that speaks to a collector."""
    current = CurrentSite(plan, "330402-test", buffer, clock)
    await current.remember()
    tasks = [asyncio.create_task(current.actions.run()), asyncio.create_task(current.run())]
    try:
        await _until(lambda: all(link.state == "online" for link in current.site.links()))
        yield current
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until(holds: Callable[[], bool]) -> None:
    """Return when ``holds`` does; the test fails if it never does."""
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)


async def _some_polls(current: CurrentSite) -> None:
    """Return when every door was asked a few times more and nothing is left to be done."""
    before = current.site.pipeline.polled
    await _until(lambda: current.site.pipeline.polled > before + 50 and not current.actions.under_way)


async def _outcomes(buffer: Buffer) -> list[Outcome]:
    return [outcome for content in await contents(buffer) for outcome in content.outcomes]


@pytest.mark.parametrize("disk", [True, False], ids=["on disk", "in memory"])
async def test_a_fire_input_releases_every_door_of_two_buses_with_no_collector(tmp_path: Path, disk: bool) -> None:
    state, clock = tmp_path / "state", Timekeeper(SystemClock(), synced=lambda: False)
    state.mkdir() if disk else state.write_text("in the way", encoding="utf-8")
    async with _community() as community:
        plan = community.plan(tmp_path)
        buffer = await Buffer.open(state / "buffer.db", clock, clock_mark=clock.mark)
        assert buffer.stats.state is (BufferState.DURABLE if disk else BufferState.VOLATILE)
        async with _running(plan, buffer, clock) as current:
            assert community.released() == []
            community.doors["a-1"].set_fire(True)
            await _until(lambda: len(community.released()) == len(BUSES) * DOORS)
            await _until(lambda: current.actions.under_way == 0)
        found = await contents(buffer)
        assert {content.clock.state for content in found} == {ClockState.UNSYNCED}
        kinds = [bool(content.alerts) for content in found if content.alerts or content.outcomes]
        assert kinds[0]  # the alert first, then what was done about it
        outcomes = await _outcomes(buffer)
        assert sorted(outcome.device for outcome in outcomes) == sorted(community.doors)
        assert {(outcome.state, str(outcome.readback)) for outcome in outcomes} == {
            (OutcomeState.EXECUTED, "{'lock_state': 'unlocked'}")
        }
        await buffer.close()


async def test_a_restart_while_it_burns_tells_no_door_again(tmp_path: Path) -> None:
    clock = Timekeeper(SystemClock(), synced=lambda: True)
    async with _community() as community:
        plan = community.plan(tmp_path)
        community.doors["a-1"].set_fire(True)
        for _ in range(2):
            buffer = await Buffer.open(tmp_path / "buffer.db", clock, clock_mark=clock.mark)
            async with _running(plan, buffer, clock) as current:
                await _until(lambda: len(community.released()) == len(BUSES) * DOORS)
                await _some_polls(current)
            assert community.told() == [["on"]] * len(BUSES) * DOORS
            assert len(await _outcomes(buffer)) == len(BUSES) * DOORS
            await buffer.close()
