"""A metadata stream against a pretended Dahua: heard through silence, freezes, cuts, floods and changed passwords."""

import asyncio
import dataclasses
import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from drivers.api import CorruptAnswer, DeviceRefused, Misconfigured, NotSupported, Timeout
from drivers.onvif.calls import MediaProfile
from drivers.onvif.lockout import LOCKED_OUT_S
from drivers.onvif.metadata import MetadataStream
from drivers.onvif.metadata.inline import picture
from drivers.onvif.metadata.stream import FLOOD
from simulators.onvif.metadata import MetadataServer
from tests.fakes.camera import FakeCalls
from tests.unit.drivers.onvif.listening import PASSWORD, Scene, running, scene, target_of
from tests.unit.drivers.onvif.saying import vector

TIMEOUT_S = 5.0


class Addresses(FakeCalls):
    """Gives two profiles, each with an address of its own, as the camera's do."""

    def __init__(self, one: Scene, named: Callable[[str], str] = lambda address: address) -> None:
        super().__init__(one.clock)
        self._one, self._named = one, named
        self.videos = [MediaProfile(f"Profile_{number}", "", "H264", 1920, 1080, None, None) for number in (1, 2)]

    async def stream_address(self, profile: str) -> str:
        await self._asked(f"stream_address {profile}")
        return self._named(server(self._one).address(profile))


def server(one: Scene) -> MetadataServer:
    assert one.camera.metadata is not None
    return one.camera.metadata


def stream(one: Scene, calls: FakeCalls | None = None, password: str = PASSWORD) -> MetadataStream:
    target = target_of(one.camera, password=password)
    return MetadataStream(target, calls or Addresses(one), one.voice, one.clock, TIMEOUT_S)


def open_now(one: Scene) -> int:
    return int(server(one).truth()["open"])


def plates(one: Scene) -> list[Any]:
    return [happened.fields["plate"] for happened in one.happened()]


async def test_a_plate_is_told_at_once() -> None:
    async with scene("dahua-itc") as one:
        async with running(stream(one)):
            await one.until(lambda: open_now(one))
            one.camera.pass_car("浙FD12345", lane=2)
            await one.until(one.happened, 0.2)
            (plate,) = one.happened()
            assert plate.name == "plate_read"
            assert plate.fields["plate"] == "浙FD12345"
            assert (plate.fields["lane"], plate.fields["direction"]) == (2, "approaching")
            assert one.voice.said[0] == "there"
            assert not one.voice.errors
        await one.until(lambda: server(one).asked[-1] == "TEARDOWN")
        assert open_now(one) == 0


async def test_a_picture_in_the_document_comes_with_the_plate() -> None:
    scene_picture, cut_out = b"\xff\xd8\xff" + b"s" * 300_000 + b"\xff\xd9", b"\xff\xd8\xffplate\xff\xd9"
    shown = vector("43_dahua_itc_metadata_plate.xml")
    shown = shown.replace(b"/9j/VEHICLE", b64encode(scene_picture)).replace(b"/9j/PLATE", b64encode(cut_out))
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        server(one).tell(shown)
        server(one).tell(shown.replace(b">DKL70<", b"><"))
        await one.until(lambda: len(one.voice.bodies) == 2)
        assert plates(one) == ["DKL70"]
        assert one.voice.pictures == [scene_picture]


@pytest.mark.parametrize("image", [b"/9j/VEHICLE", b"/9j/A", b64encode(b"\xff\xd8\xff half")])
def test_what_is_no_whole_picture_is_none(image: bytes) -> None:
    shown = vector("43_dahua_itc_metadata_plate.xml").replace(b"/9j/PLATE", b"")
    assert picture(shown.replace(b"/9j/VEHICLE", image)) == b""


async def test_the_stream_with_metadata_is_looked_for_and_remembered() -> None:
    async with scene("dahua-itc") as one:
        calls = Addresses(one)
        async with running(stream(one, calls)):
            await one.until(lambda: open_now(one))
            assert [calls.counts[f"stream_address Profile_{number}"] for number in (1, 2)] == [1, 1]
            one.camera.cut()
            await one.until(lambda: server(one).opened == 2)
            assert [calls.counts[f"stream_address Profile_{number}"] for number in (1, 2)] == [1, 2]


async def test_a_camera_with_nothing_to_say_is_asked_whether_it_is_there() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        one.camera.faults(where="streams", no_heartbeat=True)
        await one.passes(300)
        assert (open_now(one), server(one).opened, one.voice.errors) == (1, 1, [])
        assert server(one).asked.count("GET_PARAMETER") > 50
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: plates(one) == ["浙FA0001"], 0.2)


async def test_a_session_that_only_hears_is_kept_alive() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        for _ in range(100):
            server(one).tell(server(one).idle())
            await one.passes(1.5, 0.5)
        assert (server(one).opened, one.voice.errors) == (1, [])


async def test_a_frozen_camera_is_noticed_and_its_gap_told() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        await one.passes(1)
        one.camera.faults(where="streams", frozen=True)
        since = one.clock.now()
        await one.until(lambda: one.voice.errors, 10.0, 0.25)
        assert isinstance(one.voice.errors[0], Timeout)
        await one.passes(30)
        one.camera.faults(frozen=False)
        await one.until(lambda: one.voice.gaps, 31.0, 0.25)
        ((told, why),) = one.voice.gaps
        assert since - 1_500_000 <= told <= since
        assert "nothing was heard" in why
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: plates(one) == ["浙FA0001"], 0.2)


async def test_a_document_that_is_cut_off_costs_itself_alone() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        one.camera.faults(where="streams", cut_parts=1)
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: server(one).opened == 2)
        one.camera.faults(truncated=True)
        one.camera.pass_car("浙FA0002")
        await one.passes(0.5)
        one.camera.faults(truncated=False)
        one.camera.pass_car("浙FA0003")
        await one.until(lambda: plates(one) == ["浙FA0003"], 0.2)
        assert server(one).opened == 2


async def test_a_reboot_is_outlived() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        one.camera.reboot(20.0)
        await one.until(lambda: server(one).opened == 2, 60.0, 0.25)
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: plates(one) == ["浙FA0001"], 0.2)


async def test_a_flood_waits_for_room() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        one.voice.full = asyncio.Event()
        one.camera.faults(where="streams", flood_per_s=4000)
        await one.passes(2, 0.05)
        sent = server(one).sent
        await one.passes(5, 0.05)
        assert server(one).sent - sent < 4000  # it is not read, so it cannot send
        assert len(one.voice.bodies) == 0
        one.camera.faults(flood_per_s=0)
        one.voice.full.set()
        one.camera.pass_car("浙FA0001")
        await one.until(one.happened)
        assert not one.voice.errors


async def test_a_wrong_password_is_told_once_and_nowhere_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scene("dahua-itc") as one, running(stream(one, password="h0rse-battery")):
        await one.until(lambda: one.voice.errors)
        await one.passes(LOCKED_OUT_S - 60, 5.0)
        assert one.camera.credentials.refused == 1
        assert all(isinstance(error, Misconfigured) for error in one.voice.errors)
        one.camera.change_password("h0rse-battery")
        await one.until(lambda: open_now(one), 120.0, 1.0)
        assert "h0rse" not in caplog.text + "".join(map(repr, one.voice.errors))


async def test_a_password_that_changes_meanwhile_is_noticed() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        one.camera.faults(where="streams", no_heartbeat=True)
        one.camera.credentials.forget()  # a nonce that ran out is another matter
        await one.passes(20)
        assert not one.voice.errors
        one.camera.change_password("another")
        await one.until(lambda: one.voice.errors, 10.0, 0.25)
        assert isinstance(one.voice.errors[0], Misconfigured)


@pytest.mark.parametrize(
    ("media", "why"),
    [
        ("", "none of its streams"),
        ("m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata.gzip/90000\r\na=control:x\r\n", "compressed"),
    ],
)
async def test_a_camera_without_metadata_is_told_to_the_technician(media: str, why: str) -> None:
    async with scene("dahua-itc") as one:
        server(one).media = media
        async with running(stream(one)):
            await one.until(lambda: one.voice.errors)
            assert isinstance(one.voice.errors[0], NotSupported)
            assert why in str(one.voice.errors[0])


async def test_whatever_host_it_names_only_the_camera_is_asked() -> None:
    async with scene("dahua-itc") as one:
        port = server(one).port
        calls = Addresses(one, lambda address: address.replace(f"127.0.0.1:{port}", "user:pw@elsewhere.invalid:99"))
        target = dataclasses.replace(target_of(one.camera), rtsp_port=port)
        async with running(MetadataStream(target, calls, one.voice, one.clock, TIMEOUT_S)):
            await one.until(lambda: open_now(one))
            assert not one.voice.errors


async def test_a_profile_that_is_refused_leaves_the_others() -> None:
    async with scene("dahua-itc") as one:
        calls = Addresses(one)
        calls.refusing["stream_address Profile_1"] = DeviceRefused("no such profile", 400)
        async with running(stream(one, calls)):
            await one.until(lambda: open_now(one))
            assert not one.voice.errors


async def test_rubbish_without_end_is_not_listened_to() -> None:
    async with scene("dahua-itc") as one, running(stream(one)):
        await one.until(lambda: open_now(one))
        (session,) = server(one).sessions
        for _ in range(FLOOD + 1):
            session.send(0, b"")
        await one.until(lambda: one.voice.errors)
        assert isinstance(one.voice.errors[0], CorruptAnswer)
        await one.until(lambda: server(one).opened == 2)


async def test_without_an_address_it_goes_on_trying() -> None:
    async with scene("dahua-itc") as one:
        calls = Addresses(one)
        calls.fail("profiles", DeviceRefused("busy", 500), Timeout("no answer"))
        async with running(stream(one, calls)):
            await one.until(lambda: open_now(one))
            assert len(one.voice.errors) == 2
            assert len(one.voice.gaps) == 1
