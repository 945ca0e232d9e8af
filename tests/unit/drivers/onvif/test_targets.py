"""What the driver makes of a camera's settings."""

import pytest

from drivers.api import Misconfigured
from drivers.onvif.target import Place
from drivers.onvif.targets import place_of
from tests.unit.drivers.onvif.seeing import target


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.168.1.64", Place("http", "192.168.1.64", 80)),
        ("https://cam.local", Place("https", "cam.local", 443)),
        ("http://192.168.1.64:8000/", Place("http", "192.168.1.64", 8000)),
        ("http://[fe80::1]:8000", Place("http", "fe80::1", 8000)),
    ],
)
def test_an_address_leads_to_a_place(address: str, place: Place) -> None:
    assert place_of(address) == place
    assert place_of(place.base) == place


@pytest.mark.parametrize(
    "address", ["", "rtsp://a", "http://u:p@a", "http://a/path", "http://a?b", "http://a:x", "a b"]
)
def test_anything_else_is_no_address(address: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        place_of(address)
    assert "p@" not in str(raised.value)


def test_a_device_uses_the_ways_that_it_is_set_up_for() -> None:
    assert target("anpr/onvif").ways == {"onvif"}
    assert target("anpr/onvif", stream="motion").ways == {"onvif", "stream"}
    assert target("anpr/hikvision").ways == {"isapi"}
    assert target("anpr/onvif-metadata").ways == {"metadata"}


def test_habits_of_the_maker_and_of_the_one_device_add_up() -> None:
    quirks = target("camera/onvif", initial_happens=True, local_time=True).quirks
    assert (quirks.initial_happens, quirks.local_time, quirks.facing) == (True, True, "")
    assert target("anpr/dahua", facing="out").quirks.facing == "out"


def test_nothing_that_is_printed_of_it_holds_the_password() -> None:
    assert "wörd" not in repr(target("anpr/onvif"))
