"""A short run of the fuzzer of cameras' events, and any bytes at all through every parser."""

import json
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.onvif.events import Parts, Quirks
from tests.fuzz.camera_events import play, read

BEGINNINGS = st.sampled_from(
    [
        b"", b"<", b"{", b"Code=", b"Code=TrafficJunction;action=Pulse;index=0;data={", b'{"eventType":"ANPR","ANPR":{',
        b'{"Data":{"Status":1,"Method":', b"<Envelope><NotificationMessage><Topic>VideoSource/MotionAlarm</Topic>",
        b"<MetadataStream><Frame><Object>", b"<EventNotificationAlert>",
    ]
)  # fmt: skip
TOPIC = st.sampled_from(["ANPR", "IO", "VMD", "AccessControllerEvent", "AccessControl", "TrafficJunction", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damaged_events(seed: int) -> None:
    outcomes = play(2000, seed)
    assert {"CorruptAnswer", "nothing of ours", "plate_read", "motion", "access_granted", "state", "streams"} <= set(
        outcomes
    )


@settings(deadline=None)
@given(beginning=BEGINNINGS, rest=st.binary(max_size=200))
@example(b'{"Data":{"Status":1,"UTC":', b"99999999999999999999}}")
@example(b"Code=", b"\xff;action;;==;data={}")
def test_any_bytes_are_meanings_or_corrupt(beginning: bytes, rest: bytes) -> None:
    read(beginning + rest, Quirks(initial_happens=True, facing="in"), Counter())


@settings(deadline=None)
@given(topic=TOPIC, said=st.dictionaries(st.text(max_size=10), JSON, max_size=5))
def test_any_json_is_meanings_or_corrupt(topic: str, said: dict[str, object]) -> None:
    for one in ({"eventType": topic, **said}, {"Code": topic, "Data": said}):
        read(json.dumps(one).encode(), Quirks(), Counter())


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=50) | st.just(b"\r\n--edge\r\n\r\n"), max_size=20))
def test_any_stream_is_parts(pieces: list[bytes]) -> None:
    parts = Parts("edge", 100)
    for piece in pieces:
        for part in parts.feed(piece) + parts.settle():
            read(part.body, Quirks(), Counter())
    parts.close()
