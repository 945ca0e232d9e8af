"""`edge-agent rules test` and `rules explain` on a buffer that was filled by what really comes in."""

import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import BufferSettings
from edge_agent import history_command, rules_explain_command, rules_test_command
from edge_agent.buffer import Buffer
from edge_agent.buffer.draft import Accounted
from edge_agent.buffer.history import SHIFT_US, History, Pause
from edge_agent.cli import app
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, receipt
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import ClockFix, ClockMark, ClockState, Lane, Missed
from wire.event import Event
from wire.reading import Batch, Quality

S = 1_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE

CONFIG = """
version: 1
site: {code: 330402-a, name: 示例, timezone: Asia/Shanghai}
buses:
  bins: {type: modbus-tcp, host: 127.0.0.1}
devices:
  bin-1: {name: 1号桶, profile: bin/dfrobot-sen0310, bus: bins, unit: 1, empty_mm: 1100, full_mm: 250, waste: 其他垃圾}
  bin-2: {name: 2号桶, profile: bin/dfrobot-sen0310, bus: bins, unit: 2, empty_mm: 1100, full_mm: 250, waste: 其他垃圾}
rules:
  use: none
  add:
    full: {when: fill_pct >= 80, for: 10m, clear: fill_pct < 70, level: orange, devices: [bin-1, bin-2], say: "{name}"}
"""


@dataclass
class Site:
    """A gateway's folder, and its buffer being filled as if by the agent; ``now`` is its time (µs)."""

    folder: Path
    clock: FakeClock
    buffer: Buffer = field(init=False)
    state: ClockState = ClockState.SYNCED

    @property
    def config(self) -> Path:
        return self.folder / "agent.yaml"

    def mark(self) -> ClockMark:
        return ClockMark("boot", self.state, self.clock.now(), int(self.clock.monotonic() * S))

    async def minute(self, *values: float | None) -> None:
        """Let a minute pass in which bin-1, then bin-2, said a fill level (``None``: it timed out)."""
        for number, value in enumerate(values, 1):
            quality = (Quality.TIMEOUT,) if value is None else ()
            await self.buffer.put(Batch(f"bin-{number}", self.clock.now(), ("fill_pct",), (value,), quality))
        await self.buffer.flush()
        await self.clock.advance(60)

    async def off(self, hours: int) -> None:
        """Let the agent be off for so long, and tell of it with the next chunk."""
        line = Missed("bin-1", self.clock.now() // HOUR * HOUR, ("fill_pct",), "not_running", 60)
        await self.clock.advance(hours * 3600)

        def once(_: ClockMark) -> Accounted:
            self.buffer.account = lambda _: ((), {})
            return (line,), {}

        self.buffer.account = once

    async def deliver(self) -> None:
        while found := await self.buffer.peek(1 << 20, 100):
            await self.buffer.settle([receipt(chunk) for chunk in found])
        await self.buffer.flush()

    def ask(self, *words: str, lang: str = "en") -> str:
        """Return what a command says at this time."""
        options = ["--config", str(self.config), "--state", str(self.folder), "--lang", lang]
        done = CliRunner().invoke(app, ["rules", *words, *options])
        assert done.exit_code == 0, done.output
        return done.output

    def trial(self, *words: str) -> Any:
        return json.loads(self.ask("test", *words, "--json"))


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = FakeClock(T0)
    (tmp_path / "agent.yaml").write_text(CONFIG, "utf-8")
    made = Site(tmp_path, clock)
    made.buffer = await Buffer.open(tmp_path / "buffer.db", clock, BufferSettings(), clock_mark=made.mark)
    for module in (rules_test_command, rules_explain_command, history_command):
        monkeypatch.setattr(module, "now_us", clock.now)
    yield made
    await made.buffer.close()


async def rises(site: Site, *levels: float | None) -> None:
    for level in levels:
        await site.minute(level, 10.0)


async def test_a_changed_rule_is_told_from_the_rule_as_it_is(site: Site) -> None:
    for level in (85, 95, 82):
        await rises(site, *[50.0] * 3, *[float(level)] * 15, *[50.0] * 3)
    await site.deliver()
    await rises(site, *[91.0] * 12)
    found = site.trial("full", "--when", "fill_pct >= 90")
    assert [len(found["before"]), len(found["after"])] == [4, 2]
    assert [one["values"]["fill_pct"] for one in found["after"]] == [95, 91]
    first, last = found["after"]
    assert first["at"] - first["since"] == 10 * MINUTE
    assert first["cleared"] - first["at"] == 5 * MINUTE
    assert last["cleared"] is None
    assert not any(one["new"] for one in found["after"])
    assert site.trial("full", "--for", "20m", "--device", "bin-1")["after"] == []
    words = site.ask("test", "full", "--when", "fill_pct >= 90")
    assert "would have fired 2 times (was 4)" in words
    assert "stood 5m" in words
    assert "改后会报警 2 次 (原来 4 次)" in site.ask("test", "full", "--when", "fill_pct >= 90", lang="zh")


async def test_a_changed_file_is_tried_and_what_it_no_longer_has_never_fires(site: Site) -> None:
    await rises(site, *[75.0] * 30)
    changed = site.folder / "changed.yaml"
    changed.write_text(CONFIG.replace("fill_pct >= 80, for: 10m", "fill_pct >= 72, for: 5m"), "utf-8")
    found = site.trial("full", "--file", str(changed))
    assert (len(found["before"]), len(found["after"])) == (0, 1)
    assert found["after"][0]["new"]
    changed.write_text(CONFIG.replace("    full:", "    other:"), "utf-8")
    assert site.trial("full", "--file", str(changed))["after"] == []


async def test_it_changes_nothing_and_does_not_stop_the_agent(site: Site) -> None:
    await rises(site, *[85.0] * 15)
    before = site.buffer.stats
    rows = sqlite3.connect(site.folder / "buffer.db")
    rows.execute("BEGIN")
    rows.execute("SELECT count(*) FROM chunk").fetchone()
    site.trial("full")
    rows.close()
    assert site.buffer.stats == before
    await rises(site, 85.0)
    assert site.buffer.stats.pending == before.pending + 2


async def test_what_is_missing_is_said(site: Site) -> None:
    await rises(site, *[50.0] * 5)
    await site.off(3)
    await rises(site, None, *[85.0] * 15)
    words = site.ask("test", "full")
    assert "what is kept begins at" in words
    assert "the gateway was off, or it is not kept" in words
    assert "(3h 1m)" in words


async def test_an_alert_that_was_pending_when_the_gateway_went_off_does_not_fire_in_the_hole(site: Site) -> None:
    await rises(site, *[85.0] * 5)
    await site.off(3)
    await rises(site, *[50.0] * 5)
    assert site.trial("full")["before"] == []


async def test_silence_between_two_polls_is_no_hole(site: Site) -> None:
    for level in (85.0, 85.0, 85.0, 50.0):
        await rises(site, level)
        await site.clock.advance(5 * 60)
    found = site.trial("full")
    assert found["history"]["pauses"] == []
    assert [one["at"] for one in found["before"]] == [T0 + 10 * MINUTE]


async def test_what_was_dated_by_a_clock_never_set_is_not_played_until_the_time_is_known(site: Site) -> None:
    site.state = ClockState.UNSYNCED
    await rises(site, *[85.0] * 15)
    found = site.trial("full")
    assert (found["before"], found["history"]["undated"]) == ([], 30)
    at, wrong_us = site.clock.monotonic() * S, 90 * S
    fix = ClockFix("boot", site.clock.now() - round(at) + wrong_us, 1000, round(at), "ntp")
    await site.buffer.put_now(fixes=[fix])
    found = site.trial("full")
    assert [one["at"] for one in found["before"]] == [T0 + 10 * MINUTE + wrong_us]
    assert found["history"]["undated"] == 0


async def test_the_alerts_that_were_really_raised_are_counted(site: Site) -> None:
    await rises(site, *[85.0] * 15)
    for number in (1, 2):
        alert = f"gw:full:bin-{number}:1"
        change = AlertChange(alert, "full", f"bin-{number}", AlertState.RAISED, Level.ORANGE, site.clock.now(), T0)
        await site.buffer.put_now(alerts=[change])
    assert site.trial("full")["really"] == 2
    assert site.trial("full", "--device", "bin-1")["really"] == 1


async def test_a_mistake_is_told_and_nothing_is_tried(site: Site) -> None:
    await rises(site, 1.0)
    options = ["--config", str(site.config), "--state", str(site.folder), "--lang", "en"]
    for words, said in (
        (["test", "fool"], "there is no rule fool"),
        (["test", "full", "--device", "bin-9"], "there is no rule full on device bin-9"),
        (["test", "full", "--when", "fill >= 90"], "there is no point fill"),
        (["test", "full", "--when", "fill_pct >="], "wrong condition"),
        (["test", "full", "--since", "7"], "not a duration"),
        (["explain"], "give an alert's id"),
        (["explain", "gw:"], "no alert gw:"),
        (["explain", "--rule", "full", "--device", "bin-1", "--at", "noon"], "not a time"),
    ):
        done = CliRunner().invoke(app, ["rules", *words, *options])
        assert (done.exit_code, said in done.output) == (2, True), done.output


async def test_items_come_by_their_times_across_lanes_and_chunks(site: Site) -> None:
    await rises(site, *[50.0] * 10)
    late = Event("e-1", "bin-1", "opened", T0 + 90 * S, {})
    await site.buffer.put_now(events=[late])
    await site.deliver()
    items = list(History(site.folder / "buffer.db", 0, 1 << 60).items())
    times = [one.at for one in items]
    assert times == sorted(times)
    assert len([one for one in items if isinstance(one, Batch)]) == 20
    assert late in items
    assert not [one for one in items if isinstance(one, Pause)]
    assert list(History(site.folder / "buffer.db", 0, 1 << 60, [Lane.ALARM]).items()) == [late]


async def test_why_it_did_not_fire(site: Site) -> None:
    await rises(site, *[78.0] * 5)
    words = site.ask("explain", "--rule", "full", "--device", "bin-1")
    assert "it did not fire: fill_pct 78 < 80" in words
    assert "✗ fill_pct >= 80" in words
    assert "没有报警: fill_pct 78 < 80" in site.ask("explain", "--rule", "full", "--device", "bin-1", lang="zh")


async def test_how_long_it_held_of_how_long_it_must(site: Site) -> None:
    await rises(site, *[50.0] * 3, *[85.0] * 7)
    assert "not yet: held 7m of 10m" in site.ask("explain", "--rule", "full", "--device", "bin-1")
    await rises(site, 50.0)
    words = site.ask("explain", "--rule", "full", "--device", "bin-1")
    assert "it did not fire: fill_pct 50 < 80" in words
    assert "must hold for 10m; in the history looked at at best 7m" in words


async def test_what_cannot_be_known_is_called_so(site: Site) -> None:
    await rises(site, 85.0, None, None)
    words = site.ask("explain", "--rule", "full", "--device", "bin-1")
    assert "held 3m of 10m" in words
    assert "not yet, for now it cannot know" in words
    assert "? fill_pct >= 80: no usable reading of fill_pct (bad(timeout)), since 2023-11-15 06:14:20" in words


async def test_an_alert_is_found_by_how_its_id_begins_and_explained_as_of_then(site: Site) -> None:
    await rises(site, *[50.0] * 3, *[85.0] * 11)
    at = T0 + 13 * MINUTE
    text = {"zh": "1号桶 满了 85%", "en": "bin full"}
    change = AlertChange("gw:full:bin-1:ab12", "full", "bin-1", AlertState.RAISED, Level.ORANGE, at, T0, text=text)
    await site.buffer.put_now(alerts=[change])
    await rises(site, *[20.0] * 5)
    await site.deliver()
    words = site.ask("explain", "gw:full:bin-1")
    assert "raised orange: bin full" in words
    assert "it fired: it has held since" in words
    assert "✓ fill_pct >= 80: fill_pct 85 >= 80, since" in words
    assert "held 10m of 10m" in words
    changed = CONFIG.replace("fill_pct >= 80", "fill_pct >= 90")
    site.config.write_text(changed, "utf-8")
    assert "the rule as it is now would not raise it then" in site.ask("explain", "gw:full:bin-1")


async def test_memory_is_bounded_by_a_chunk_whatever_is_kept(site: Site) -> None:
    await rises(site, *[50.0] * 60)
    history = History(site.folder / "buffer.db", 0, 1 << 60)
    waiting = [len(history._pending) for _ in history.items()]
    assert max(waiting) <= 2 * (SHIFT_US // MINUTE + 2)


async def test_the_course_of_a_point(site: Site) -> None:
    await rises(site, *[float(level) for level in range(0, 100, 5)], None)
    await site.buffer.put(Batch("bin-1", site.clock.now(), ("on_fire",), (False,)))
    await site.buffer.put_now(events=[Event("e-1", "bin-1", "opened", site.clock.now(), {"by": "key"})])
    await site.buffer.flush()
    options = ["--config", str(site.config), "--state", str(site.folder), "--since", "21m", "--lang"]
    words = CliRunner().invoke(app, ["history", "bin-1", *options, "en"]).output
    assert "0 .. 95  newest 95  (bad(timeout))" in words
    assert "▁" in words
    assert "█" in words
    assert "on_fire  newest no" in words
    assert "opened  by=key" in words
    alone = CliRunner().invoke(app, ["history", "bin-1", "fill_pct", *options, "zh"]).output
    assert "on_fire" not in alone
    assert "1 次不可用" in alone
    told = json.loads(CliRunner().invoke(app, ["history", "bin-1", *options, "en", "--json"]).output)
    assert told["points"]["fill_pct"]["readings"] == 21
    assert CliRunner().invoke(app, ["history", "bin-9", *options, "en"]).exit_code == 2
