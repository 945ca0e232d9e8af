"""A recorder tells of all its channels at once; a device that is one of them takes what is its own."""

from dataclasses import replace

import pytest

from drivers.onvif.events import Part
from drivers.onvif.vendors.channels import is_of
from drivers.onvif.vendors.telling import Telling
from tests.fakes.camera import FakeVoice
from tests.unit.drivers.onvif.listening import pusher
from tests.unit.drivers.onvif.saying import vector

ALERT = b"<EventNotificationAlert><channelID>%d</channelID><eventType>VMD</eventType></EventNotificationAlert>"
LINE = b"Code=%s;action=Start;index=%d;data={}"
JPEG = Part({"content-type": "image/jpeg"}, b"\xff\xd8\xff\xd9")


@pytest.mark.parametrize(
    ("body", "channels"),
    [
        (ALERT % 2, [2]),
        (ALERT % 0, [1, 2, 33]),
        (ALERT.replace(b"channelID", b"dynChannelID") % 33, [33]),
        (b'{"channelID": 2, "eventType": "VMD"}', [2]),
        (b'{"channelID": 2, "eventType": "AccessControllerEvent"}', [1, 2, 33]),
        (b"<EventNotificationAlert><eventType>IO</eventType></EventNotificationAlert>", [1, 2, 33]),
        (LINE % (b"VideoMotion", 1), [2]),
        (LINE % (b"AlarmLocal", 1), [1, 2, 33]),
        (LINE % (b"AccessControl", 1), [1, 2, 33]),
    ],
)
def test_whose_it_is(body: bytes, channels: list[int]) -> None:
    assert [channel for channel in (1, 2, 33) if is_of(body, channel)] == channels


@pytest.mark.parametrize(
    "name",
    [
        "hikvision_isapi_anpr.xml",
        "hiknext_fielddetection_vehicle.xml",
        "hikvision_access_controller_event.json",
        "dahua_vto_AccessControl.json",
    ],
)
def test_what_single_cameras_send_is_of_the_first(name: str) -> None:
    assert is_of(vector(name), 1)


async def test_the_picture_of_another_channel_is_no_picture_of_ours() -> None:
    voice = FakeVoice()
    telling = Telling(replace(pusher(), channel=2), "isapi", voice)
    for channel in (1, 2, 3):
        await telling.part(Part({}, ALERT % channel))
        await telling.part(JPEG)
    assert voice.bodies == [ALERT % 2]
    assert len(voice.pictures) == 1
    assert voice.answers == 6
