"""Drawn places in weather and by night, and what is done to cameras there: a seeded part of what the bench measures."""

import copy
from collections.abc import Iterable
from functools import cache

import pytest

from drivers.onvif.health.judge import AFTER, Judge, State
from drivers.onvif.health.picture import look
from tests.scenery.story import ORDINARY, TROUBLE, Setting, Story

STORIES = {each.name: each for each in (*ORDINARY, *TROUBLE)}
SEED = 4
"""A street."""


@cache
def setting() -> Setting:
    return Setting.of(SEED)


@cache
def knowing(night: bool, first: bool) -> Judge:
    judge = Judge()
    for jpeg in setting().before(night=night, first=first):
        judge.take(look(jpeg))
    return judge


def told(judge: Judge, pictures: Iterable[bytes]) -> list[State | None]:
    """Return what is said of the pictures, each change once."""
    said = [judge.state, *(judge.take(look(each)) for each in pictures)]
    return [one for one, before in zip(said, [None, *said], strict=False) if one != before]


def played(story: Story) -> list[State | None]:
    judge = copy.deepcopy(knowing(story.night, story.first))
    return told(judge, [*setting().during(story), *setting().after(night=story.night)])


@pytest.mark.parametrize("name", ["the first evening", "fog comes and goes", "headlights"])
def test_weather_and_night_are_no_trouble(name: str) -> None:
    assert played(STORIES[name]) == ["ok"]


@pytest.mark.parametrize(
    "name",
    [
        "a hand", "tape by night", "black from one look to the next, by day", "the lamps fail by night",
        "out of focus by 1.1 %", "turned by 5%", "turned by 30%, by night", "frozen, its clock runs on",
    ],
)  # fmt: skip
def test_a_trouble_begins_once_and_ends_once(name: str) -> None:
    story = STORIES[name]
    assert played(story) == ["ok", story.state, "ok"]


def test_a_new_place_is_learnt_before_anything_is_said() -> None:
    judge, pictures = Judge(), list(setting().before(night=False, first=True))
    assert told(judge, pictures[:6]) == []
    assert told(judge, pictures[6:]) == ["ok"]


def test_one_that_is_covered_from_the_beginning_is_never_well() -> None:
    taped = list(setting().during(STORIES["tape"]))
    assert told(Judge(), taped) == ["covered"]


def test_one_odd_look_is_nothing() -> None:
    judge = copy.deepcopy(knowing(night=False, first=False))
    odd = list(setting().during(STORIES["a hand"]))[: AFTER - 1]
    assert told(judge, [*odd, *setting().after(night=False), *odd]) == ["ok"]


def test_where_it_was_put_on_purpose_is_right_after_a_day() -> None:
    judge = Judge(adopted=6)
    assert told(judge, setting().before(night=False, first=True)) == ["ok"]
    elsewhere = list(setting().during(STORIES["turned by 15%"]))
    assert told(judge, [*elsewhere, *elsewhere]) == ["ok", "moved", "ok"]
