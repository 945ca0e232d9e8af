"""What a message means, purely: pointers, words, scales, times; and whatever comes, nothing but what makes sense."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.catalog import load_class, load_profile, profile_ids
from config.message import Message, MessageEvent, MessageField, MessagePoint, MessageTime
from drivers.api import CorruptAnswer
from drivers.mqtt.decode import LARGEST, at, document, events, presence, readings
from wire.codec import encode
from wire.reading import Quality, Value

NOW = 1_780_000_000_000_000
PROFILES = [load_profile(name) for name in profile_ids() if load_profile(name).driver == "mqtt"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def read(point: MessagePoint, said: Any) -> tuple[Value, int] | None:
    """Return value and quality of one point, ``None`` where the message says nothing of it."""
    batch = readings("d", Message(topic="t", points=(point,)), said, NOW)
    return None if batch is None else (batch.values[0], batch.quality[0] if batch.quality else 0)


@pytest.mark.parametrize(
    ("point", "said", "value"),
    [
        (MessagePoint(key="k", at="/a"), {"a": 7}, 7),
        (MessagePoint(key="k", at="/a/b/1"), {"a": {"b": [1, 2.5]}}, 2.5),
        (MessagePoint(key="k", at="/a~1b/~0"), {"a/b": {"~": 3}}, 3),
        (MessagePoint(key="k", at=""), 4, 4),
        (MessagePoint(key="k", at="/a", scale=0.1, offset=-40.0), {"a": 652}, 25.2),
        (MessagePoint(key="k", at="/a", scale=86400, whole=True), {"a": 2}, 172800),
        (MessagePoint(key="k", at="/a", whole=True), {"a": 96.6}, 97),
        (MessagePoint(key="k", at="/a", type="bool"), {"a": True}, True),
        (MessagePoint(key="k", at="/a", type="text"), {"a": "x"}, "x"),
        (MessagePoint(key="k", at="/a", words={"1": "open"}), {"a": 1.0}, "open"),
        (MessagePoint(key="k", at="/a", words={"true": "closed"}), {"a": True}, "closed"),
    ],
)
def test_what_stands_at_a_pointer_becomes_the_points_value(point: MessagePoint, said: Any, value: Value) -> None:
    assert read(point, said) == (value, 0)


@pytest.mark.parametrize(
    ("point", "wrong"),
    [
        (MessagePoint(key="k", at="/a"), "7"),
        (MessagePoint(key="k", at="/a"), True),
        (MessagePoint(key="k", at="/a"), [7]),
        (MessagePoint(key="k", at="/a"), 1e300),
        (MessagePoint(key="k", at="/a"), 10**30),
        (MessagePoint(key="k", at="/a", type="bool"), 1),
        (MessagePoint(key="k", at="/a", type="text"), "x" * 201),
        (MessagePoint(key="k", at="/a", type="text"), ""),
        (MessagePoint(key="k", at="/a", words={"1": "open"}), "2"),
        (MessagePoint(key="k", at="/a", words={"1": "open"}), {"1": 1}),
    ],
)
def test_what_is_of_the_wrong_kind_is_no_value(point: MessagePoint, wrong: Any) -> None:
    assert read(point, {"a": wrong}) == (None, Quality.BAD)


def test_what_is_not_there_or_null_was_not_said() -> None:
    point = MessagePoint(key="k", at="/a/b")
    for said in ({}, {"a": 1}, {"a": {"b": None}}, [1], None, "a"):
        assert read(point, said) is None


def test_outside_its_span_a_value_is_implausible_and_kept() -> None:
    assert read(MessagePoint(key="k", at="/a", plausible=(0, 100)), {"a": 101}) == (101, Quality.IMPLAUSIBLE)


def test_an_event_happens_when_every_pointer_shows_what_it_must() -> None:
    event = MessageEvent(
        name="denied",
        when={"/event": ("denied", "refused"), "/door": (3,)},
        fields={
            "reason": MessageField(at="/why", words={"7": "expired"}),
            "confidence": MessageField(at="/c", scale=0.01),
        },
        id="/seq",
    )
    message = Message(topic="t", events=(event,))
    happened = events("d", message, {"event": "refused", "door": 3, "why": 7, "c": 93, "seq": 12}, NOW)
    assert [(one.id, one.name, one.at, one.fields) for one in happened] == [
        ("12", "denied", NOW, {"reason": "expired", "confidence": 0.93})
    ]
    assert events("d", message, {"event": "refused", "door": 4}, NOW) == []
    bare = events("d", message, {"event": "denied", "door": 3, "why": 8, "c": "much", "seq": [1]}, NOW)
    assert [(one.id, one.fields) for one in bare] == [("", {})]


@pytest.mark.parametrize(
    ("unit", "told", "at_us"),
    [
        ("s", NOW / 1e6 - 60, NOW - 60_000_000),
        ("ms", NOW // 1000, NOW),
        ("s", NOW / 1e6 + 4, NOW + 4_000_000),
        ("s", NOW / 1e6 + 8 * 3600, NOW),
        ("s", NOW / 1e6 - 8 * 3600, NOW),
        ("s", 0, NOW),
        ("s", "yesterday", NOW),
        ("iso", "2026-05-28T20:26:39.500Z", NOW - 500_000),
        ("iso", "2026-05-29T04:26:39+08:00", NOW - 1_000_000),
        ("iso", "2026-05-29T04:26:39", NOW),
        ("iso", 17, NOW),
        ("s", None, NOW),
    ],
)
def test_a_device_s_time_is_believed_where_it_can_be(unit: Any, told: Any, at_us: int) -> None:
    message = Message(topic="t", events=(MessageEvent(name="e"),), time=MessageTime(at="/t", unit=unit))
    assert events("d", message, {"t": told}, NOW)[0].at == at_us


def test_a_number_goes_with_the_device_s_own_time_so_that_a_counter_may_begin_anew() -> None:
    message = Message(topic="t", events=(MessageEvent(name="e", id="/seq"),), time=MessageTime(at="/t"))
    said = [{"seq": 1, "t": 5}, {"seq": 1, "t": 6}, {"seq": 1}, {"t": 5}]
    assert [events("d", message, one, NOW)[0].id for one in said] == ["1@5", "1@6", "1", ""]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"[Infinity]", b"[" * 30_000, b"\xff", b"'a'", b" " * (LARGEST + 1)]
)
def test_what_is_no_json_is_corrupt(body: bytes) -> None:
    with pytest.raises(CorruptAnswer):
        document(body)


def test_presence_is_one_of_two_words_or_not_said() -> None:
    for body, said in (
        (b"online", True),
        (b'"offline"', False),
        (b"perhaps", None),
        (b"", None),
        (b"\xff" * 999, None),
    ):
        assert presence("", ("online",), ("offline",), body) is said
    assert presence("/state", ("online",), ("offline",), b'{"state": "offline"}') is False
    assert presence("/state", ("online",), ("offline",), b"offline") is None


@given(said=JSON)
@settings(deadline=None)
def test_whatever_json_comes_only_what_can_be_stored_comes_out(said: Any) -> None:
    for profile in PROFILES:
        for message in profile.messages:
            wanted = said if not isinstance(said, dict) else _aimed(message, said)
            batch = readings("d", message, wanted, NOW)
            happened = events("d", message, wanted, NOW)
            encode(happened)
            if batch is not None:
                encode(batch)
                assert all(math.isfinite(value) for value in batch.values if isinstance(value, float))


@given(body=st.binary(max_size=200))
def test_whatever_bytes_come_they_are_json_or_corrupt(body: bytes) -> None:
    try:
        said = document(body)
    except CorruptAnswer:
        return
    json.dumps(said)


def _aimed(message: Message, said: dict[str, Any]) -> dict[str, Any]:
    """Return an object that has something at the pointers that ``message`` looks at."""
    names = [point.at.strip("/") for point in message.points] or ["event"]
    return dict(zip(names, said.values(), strict=False))


@pytest.mark.parametrize("profile", PROFILES, ids=[profile.id for profile in PROFILES])
def test_a_shipped_profile_reads_what_its_class_can_hold(profile: Any) -> None:
    kind = load_class(profile.kind)
    for message in profile.messages:
        for point in message.points:
            known = kind.point(point.key)
            assert known is not None
            middle = round(sum(known.range or (0, 100)) / 2 / point.scale)
            told = {"bool": True, "string": "x", "enum": next(iter(known.values), None)}.get(known.kind, middle)
            if point.words:
                told = next(iter(point.words))
            message_of_one = replace(message, points=(point,))
            batch = readings("d", message_of_one, {point.at.strip("/"): told}, NOW)
            assert batch is not None
            assert batch.quality == (), point.key
            value = batch.values[0]
            match known.kind:
                case "bool":
                    assert isinstance(value, bool)
                case "enum":
                    assert value in known.values
                case "string":
                    assert isinstance(value, str)
                case "int":
                    assert isinstance(value, int)
                case _:
                    assert isinstance(value, int | float)


def test_a_pointer_into_nothing_is_nothing() -> None:
    assert at([1, 2], "/9") is at({}, "/a/b") is at(None, "/0")
    assert at([1, 2], "/-1") is at({}, "/x")
