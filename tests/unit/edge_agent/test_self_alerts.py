"""What is wrong with the agent itself is raised once, cleared once, and neither twice nor never over a restart."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from config.settings import BufferSettings
from edge_agent.buffer import Buffer
from edge_agent.self_alerts import WORDS, SelfAlerts
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import contents, opened
from wire.alert import AlertChange, AlertState, Level


class Watch:
    """Self-alerts with a condition in the test's hands."""

    def __init__(self, buffer: Buffer, clock: FakeClock, steady_s: float = 0.0) -> None:
        self.holds = False
        self.alerts = SelfAlerts(lambda: "gw-1", buffer, clock, steady_s=steady_s)
        self.alerts.watch("clock_unset", lambda _: self.holds)

    async def look(self, holds: bool) -> None:
        self.holds = holds
        await self.alerts.look()


async def told(buffer: Buffer) -> list[AlertChange]:
    return [change for content in await contents(buffer) for change in content.alerts]


async def test_an_alert_is_raised_once_and_cleared_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        watch = Watch(buffer, clock)
        for holds in (False, True, True, False, False, True):
            await watch.look(holds)
            await clock.advance(1)
        first, cleared, second = await told(buffer)
    assert (first.state, cleared.state, second.state) == (AlertState.RAISED, AlertState.CLEARED, AlertState.RAISED)
    assert first.alert == cleared.alert != second.alert
    assert (first.rule, first.device, first.level) == ("clock_unset", "gw-1", Level.YELLOW)
    assert first.text.keys() == {"zh", "en"}
    assert cleared.since == first.at


@pytest.mark.parametrize("holds_after", [True, False])
async def test_over_a_restart_it_is_neither_raised_twice_nor_left_open(tmp_path: Path, holds_after: bool) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        await Watch(buffer, clock).look(True)
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        watch = Watch(buffer, clock)
        await watch.look(holds_after)
        await watch.look(False)
        raised, cleared = await told(buffer)
    assert (raised.state, cleared.state, cleared.alert) == (AlertState.RAISED, AlertState.CLEARED, raised.alert)


async def test_what_does_not_last_is_not_said(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        watch = Watch(buffer, clock, steady_s=5.0)
        for holds in (True, True, False, True):
            await watch.look(holds)
            await clock.advance(3)
        assert await told(buffer) == []
        for _ in range(3):
            await watch.look(True)
            await clock.advance(3)
        assert [change.state for change in await told(buffer)] == [AlertState.RAISED]


async def test_a_buffer_that_is_not_on_disk_says_so_and_is_heard(tmp_path: Path) -> None:
    clock = FakeClock()
    (tmp_path / "file").write_text("not a folder")
    buffer = await Buffer.open(tmp_path / "file" / "buffer.db", clock, BufferSettings())
    await SelfAlerts(lambda: "gw-1", buffer, clock).look()
    assert [(change.rule, change.level) for change in await told(buffer)] == [("buffer_not_durable", Level.ORANGE)]
    await buffer.close()


async def test_a_rule_without_words_is_a_mistake(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        with pytest.raises(KeyError):
            SelfAlerts(lambda: "gw-1", buffer, clock).watch("coffee_empty", lambda _: True)
    assert {"buffer_full", "buffer_damaged", "buffer_not_durable"} <= WORDS.keys()


async def test_a_damaged_buffer_is_told_and_stays_until_somebody_took_note(tmp_path: Path) -> None:
    clock, path = FakeClock(), tmp_path / "buffer.db"
    path.write_bytes(b"this was never a database" * 400)
    async with opened(path, clock) as buffer:
        await SelfAlerts(lambda: "gw-1", buffer, clock, steady_s=5.0).look()
        (change,) = await told(buffer)
    assert (change.rule, change.state, change.latched) == ("buffer_damaged", AlertState.RAISED, True)


async def test_a_deaf_radio_is_told_to_the_duty_desk_until_it_hears(tmp_path: Path) -> None:
    clock, driver = FakeClock(), SimpleNamespace(deaf="")
    async with opened(tmp_path / "buffer.db", clock) as buffer:
        alerts = SelfAlerts(lambda: "gw-1", buffer, clock, steady_s=5.0)
        alerts.watch("radio_deaf", lambda _: bool(driver.deaf))
        for driver.deaf in ("", *["daemon gone"] * 4, *[""] * 4):
            await alerts.look()
            await clock.advance(2)
        raised, cleared = await told(buffer)
    assert (raised.rule, raised.level, raised.state) == ("radio_deaf", Level.ORANGE, AlertState.RAISED)
    assert (cleared.alert, cleared.state) == (raised.alert, AlertState.CLEARED)
