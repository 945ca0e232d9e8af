"""A value that stands still where it should move is stale, to the technician and to the rules."""

from pathlib import Path

import pytest

from config.catalog import CatalogError, load_class, load_profile, read_profile
from config.settings import DeviceSettings, RuleSettings
from edge_agent.pipeline import Pipeline
from edge_agent.plan import DevicePlan, PointPlan
from edge_agent.standstill import Standstill
from rules.engine import RuleSet
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from wire.alert import AlertState
from wire.reading import Batch, Quality, Value, describe_quality

PLAN = DevicePlan(
    "m",
    "bus",
    (
        PointPlan("v", "float", "V", (), 1.0, on_change=False, moves_within_s=600.0),
        PointPlan("state", "enum", "", (), 1.0, on_change=False),
    ),
)
FROZEN = RuleSettings(
    id="frozen",
    kind="electric_meter",
    when="stale(v) or v > 250",
    level="blue",
    devices=("m",),
    say={"zh": "x", "en": "x"},
)


def _batch(value: Value, at: float = 0.0, quality: int = 0) -> Batch:
    qualities = (quality, 0) if quality else ()
    return Batch("m", round(at * 1_000_000), ("v", "state"), (value, "on"), qualities)


def _judged(watch: Standstill, *steps: tuple[float, Value, int]) -> list[int]:
    found = []
    for mono, value, quality in steps:
        batch = watch.judge(_batch(value, quality=quality), mono)
        assert batch.values == (value, "on")
        found.append(batch.quality[0] if batch.quality else 0)
    return found


def test_a_value_that_moves_is_good_and_one_that_stands_still_is_stuck_until_it_moves() -> None:
    steps = [(0, 230.0, 0), (600, 230.0, 0), (601, 230.0, 0), (900, 230.0, 0), (901, 230.1, 0), (902, 230.1, 0)]
    assert _judged(Standstill(PLAN), *steps) == [0, 0, Quality.STUCK, Quality.STUCK, 0, 0]
    assert describe_quality(Quality.STUCK) == "stale(stuck)"


def test_what_is_bad_neither_moves_nor_stands_still() -> None:
    steps = [(0, 230.0, 0), (300, None, Quality.TIMEOUT), (500, 9.9, Quality.IMPLAUSIBLE), (601, 230.0, 0)]
    assert _judged(Standstill(PLAN), *steps) == [0, Quality.TIMEOUT, Quality.IMPLAUSIBLE, Quality.STUCK]


def test_after_an_outage_the_time_begins_anew() -> None:
    steps = [(0, 230.0, 0), (300, None, Quality.OFFLINE), (5000, 230.0, 0), (5600, 230.0, 0), (5601, 230.0, 0)]
    assert _judged(Standstill(PLAN), *steps) == [0, Quality.OFFLINE, 0, 0, Quality.STUCK]


def test_other_points_may_stand_still() -> None:
    watch = Standstill(PLAN)
    for mono in (0, 10_000):
        batch = watch.judge(Batch("m", 0, ("state",), ("on",)), mono)
    assert batch.quality == ()


async def test_rules_and_store_see_it_as_stale() -> None:
    clock, buffer = FakeClock(), FakeBuffer()
    pipeline = Pipeline({"m": PLAN}, RuleSet([FROZEN], {"m": "m"}, "gw"), buffer, clock)
    for _ in range(3):
        await pipeline.feed(Batch("m", clock.now(), ("v", "state"), (230.0, "on")))
        await clock.advance(301)
    assert [batch.quality for batch in buffer.batches] == [(), (), (Quality.STUCK, 0)]
    assert [change.state for change in buffer.alerts] == [AlertState.RAISED]


def test_the_class_or_the_profile_says_which_points_must_move(tmp_path: Path) -> None:
    voltage = load_class("electric_meter").point("voltage_v")
    assert voltage is not None
    assert voltage.moves_within_s == 3600.0
    profile = tmp_path / "test" / "one.yaml"
    profile.parent.mkdir()
    text = (
        "id: test/one\nkind: electric_meter\nproduct: {zh: x, en: x}\nmanual: []\ndriver: modbus\n"
        "transport: {buses: [modbus-tcp]}\n"
        "points: [{key: voltage_v, table: holding_register, address: 0, moves_within: 10m}]\n"
    )
    profile.write_text(text, encoding="utf-8")
    from edge_agent.plan import plan_site
    from tests.unit.edge_agent.making import settings

    found = read_profile(tmp_path, "test/one")
    meter = DeviceSettings(id="m", name="m", bus="lan", unit=1, profile=found)
    whole = settings()
    planned = plan_site(type(whole)(**{**vars(whole), "devices": (meter,)}))
    assert planned.devices["m"].points[0].moves_within_s == 600.0
    profile.with_name("two.yaml").write_text(text.replace("one", "two").replace("10m", "soon"), encoding="utf-8")
    with pytest.raises(CatalogError, match="moves_within"):
        read_profile(tmp_path, "test/two")


def test_shipped_products_say_what_cannot_stand_still() -> None:
    within = {name: load_profile(name).moves_within() for name in ("meter/dlt645-2007", "env/xy-md02", "water/cjt188")}
    assert within == {
        "meter/dlt645-2007": {"frequency_hz": "6h"},
        "env/xy-md02": {"temperature_c": "24h", "humidity_pct": "24h"},
        "water/cjt188": {},
    }
