"""A stream of parts: however it is cut, however long, whatever length it claims, whoever stops in the middle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.onvif.events import Part, Parts, boundary, meanings
from drivers.onvif.events.multipart import LARGEST_HEAD, LARGEST_SETTLED
from tests.unit.drivers.onvif.saying import NOW, vector

JPEG = b"\xff\xd8" + bytes(range(256)) * 4 + b"\r\n--not the boundary\r\n--edgewise\r\n\xff\xd9"
ALERT = b"<EventNotificationAlert><eventType>VMD</eventType></EventNotificationAlert>"
BODIES = [ALERT, JPEG, b"Heartbeat", b'{"a": 1}']


def stream(*bodies: bytes, length: int | None = None) -> bytes:
    parts = (
        b"--edge\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n"
        % (len(body) if length is None else length, body)
        for body in bodies
    )
    return b"".join(parts)


def fed(parts: Parts, data: bytes, step: int) -> list[bytes]:
    return [part.body for at in range(0, len(data), step) for part in parts.feed(data[at : at + step])]


@given(step=st.integers(1, 2000))
def test_however_it_is_cut_the_parts_are_the_same(step: int) -> None:
    parts = Parts("edge")
    assert fed(parts, stream(*BODIES) + b"--edge--\r\n", step) == BODIES
    assert parts.close() == []
    assert not parts.lost


@pytest.mark.parametrize("length", [0, 1, 10**12])
def test_a_stated_length_is_not_believed(length: int) -> None:
    assert fed(Parts("edge"), stream(*BODIES, length=length) + b"--edge", 64) == BODIES[:-1]
    assert fed(Parts("edge"), stream(*BODIES, length=length) + b"--edge--\r\n", 64) == BODIES


def test_a_part_that_is_whole_needs_no_next_boundary() -> None:
    parts = Parts("edge")
    assert parts.feed(stream(ALERT)) == []
    assert [part.body for part in parts.settle()] == [ALERT]
    assert parts.settle() == []
    assert [part.body for part in parts.feed(stream(b"Heartbeat", ALERT))] == [b"Heartbeat"]
    assert not parts.lost


@pytest.mark.parametrize(
    "body", [ALERT[:-1], ALERT[:40] + b">", b'{"a": {"b": 1}', b'Code=X;data={"a": {}', JPEG[:-1], b"Heart"]
)
def test_what_is_not_whole_is_waited_for(body: bytes) -> None:
    parts = Parts("edge")
    parts.feed(stream(body)[:-2])
    assert parts.settle() == []
    assert parts.close() == []
    assert parts.lost == {"truncated": 1}


def test_a_picture_that_ends_as_one_and_is_as_long_as_said_needs_no_next_boundary() -> None:
    parts, large = Parts("edge"), JPEG[:-2] + bytes(LARGEST_SETTLED) + JPEG[-2:]
    parts.feed(stream(large))
    assert [part.body for part in parts.settle()] == [large]
    for length in (len(JPEG) - 1, len(JPEG) + 1):
        parts = Parts("edge")
        parts.feed(stream(JPEG, length=length))
        assert parts.settle() == []


def test_a_large_part_waits_for_its_boundary() -> None:
    parts, large = Parts("edge"), b'{"a": "%s"}' % (b"x" * LARGEST_SETTLED)
    parts.feed(stream(large))
    assert parts.settle() == []
    assert [part.body for part in parts.feed(b"--edge--\r\n")] == [large]


def test_what_follows_a_part_that_looked_whole_is_counted_and_costs_nothing_else() -> None:
    parts = Parts("edge")
    parts.feed(stream(b'{"a": 1}'))
    parts.settle()
    assert [part.body for part in parts.feed(b"more\r\n" + stream(ALERT, b"Heartbeat"))] == [ALERT]
    assert parts.lost == {"trailing": 1}


@given(step=st.integers(50, 5000))
def test_an_endless_part_is_dropped_in_bounded_memory_and_the_next_one_heard(step: int) -> None:
    parts = Parts("edge", largest=1000)
    endless, most = stream(b"x" * 50_000, ALERT) + b"--edge--\r\n", 0
    found: list[Part] = []
    for at in range(0, len(endless), step):
        found += parts.feed(endless[at : at + step])
        most = max(most, len(parts._held))
    assert [part.body for part in found] == [ALERT]
    assert parts.lost["oversized"] == 1
    assert most <= 1000 + LARGEST_HEAD + step


def test_a_part_without_headers_end_and_noise_before_the_first_are_counted() -> None:
    parts = Parts("edge")
    assert parts.feed(b"noise\r\n--edge\r\nno end of headers\r\n" + stream(ALERT, b"Heartbeat"))[0].body == ALERT
    assert parts.lost == {"trailing": 1, "headless": 1}


def test_a_truncated_event_costs_itself() -> None:
    parts = Parts("edge")
    found = fed(parts, stream(b"Code=VideoMotion;action=Start;index=0", ALERT[:30], b"Heartbeat", ALERT), 9)
    assert len(found) == 3
    assert meanings(found[0], NOW)[0].values == {"moving": True}
    assert found[2] == b"Heartbeat"


def test_a_push_names_its_picture() -> None:
    push = (
        b'--edge\r\nContent-Disposition: form-data; name="anpr.xml"\r\n\r\n'
        + vector("hikvision_isapi_anpr.xml")
        + b'\r\n--edge\r\nContent-Disposition: form-data; filename="licensePlatePicture.jpg"\r\n\r\n'
        + JPEG
        + b"\r\n--edge--\r\n"
    )
    alert, picture = Parts("edge").feed(push)
    assert meanings(alert.body, NOW)[0].picture in picture.headers["content-disposition"]
    assert picture.body == JPEG


@pytest.mark.parametrize(
    ("content_type", "found"),
    [
        ("multipart/x-mixed-replace; boundary=myboundary", "myboundary"),
        ('multipart/form-data; charset=utf-8; Boundary="--edge"', "edge"),
        ("multipart/mixed; boundary=--", ""),
        ("multipart/mixed", ""),
        ("multipart/mixed; boundary=" + "x" * 300, ""),
        ("multipart/mixed; boundary=边界", ""),
    ],
)
def test_a_boundary_is_found(content_type: str, found: str) -> None:
    assert boundary(content_type) == found


def test_a_stream_without_a_boundary_is_none() -> None:
    with pytest.raises(ValueError, match="boundary"):
        Parts("")
