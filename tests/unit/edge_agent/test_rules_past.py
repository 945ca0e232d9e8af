"""`edge-agent rules test` on a buffer that was filled by what really comes in."""

import sqlite3

from typer.testing import CliRunner

from edge_agent.buffer.history import SHIFT_US, History, Pause
from edge_agent.cli import app
from tests.unit.edge_agent.buffer.making import T0
from tests.unit.edge_agent.past import CONFIG, MINUTE, S, Site, rises, site
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import ClockFix, ClockState, Lane
from wire.event import Event
from wire.reading import Batch

__all__ = ["site"]


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


async def test_memory_is_bounded_by_a_chunk_whatever_is_kept(site: Site) -> None:
    await rises(site, *[50.0] * 60)
    history = History(site.folder / "buffer.db", 0, 1 << 60)
    waiting = [len(history._pending) for _ in history.items()]
    assert max(waiting) <= 2 * (SHIFT_US // MINUTE + 2)
