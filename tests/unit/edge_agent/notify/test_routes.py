"""To whom an alarm goes, by level, place and hour; and when a place has too many of them."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.channels import NotifySettings, RouteSettings
from config.settings import DeviceFacts, SiteFacts, SiteSettings
from edge_agent.notify.floods import MOST, WINDOW_S, Floods
from edge_agent.notify.notice import Kind, Notice
from edge_agent.notify.routes import Way, quiet_until, routes_of
from edge_agent.notify.wording import LONGEST, wording
from tests.unit.edge_agent.alarming import alert
from tests.unit.edge_agent.making import settings
from tests.unit.edge_agent.notify.making import GUARD, SHANGHAI, routes
from wire.alert import Level

NIGHT = (22 * 60, 7 * 60)
BERLIN = ZoneInfo("Europe/Berlin")


def _at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("span", "now", "until"),
    [
        (NIGHT, "2026-03-02T21:59:59", None),
        (NIGHT, "2026-03-02T22:00:00", "2026-03-03T07:00:00"),
        (NIGHT, "2026-03-02T23:30:05", "2026-03-03T07:00:00"),
        (NIGHT, "2026-03-03T00:10:00", "2026-03-03T07:00:00"),
        (NIGHT, "2026-03-03T07:00:00", None),
        ((12 * 60, 14 * 60), "2026-03-03T13:00:00", "2026-03-03T14:00:00"),
        ((12 * 60, 14 * 60), "2026-03-03T14:00:00", None),
    ],
)
def test_quiet_hours_are_the_sites_own_and_cross_midnight(span: tuple[int, int], now: str, until: str | None) -> None:
    assert quiet_until(span, SHANGHAI, _at(now)) == (0 if until is None else _at(until))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-01", 8)])
def test_a_night_on_which_clocks_change_ends_by_the_clock_on_the_wall(day: str, hours: int) -> None:
    begin = _at(f"{day}T23:00:00", BERLIN)
    assert quiet_until(NIGHT, BERLIN, begin) - begin == hours * 3600 * 1_000_000


def test_level_and_place_choose_the_routes_and_the_soonest_of_them_counts() -> None:
    site = routes(
        RouteSettings(levels=("red", "orange"), places=("3幢",), channels=("guard",), quiet=NIGHT, repeat_s=600),
        RouteSettings(levels=("orange",), channels=("guard", "mail"), over=True, repeat_s=300),
        RouteSettings(levels=("yellow",), channels=("mail",), quiet=NIGHT),
    )
    noon, night = _at("2026-03-02T12:00"), _at("2026-03-02T23:00")
    both = [Way("guard", 0, 300, over=True), Way("mail", 0, 300, over=True)]
    assert site.ways(Level.ORANGE, "door-2", night) == both
    assert site.ways(Level.ORANGE, "bin-1", noon) == both
    assert site.ways(Level.RED, "door-1", night) == [Way("guard", 0, 600)]
    assert site.ways(Level.RED, "bin-1", noon) == []
    assert site.ways(Level.YELLOW, "bin-1", night) == [Way("mail", _at("2026-03-03T07:00"))]
    assert site.ways(Level.BLUE, "door-1", noon) == []
    assert site.reds() == {"guard"}


@pytest.mark.parametrize(
    ("place", "device_at", "covered"),
    [
        ("3", "31幢", False),
        ("3", "3幢", True),
        ("3幢", "3幢2单元", True),
        ("3幢", "13幢", False),
        ("1幢东", "1幢", False),
    ],
)
def test_a_place_has_what_lies_below_it_and_not_its_namesakes(place: str, device_at: str, covered: bool) -> None:
    site = replace(
        routes(RouteSettings(levels=("red",), places=(place,), channels=("guard",))), places={"d": device_at}
    )
    assert bool(site.ways(Level.RED, "d", 0)) is covered


def test_routes_are_made_of_a_configuration() -> None:
    chosen = replace(
        settings(),
        site=SiteSettings(code="gate", name="测试小区", timezone="Mars/Olympus"),
        notify=NotifySettings(channels=(GUARD,), routes=(RouteSettings(levels=("red",), channels=("guard",)),)),
        facts=SiteFacts(devices={"door-1": DeviceFacts(place="1幢2单元", building="1幢")}),
    )
    made = routes_of(chosen)
    assert (made.site, made.names["bin-1"], made.groups["door-1"]) == ("测试小区", "东门垃圾桶", "1幢")
    assert [way.channel for way in made.ways(Level.RED, "bin-1", 0)] == ["guard"]


def test_more_than_ten_in_ten_minutes_are_a_flood_that_names_the_first_and_ends_when_it_is_calm() -> None:
    floods = Floods()
    found = [floods.note("3幢", alert(alert=f"a{number}", rule=f"r{number}"), float(number)) for number in range(15)]
    assert [one is None for one in found] == [True] * MOST + [False] * 5
    assert {(one.first.alert, one.count) for one in found if one} == {("a0", 15)}
    assert floods.note("东门", alert(), 15.0) is None
    calm = WINDOW_S + 20.0
    assert floods.note("3幢", alert(alert="b"), calm) is None


def test_the_first_red_alarm_of_each_rule_is_told_by_itself_in_any_flood() -> None:
    floods = Floods()
    for number in range(12):
        floods.note("3幢", alert(alert=f"a{number}"), float(number))
    assert floods.note("3幢", alert(level=Level.RED, alert="fire", rule="fire"), 20.0) is None
    second = floods.note("3幢", alert(level=Level.RED, alert="fire 2", rule="fire"), 21.0)
    assert second is not None
    assert second.count == 14


def _notice(channel: str, kind: Kind, text: dict[str, str], count: int = 1) -> Notice:
    at = _at("2026-03-02T12:00:07")
    return Notice("n1", channel, kind, "a1", "held_open", "door-1", Level.YELLOW, at, at, text, "3幢", count=count)


def test_a_notice_is_worded_as_its_channel_says() -> None:
    site, text = routes(), {"zh": "1号门 长时间未关", "en": "door 1 is held open"}
    assert wording(_notice("guard", Kind.RAISED, text), site) == "【黄色】1号门 长时间未关 (3幢) 03-02 12:00:07"
    assert wording(_notice("mail", Kind.OVER, text), site) == "[YELLOW] over: door 1 is held open (3幢) 03-02 12:00:07"
    flood = wording(_notice("guard", Kind.FLOOD, text, 17), site)
    assert "10 分钟内 17 条告警, 第一条: 1号门 长时间未关" in flood
    own = routes(channels=(replace(GUARD, say={"zh": "{site}|{name}|{level}|{rule}|{device}|{odd}"}),))
    assert wording(_notice("guard", Kind.AGAIN, {}), own) == "测试小区|1号门|黄色|held_open|door-1|{odd}"
    assert len(wording(_notice("guard", Kind.RAISED, {"zh": "很长" * 999}), site)) == LONGEST
    assert "1号门 held_open" in wording(_notice("guard", Kind.RAISED, {"zh": ""}), site)
    assert "{level}" in wording(_notice("guard", Kind.RAISED, {"zh": "{level}"}), site)
