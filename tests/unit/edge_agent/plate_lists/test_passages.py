"""What becomes of a plate between driver and rules: the box's word, the likeness, a repetition told for one."""

from typing import Any

import pytest

from config.settings import ListSettings
from edge_agent.pipeline import Pipeline
from edge_agent.plan import DevicePlan
from edge_agent.plate_lists.book import listings_from
from edge_agent.plate_lists.passages import PASSAGE_S, PlateJudge
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.unit.edge_agent.test_pipeline import _Rules
from wire.event import Event
from wire.plates import ListKind, PlateEntry

HOUR_US = 3_600_000_000


def lists(now: int) -> dict[str, ListSettings]:
    return {
        "业主": ListSettings(file="a.csv", kind="white", entries={"浙F10345": (None, None), "浙F00001": (None, None)}),
        "访客": ListSettings(file="b.csv", kind="visitor", entries={"苏E2S1T7": (now - HOUR_US, now + HOUR_US)}),
        "黑名单": ListSettings(
            file="c.csv", kind="black", entries={"沪A66666": (None, None), "浙F00001": (None, None)}
        ),
        "被盗": ListSettings(file="d.csv", entries={"浙B12345": (None, None)}),
    }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def judge(clock: FakeClock) -> PlateJudge:
    made = PlateJudge(clock)
    made.under(lists(clock.now()))
    return made


def read(judge: PlateJudge, plate: str, device: str = "cam", **fields: Any) -> dict[str, Any]:
    return dict(judge.judged(Event("", device, "plate_read", 1, {"plate": plate, **fields})).fields)


def test_a_listed_plate_gets_its_list(judge: PlateJudge) -> None:
    assert read(judge, "浙f·10345", confidence=0.9) == {"plate": "浙F10345", "confidence": 0.9, "list": "white"}
    assert read(judge, "苏E2S1T7")["list"] == "visitor"
    assert read(judge, "沪A66666")["list"] == "black"
    assert read(judge, "浙F00001")["list"] == "black", "black comes before white"


def test_a_list_without_a_purpose_is_none_of_plates(judge: PlateJudge) -> None:
    assert read(judge, "浙B12345")["list"] == "unknown"


async def test_a_visitor_counts_while_the_visit_lasts(judge: PlateJudge, clock: FakeClock) -> None:
    await clock.advance(3599)
    assert read(judge, "苏E2S1T7")["list"] == "visitor"
    await clock.advance(2)
    assert read(judge, "苏E2S1T7", "cam-2")["list"] == "unknown"
    assert judge.book.judge("苏E2S1T7", clock.now()).ended is ListKind.visitor
    assert "near" not in read(judge, "苏EZS1T7", "cam-3"), "what has ended is not looked like either"


def test_a_near_miss_says_which_plate_and_of_which_list(judge: PlateJudge) -> None:
    told = read(judge, "浙F1D345", list="white")
    assert told == {"plate": "浙F1D345", "list": "unknown", "near": "浙F10345", "near_list": "white"}


def test_a_camera_s_own_word_counts_where_the_box_has_no_lists(clock: FakeClock) -> None:
    assert read(PlateJudge(clock), "浙F1D345", list="white")["list"] == "white"


def test_the_box_s_lists_overrule_the_camera_s_except_its_black_one(judge: PlateJudge) -> None:
    assert read(judge, "京N12345", list="white")["list"] == "unknown"
    assert read(judge, "京N12346", list="black")["list"] == "black"
    assert read(judge, "浙F10345", list="black")["list"] == "white"


def test_what_the_collector_lists_counts_beside_the_site_s_own(judge: PlateJudge, clock: FakeClock) -> None:
    entries = (PlateEntry("京N12345", ListKind.white), PlateEntry("浙F10345", ListKind.black))
    judge.deliver(listings_from(entries))
    assert read(judge, "京N12345")["list"] == "white"
    assert read(judge, "浙F10345")["list"] == "black"
    judge.under({})
    assert read(judge, "京N12345")["list"] == "white"
    assert read(judge, "苏E2S1T7")["list"] == "unknown"
    judge.deliver(())
    assert "list" not in read(judge, "京N12345")


async def test_the_same_plate_at_the_same_camera_within_a_minute_is_one_passage(
    judge: PlateJudge, clock: FakeClock
) -> None:
    assert "repeated" not in read(judge, "浙F10345")
    await clock.advance(PASSAGE_S - 1)
    assert read(judge, "浙F·10345")["repeated"] is True
    assert "repeated" not in read(judge, "浙F10345", "cam-2")
    assert "repeated" not in read(judge, "浙F10346")
    await clock.advance(2)
    assert "repeated" not in read(judge, "浙F10345")


def test_anything_else_passes_as_it_is(judge: PlateJudge) -> None:
    for event in (
        Event("", "cam", "motion", 1, {"plate": "浙F10345"}),
        Event("", "cam", "plate_read", 1, {}),
        Event("", "cam", "plate_read", 1, {"plate": 7}),
        Event("", "cam", "plate_read", 1, {"plate": " · "}),
    ):
        assert judge.judged(event) is event


async def test_rules_see_a_repetition_and_it_is_not_stored(judge: PlateJudge, clock: FakeClock) -> None:
    rules, store = _Rules(), FakeBuffer()
    plans = {"cam": DevicePlan("cam", "bus", (), routine=frozenset({"plate_read"}))}
    pipeline = Pipeline(plans, rules, store, clock, judged=judge.judged)
    for _ in range(3):
        await pipeline.happen([Event("", "cam", "plate_read", clock.now(), {"plate": "浙F10345"})])
    assert [bool(one.fields.get("repeated")) for one in rules.happened] == [False, True, True]
    assert len(store.routine) == 1
