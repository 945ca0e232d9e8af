"""`edge-agent rules explain` and `history` on a buffer that was filled by what really comes in."""

import json

from typer.testing import CliRunner

from edge_agent.cli import app
from tests.unit.edge_agent.buffer.making import T0
from tests.unit.edge_agent.past import CONFIG, MINUTE, Site, rises, site
from wire.alert import AlertChange, AlertState, Level
from wire.event import Event
from wire.reading import Batch

__all__ = ["site"]


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
