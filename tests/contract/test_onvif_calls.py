"""A camera is asked everything that the driver wants of one, by each way of proving who asks."""

import asyncio
import dataclasses
import math
import re

import pytest

from drivers.api import DeviceRefused, Misconfigured, NotSupported
from drivers.onvif.calls import Door, Product
from drivers.onvif.events import NONE, meanings
from tests.contract.cameras import asking, lent_clock, station

END = re.compile(rb"(CurrentTime>)([^<]+)(</wsnt:CurrentTime><wsnt:TerminationTime>)[^<]+")
WAYS = [
    ("specified", "any", False),
    ("contrary", "digest", False),
    ("axis", "wsse", True),
    ("hikvision", "digest", True),
]


@pytest.mark.parametrize(("maker", "believes", "tls"), WAYS)
async def test_everything_is_asked_of_anybody(maker: str, believes: str, tls: bool) -> None:
    async with station(maker, authentication=believes, tls=tls) as camera, asking(camera) as calls:
        made = camera.maker
        assert await calls.product() == Product(made.manufacturer, made.model, "1.0.0", "LINLI0001")
        assert [one.token for one in await calls.profiles()] == ["Profile_1", "Profile_2"]
        assert await calls.stream_address("Profile_2") == "rtsp://127.0.0.1:8554/Profile_2"
        picture = await calls.picture()
        assert (picture[:2], picture[-2:]) == (b"\xff\xd8", b"\xff\xd9")
        recorded = await calls.recorded()
        assert recorded.recording
        assert recorded.days is not None
        assert math.isclose(recorded.days, 30, abs_tol=0.01)
        assert await calls.doors() == [Door("Door_1", True, True)]
        await calls.release_relay("", 0)
        await calls.access_door("")
        await calls.go_to_preset(2)
        await calls.reboot()
        assert camera.done() == ["SetRelayOutputState", "AccessDoor", "GotoPreset", "SystemReboot"]
        assert camera.credentials.refused == 0


@pytest.mark.parametrize(("maker", "believes", "tls"), WAYS[:3])
async def test_events_are_pulled(maker: str, believes: str, tls: bool) -> None:
    async with station(maker, authentication=believes, tls=tls) as camera, asking(camera) as calls:
        address = await calls.subscribe(60)
        assert address == f"{camera.address}/onvif/subscription/1"
        states = await calls.pull(address, 1, 100)
        assert {"moving": False} in [one.values for one in meanings(states, 0, NONE)]
        camera.move()
        assert any(one.values == {"moving": True} for one in meanings(await calls.pull(address, 5, 100), 0, NONE))
        await calls.renew(address, 600)
        assert camera.points.left(camera.points.open[0]) > 500
        if camera.maker.synchronizes:
            await calls.synchronise(address)
        else:
            with pytest.raises(NotSupported):
                await calls.synchronise(address)
        await calls.unsubscribe(address)
        assert camera.points.open == []
        with pytest.raises(DeviceRefused, match="ResourceUnknown") as refused:
            await calls.pull(address, 1, 100)
        assert refused.value.code == 400


async def test_a_poll_waits_and_others_are_answered_meanwhile() -> None:
    clock = lent_clock()
    async with station(clock=clock) as camera, asking(camera, clock) as calls:
        address = await calls.subscribe(60)
        await calls.pull(address, 1, 100)
        waiting = asyncio.create_task(calls.pull(address, 20, 100))
        await calls.renew(address, 60)
        assert not waiting.done()
        camera.pass_car("浙FA0001")
        assert "浙FA0001" in (await waiting).decode()


async def test_what_a_subscription_wants_to_see_again_is_shown_to_it() -> None:
    async with station() as camera, asking(camera) as calls:
        references = '<wsa:ReferenceParameters><x:Id xmlns:x="urn:maker">7 &amp; 8</x:Id></wsa:ReferenceParameters>'
        camera.replies("</wsa:Address>", f"</wsa:Address>{references}")
        address = await calls.subscribe(60)
        await calls.renew(address, 60)
        await calls.product()
    renewed, asked = (one.body.decode() for one in camera.heard[-2:])
    assert ">7 &amp; 8</" in renewed
    assert "urn:maker" in renewed
    assert "urn:maker" not in asked


async def test_a_camera_that_does_not_understand_durations_is_told_times() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.set_clock(-7200)
        await calls.renew(await calls.subscribe(600), 600)
        camera.edit = lambda answer: dataclasses.replace(answer, body=END.sub(rb"\1\2\3\2", answer.body))
        address = await calls.subscribe(600)
        assert camera.points.left(camera.points.open[-1]) > 590
        await calls.renew(address, 1200)
        assert camera.points.left(camera.points.open[-1]) > 1190
        ends = [found[1] for one in camera.heard if (found := re.search(rb"<wsnt:TerminationTime>(.)", one.body))]
        assert ends == [b"P", b"2", b"2"]


async def test_an_older_camera_is_asked_the_older_way() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.lacking = ("tr2:", "tds:GetServices")
        assert [one.codec for one in await calls.profiles()] == ["H264", "H264"]
        assert (await calls.stream_address("")).endswith("/Profile_1")
        assert await calls.picture()
        assert await calls.subscribe(60)


async def test_a_camera_without_a_service_says_so() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.replies("tds:Service>", "tds:Other>")
        for asked in (calls.recorded, calls.doors, lambda: calls.go_to_preset(1), lambda: calls.access_door("Door_1")):
            with pytest.raises(NotSupported):
                await asked()
        await calls.release_relay("Relay_1", 0)  # by the Device service
        assert camera.done() == ["SetRelayOutputState"]


async def test_what_is_not_there_is_not_guessed() -> None:
    async with station() as camera, asking(camera) as calls:
        with pytest.raises(NotSupported, match="there are: 1, 2"):
            await calls.go_to_preset(3)
        with pytest.raises(Misconfigured, match="Relay_1"):
            await calls.release_relay("Relay_7", 1)
        with pytest.raises(DeviceRefused, match="NotFound"):
            await calls.access_door("Door_7")
        assert camera.done() == []


async def test_recordings_that_stopped_are_told() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.recordings.days, camera.recordings.state = 2.0, "Error"
        recorded = await calls.recorded()
    assert (recorded.recording, round(recorded.days or 0)) == (False, 2)
