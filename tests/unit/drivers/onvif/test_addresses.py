"""Where a camera's words lead: to the camera."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import CorruptAnswer
from drivers.onvif.target import Place
from drivers.onvif.wire.addresses import on_camera, video

HERE = Place("http", "10.0.0.7", 8080)
SERVICE = "http://10.0.0.7:8080/onvif/event_service"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("http://10.0.0.7:8080/onvif/x?a=1&b", "http://10.0.0.7:8080/onvif/x?a=1&b"),
        ("http://10.0.0.7:8106/onvif/x", "http://10.0.0.7:8106/onvif/x"),
        ("http://10.0.0.7:8106:8106/onvif/x", "http://10.0.0.7:8106/onvif/x"),
        ("http://admin:p@10.0.0.7:81/x", "http://10.0.0.7:81/x"),
        ("http://10.0.0.7/x", "http://10.0.0.7:8080/x"),
        ("https://10.0.0.7:443/x", "http://10.0.0.7:8080/x"),
        ("http://192.168.1.64:81/x", "http://10.0.0.7:8080/x"),
        ("http://10.0.0.7@169.254.169.254/x", "http://10.0.0.7:8080/x"),
        ("http://10.0.0.7:0/x", "http://10.0.0.7:8080/x"),
        ("http://10.0.0.7:70000/x", "http://10.0.0.7:8080/x"),
        ("//evil.example/x", "http://10.0.0.7:8080/x"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080/"),
        ("http://10.0.0.7:8080?x", "http://10.0.0.7:8080/?x"),
        ("/onvif/sub/1#part", "http://10.0.0.7:8080/onvif/sub/1"),
        ("sub?Idx=1", "http://10.0.0.7:8080/onvif/sub?Idx=1"),
        ("?Idx=1", "http://10.0.0.7:8080/onvif/event_service?Idx=1"),
        (" /x\n", "http://10.0.0.7:8080/x"),
    ],
)
def test_what_is_meant(said: str, meant: str) -> None:
    assert on_camera(said, HERE, SERVICE) == meant


def test_an_address_of_six_bytes_more() -> None:
    assert on_camera("http://[fe80::1]:81/x", Place("http", "FE80::1", 80)) == "http://[FE80::1]:81/x"


@pytest.mark.parametrize("said", ["", " ", "http://a b/", "/x\r\nHost: y", "/" + "x" * 2048, "http://[::1/x", "/门"])
def test_what_is_none(said: str) -> None:
    with pytest.raises(CorruptAnswer):
        on_camera(said, HERE, SERVICE)


@given(st.text(alphabet=st.sampled_from("htps:/@[]?#.%\\0189a-"), max_size=40))
def test_nothing_leads_anywhere_else(said: str) -> None:
    try:
        address = on_camera(said, HERE, SERVICE)
    except CorruptAnswer:
        return
    assert address.startswith("http://10.0.0.7:")
    port, _, _ = address.removeprefix("http://10.0.0.7:").partition("/")
    assert port.isdecimal()
    assert 0 < int(port) < 65536


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("rtsp://10.0.0.7:8554/main?x=1", "rtsp://10.0.0.7:8554/main?x=1"),
        ("rtsp://admin:secret@10.0.0.7/main", "rtsp://10.0.0.7:554/main"),
        ("RTSP://192.168.1.64:8554/main", "rtsp://10.0.0.7:554/main"),
    ],
)
def test_where_video_is(said: str, meant: str) -> None:
    assert video(said, "10.0.0.7", 554) == meant


@pytest.mark.parametrize("said", ["http://10.0.0.7/x", "file:///etc/passwd", "", "rtsp://10.0.0.7/a b"])
def test_where_no_video_is(said: str) -> None:
    with pytest.raises(CorruptAnswer):
        video(said, "10.0.0.7", 554)
