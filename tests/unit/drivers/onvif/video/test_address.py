"""Where the video is: on the camera, with any password, and nowhere in a text."""

import pytest

from config.hidden import Secret
from drivers.api import CorruptAnswer
from drivers.onvif.calls import MediaProfile
from drivers.onvif.video.address import wanted, with_password


def profile(token: str, width: int, kbps: int | None = None) -> MediaProfile:
    """Return a profile so wide."""
    return MediaProfile(token, token, "H264", width, width * 9 // 16, 15.0, kbps)


@pytest.mark.parametrize(
    ("address", "host", "whole"),
    [
        ("rtsp://192.0.2.7/main?a=1", "192.0.2.7", "rtsp://admin:p%40s%3A%2Fs%20%25@192.0.2.7:8554/main?a=1"),
        ("rtsp://192.0.2.7:10554/main", "192.0.2.7", "rtsp://admin:p%40s%3A%2Fs%20%25@192.0.2.7:10554/main"),
        ("rtsp://GATE.lan/main", "gate.lan", "rtsp://admin:p%40s%3A%2Fs%20%25@gate.lan:8554/main"),
        ("rtsp://[2001:db8::7]/main", "2001:db8::7", "rtsp://admin:p%40s%3A%2Fs%20%25@[2001:db8::7]:8554/main"),
        ("rtsp://other:old@192.0.2.7/main", "192.0.2.7", "rtsp://admin:p%40s%3A%2Fs%20%25@192.0.2.7:8554/main"),
    ],
)
def test_user_and_password_are_percent_encoded(address: str, host: str, whole: str) -> None:
    found = with_password(address, host, 8554, "admin", Secret("p@s:/s %"))
    assert found.reveal() == whole
    assert "p%40" not in repr(found)


def test_a_camera_without_a_password_is_asked_without() -> None:
    assert with_password("rtsp://192.0.2.7/", "192.0.2.7", 554, "", None).reveal() == "rtsp://192.0.2.7:554/"


@pytest.mark.parametrize(
    "address",
    ["rtsp://192.0.2.8/main", "http://192.0.2.7/main", "file:///etc/passwd", "", "rtsp://192.0.2.7:x/", "rtsp://[::/"],
)
def test_what_leads_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(CorruptAnswer):
        with_password(address, "192.0.2.7", 554, "admin", Secret("secret"))


def test_the_widest_that_is_not_too_wide_is_read() -> None:
    profiles = [profile("sub", 640), profile("main", 1920, 2000), profile("best", 1920, 4000), profile("4k", 3840)]
    assert wanted(profiles).token == "best"
    assert wanted(profiles[3:]).token == "4k"
    with pytest.raises(CorruptAnswer):
        wanted([])
