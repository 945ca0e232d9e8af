"""The completeness account on a real buffer: due = stored + missed - extra, by point and hour, whatever goes wrong."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.api import LineLost, Timeout
from edge_agent.plan import SitePlan
from runtime.testing import FakeClock
from tests.unit.edge_agent.ledger import BEGIN_US, HOUR, Ledger, World, chosen_plan, told
from wire.reading import Batch


async def test_every_slot_is_stored_or_unchanged_over_a_full_hour(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(119.75)
    found, reasons = told(await world.contents())
    assert found == world.due(world.begins[0])
    assert {hour for *_, hour in found} == {BEGIN_US // HOUR, BEGIN_US // HOUR + 1}
    assert set(reasons) == {"unchanged"}


async def test_what_a_device_withholds_was_due_to_nobody(tmp_path: Path) -> None:
    world, plan = World(tmp_path / "a"), chosen_plan()
    kept = replace(plan.devices["door-1"], withheld=frozenset({"supply_v"}))
    async with world.running(SitePlan(plan.settings, plan.devices | {"door-1": kept})):
        await world.passes(20)
        world.driver.failing["door-1"] = Timeout("no answer")
        await world.passes(60)
        world.driver.failing.clear()
        await world.passes(39.75)
    found, reasons = told(await world.contents())
    due = world.due(world.begins[0])
    assert found == Counter({name: count for name, count in due.items() if name[1] != "supply_v"})
    assert any(point == "supply_v" for _, point, _ in due)
    assert reasons["offline"] > 60


async def test_failures_outages_and_a_lost_line_are_told_apart(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(20)
        world.driver.failing["bin-1"] = Timeout("no answer")
        await world.passes(1.5)
        world.driver.failing.clear()
        await world.passes(10)
        world.driver.failing["door-1"] = Timeout("no answer")
        await world.passes(60)
        world.driver.failing.clear()
        world.driver.line = LineLost("gone")
        await world.passes(40)
        world.driver.line = None
        await world.passes(61.75)
    found, reasons = told(await world.contents())
    assert found == world.due(world.begins[0])
    assert reasons["no_answer"] >= 2
    assert reasons["offline"] > 60
    assert "bus_busy" not in reasons


async def test_a_bus_that_is_too_slow_owns_up_to_it(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running() as current:
        world.driver.takes_s = 0.6
        await world.passes(90)
        missed = current.site.buses["lan"].missed
        world.driver.takes_s = 0.0
        await world.passes(5)
    found, reasons = told(await world.contents())
    assert found == world.due(world.begins[0])
    assert reasons["bus_busy"] >= missed > 50


async def test_what_a_device_leaves_out_is_no_value_and_what_it_adds_is_extra(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running() as current:
        await world.passes(10)
        world.values["bin-1"] = {"temperature_c": 21.0}
        await current.report(Batch("door-1", world.keeper.now(), ("door_state",), ("open",)))
        await current.report(Batch("door-1", world.keeper.now() + 1, ("door_state",), ("open",)))
        await world.passes(10.75)
    found, reasons = told(await world.contents())
    world.answers = [
        (asked, device, ("fill_pct",), then) if device == "bin-1" else (asked, device, points, then)
        for asked, device, points, then in world.answers
    ]
    assert found == world.due(world.begins[0])
    assert reasons["no_value"] in (10, 11)
    assert reasons["extra"] == reasons["no_value"] + 2


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_account_is_whole(tmp_path: Path, seed: int) -> None:
    chance, world = random.Random(seed), World(tmp_path / "a")
    async with world.running():
        await world.passes(1)
        for _ in range(25):
            driver = world.driver
            driver.failing = {name: Timeout("no answer") for name in world.values if chance.random() < 0.25}
            driver.line = LineLost("gone") if chance.random() < 0.15 else None
            driver.takes_s = chance.choice((0.0, 0.0, 0.04, 0.3, 0.9))
            world.values["door-1"]["door_state"] = chance.choice(("open", "closed"))
            await world.passes(chance.randrange(1, 40) / 4)
        driver.takes_s = 0.0
        await world.passes(3)
    found, _ = told(await world.contents())
    assert found == world.due(world.begins[0])


async def test_what_was_due_while_nothing_ran_is_not_running(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(10.75)
    await world.clock.advance(90.1)
    async with world.running():
        await world.passes(10.75)
    found, reasons = told(await world.contents())
    first, again = world.begins
    assert found == world.due(first, again) + world.due(again)
    assert reasons["not_running"] in range(90 + 180 + 12, 91 + 181 + 14)


async def test_what_a_kill_takes_is_not_running(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(33.25)
        await world.kill(tmp_path / "b")
    await world.clock.advance(7.1)
    async with world.running():
        await world.passes(5.75)
    found, reasons = told(await world.contents())
    first, again = world.begins
    assert found == world.due(first, again) + world.due(again)
    assert reasons["not_running"] > 7 + 14


async def test_when_the_notes_are_lost_with_the_file_its_witness_tells_since_when_nothing_ran(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(33.25)
        await world.kill(tmp_path / "b")
    before, _ = told(await world.contents())
    for suffix in ("", "-wal", "-shm"):
        (world.folder / f"buffer.db{suffix}").unlink(missing_ok=True)
    await world.clock.advance(70.1)
    async with world.running():
        await world.passes(5.75)
    found, reasons = told(await world.contents())
    first, again = world.begins
    whole, due = _by_point(before + found), _by_point(world.due(first, again) + world.due(again))
    assert whole.keys() == due.keys()
    assert all(abs(whole[key] - due[key]) <= 1 for key in due), "the phase within a period is not known"
    assert reasons["not_running"] > 70 + 140


async def test_a_new_boot_goes_on_with_the_account_when_the_time_is_known(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(10.75)
    await world.clock.advance(3700.1)
    elsewhere = FakeClock(world.clock.now() - 40 * 365 * 86_400_000_000, mono=5.0)
    right_us, world.boot, world.synced = world.clock.now() - 5_000_000, "boot-2", False
    first, old, answers = world.begins[0], world.clock, len(world.answers)
    world.clock = elsewhere
    async with world.running():
        await world.passes(10)
        elsewhere.step_wall(right_us + round(elsewhere.monotonic() * 1_000_000) - elsewhere.now())
        world.synced = True
        await world.passes(10.75)
    found, reasons = told(await world.contents())
    again = world.begins[1]
    after = world.due(again)
    await old.advance(again - 5.0)
    world.clock, world.answers = old, world.answers[:answers]
    assert found == world.due(first, old.monotonic()) + after
    assert reasons["not_running"] > 3 * 3700


async def test_a_reload_counts_only_what_was_configured(tmp_path: Path) -> None:
    world = World(tmp_path / "a")
    async with world.running(chosen_plan("door-1")) as current:
        await world.passes(10)
        current.change(chosen_plan(digest="111111111111"))
        await world.passes(600)
        current.change(chosen_plan("bin-1", digest="222222222222"))
        await world.passes(600)
        current.change(chosen_plan(digest="333333333333"))
        await world.passes(10.75)
    found, _ = told(await world.contents())
    first, second, third, fourth = world.begins
    assert {key: count for key, count in found.items() if key[0] == "bin-1"} == (
        world.due(second, third, "bin-1") + world.due(third, fourth, "bin-1") + world.due(fourth, None, "bin-1")
    )
    doors = Counter({key: count for key, count in found.items() if key[0] == "door-1"})
    whole = world.due(first, second, "door-1") + world.due(second, third, "door-1") + world.due(fourth, None, "door-1")
    assert sum((whole - doors).values()) <= 2  # each point's slot that was open when the door was taken out
    assert not doors - whole


@pytest.mark.parametrize("years", [10, -10])
async def test_a_step_of_the_clock_loses_and_doubles_no_slot(tmp_path: Path, years: int) -> None:
    world = World(tmp_path / "a")
    async with world.running():
        await world.passes(20)
        world.driver.failing["bin-1"] = Timeout("no answer")
        await world.passes(10.1)
        world.clock.step_wall(years * 31_536_000_000_000)
        await world.passes(20)
        world.driver.failing.clear()
        await world.passes(40.75)
    found, _ = told(await world.contents())
    assert _by_point(found) == _by_point(world.due(world.begins[0]))


async def test_what_was_counted_before_the_time_was_known_is_put_right(tmp_path: Path) -> None:
    world = World(tmp_path / "a", wall_us=1_000_000)
    world.synced = False
    async with world.running():
        await world.passes(10)
        world.driver.failing["bin-1"] = Timeout("no answer")
        await world.passes(10.25)
        world.clock.step_wall(BEGIN_US - world.clock.now())
        world.synced = True
        await world.passes(120.5)
    found, reasons = told(await world.contents())
    assert found == world.due(world.begins[0])
    assert reasons["offline"] > 100


def _by_point(ledger: Ledger) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (device, key, _), count in ledger.items():
        found[device, key] += count
    return found
