"""Hikvision's and Dahua's own streams, held open through everything that a camera and its line do to them."""

import asyncio
import logging
import traceback

import pytest

from drivers.api import CorruptAnswer, DeviceMustRecover, DeviceRefused, Misconfigured, NotSupported
from drivers.onvif.lockout import LOCKED_OUT_S
from drivers.onvif.target import Trust
from drivers.onvif.vendors import AlertStream, EventManager
from drivers.onvif.vendors.stream import PartStream
from simulators.onvif.picture import jpeg
from tests.unit.drivers.onvif.listening import PASSWORD, Scene, running, scene, target_of

TIMEOUT_S = 5.0


def alert_stream(one: Scene, password: str = PASSWORD) -> AlertStream:
    return AlertStream(target_of(one.camera, password=password), one.voice, one.clock, TIMEOUT_S)


def event_manager(one: Scene, password: str = PASSWORD) -> EventManager:
    return EventManager(target_of(one.camera, password=password), one.voice, one.clock, TIMEOUT_S)


def both(maker: str, one: Scene, password: str = PASSWORD) -> PartStream:
    return (alert_stream if maker == "hikvision" else event_manager)(one, password)


async def test_a_plate_is_told_at_once_and_its_picture_follows() -> None:
    async with scene("hikvision") as one, running(alert_stream(one)):
        await one.until(lambda: one.holders)
        one.camera.pass_car("浙FD12345", 0.97)
        await one.until(lambda: one.voice.pictures, 0.5)
        (plate,) = one.happened()
        assert plate.name == "plate_read"
        assert (plate.fields["plate"], plate.fields["confidence"], plate.fields["lane"]) == ("浙FD12345", 0.97, 1)
        assert one.voice.pictures == [jpeg("normal", one.camera.passages[0]["at"] // 1_000_000)]
        assert [kind for kind in one.voice.said if kind != "there"][-2:] == ["body", "picture"]


async def test_the_last_event_does_not_wait_for_the_next_ones_boundary() -> None:
    async with scene("dahua") as one, running(event_manager(one)):
        await one.until(lambda: one.holders)
        one.camera.pass_car("浙FA0001", 0.9)
        await one.until(one.happened, 0.1)
        one.camera.pass_car("浙FA0002", 0.8)
        await one.until(lambda: len(one.happened()) == 2, 0.1)
        assert [plate.fields["plate"] for plate in one.happened()] == ["浙FA0001", "浙FA0002"]
        assert one.happened()[0].fields["direction"] == "approaching"


async def test_a_firmware_that_refuses_a_list_is_asked_for_all() -> None:
    async with scene("dahua", all_codes=True) as one, running(event_manager(one)):
        await one.until(lambda: one.holders)
        assert [type(error) for error in one.voice.errors] == [DeviceRefused]
        one.camera.move()
        await one.until(one.happened)


@pytest.mark.parametrize("maker", ["hikvision", "dahua"])
async def test_alarms_begin_and_end(maker: str) -> None:
    async with scene(maker) as one, running(both(maker, one)):
        await one.until(lambda: one.holders)
        for deed in (
            one.camera.move,
            one.camera.still,
            one.camera.cross_line,
            one.camera.cover,
            one.camera.close_input,
        ):
            deed()
        await one.until(lambda: len(one.happened()) == 4)
        assert [event.name for event in one.happened()] == ["motion", "line_crossed", "camera_tamper", "io"]


@pytest.mark.parametrize("maker", ["hikvision", "dahua"])
async def test_signs_of_life_keep_it_and_silence_ends_it(maker: str) -> None:
    async with scene(maker) as one, running(both(maker, one)):
        await one.passes(70, 0.5)
        assert one.camera.truth()["streams"]["opened"] == 1
        assert not one.voice.errors
        one.camera.faults(where="streams", no_heartbeat=True)
        await one.passes(15 if maker == "dahua" else 50, 0.5)
        assert not one.voice.errors
        await one.until(lambda: one.voice.errors, 15, 0.25)
        assert "nothing whole" in str(one.voice.errors[0])
        one.camera.faults(no_heartbeat=False)
        await one.until(lambda: one.voice.gaps, 3)
        assert [why for _, why in one.voice.gaps] == [one.voice.errors[0].word]


async def test_a_frozen_camera_is_found_out_and_its_gap_is_dated() -> None:
    async with scene("dahua") as one, running(event_manager(one)):
        await one.passes(12)
        frozen_at = one.clock.now()
        one.camera.faults(frozen=True)
        await one.passes(40)
        assert len(one.voice.errors) >= 2
        one.camera.faults(frozen=False)
        await one.until(lambda: one.voice.gaps, 31, 0.1)
        ((since, _),) = one.voice.gaps
        assert frozen_at - 6_000_000 <= since <= frozen_at + 500_000


async def test_who_answers_and_says_nothing_is_not_there_and_has_one_gap() -> None:
    async with scene("dahua") as one:
        one.camera.faults(where="streams", no_heartbeat=True)
        async with running(event_manager(one)):
            await one.passes(120, 0.5)
            assert len(one.voice.errors) >= 4
            assert (one.voice.answers, one.voice.gaps) == (1, [])
            one.camera.faults(no_heartbeat=False)
            await one.until(lambda: one.voice.gaps, 45, 0.25)
            assert len(one.voice.gaps) == 1
            assert one.voice.answers > 1


async def test_a_part_cut_in_its_middle_is_not_told() -> None:
    async with scene("hikvision") as one, running(alert_stream(one)):
        await one.until(lambda: one.holders)
        one.camera.faults(where="streams", cut_parts=1)
        one.camera.pass_car("浙FA0001")
        await one.until(lambda: one.voice.errors)
        assert isinstance(one.voice.errors[0], DeviceMustRecover)
        await one.until(lambda: one.camera.truth()["streams"]["opened"] == 2)
        one.camera.pass_car("浙FA0002")
        await one.until(one.happened)
        assert [plate.fields["plate"] for plate in one.happened()] == ["浙FA0002"]


async def test_a_restart_is_waited_for_with_growing_patience() -> None:
    async with scene("hikvision") as one, running(alert_stream(one)):
        await one.until(lambda: one.holders)
        await one.camera.server.stop()
        await one.passes(45, 0.5)
        assert 4 <= len(one.voice.errors) <= 8
        await one.camera.server.start()
        await one.until(lambda: one.voice.gaps, 31 + 12, 0.1)  # the longest rest, and a sign of life


async def test_half_a_picture_and_one_without_an_end_are_dropped_and_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with scene("hikvision") as one, running(alert_stream(one)):
        await one.until(lambda: one.holders)
        one.camera.faults(where="streams", truncated=True)
        for number in range(3):
            one.camera.pass_car(f"浙FA000{number}")
        await one.until(lambda: len(one.happened()) == 3)
        await one.passes(1)
        one.camera.faults(truncated=False, huge_mb=9)
        one.camera.pass_car("浙FA0009")
        await one.until(lambda: len(one.happened()) == 4)
        await one.passes(12)
        one.camera.faults(huge_mb=0)
        one.camera.pass_car("浙FA0010")
        await one.until(lambda: one.voice.pictures)
    assert len(one.voice.pictures) == 1
    said = capsys.readouterr()
    assert [(said.out + said.err).count(kind) for kind in ("half_a_picture", "oversized")] == [1, 1]


async def test_a_flood_waits_in_the_line_and_not_in_memory() -> None:
    async with scene("hikvision") as one, running(alert_stream(one)):
        await one.until(lambda: one.holders)
        one.voice.full = asyncio.Event()
        one.camera.faults(where="streams", flood_per_s=200_000)
        one.camera.move()
        sent = -1
        while sent != one.sent:
            sent = one.sent
            await one.passes(1, 0.05)
        assert 100 < sent < 100_000
        assert not one.voice.bodies
        one.voice.full.set()
        await one.until(lambda: len(one.voice.bodies) > 100)


async def test_who_drips_for_ever_is_left() -> None:
    async with scene("dahua") as one, running(event_manager(one)):
        await one.until(lambda: one.holders)
        one.camera.faults(where="streams", drip_s=0.5)
        await one.until(lambda: one.voice.errors, 30, 0.25)
        assert "20 s" in str(one.voice.errors[0])


@pytest.mark.parametrize(
    ("faults", "kind", "words"),
    [
        ({"redirect": "http://169.254.169.254/latest"}, CorruptAnswer, "no redirect"),
        ({"drop": True}, DeviceMustRecover, ""),
        ({"frozen": True}, DeviceMustRecover, "in time"),
    ],
)
async def test_what_is_no_stream_is_refused(faults: dict[str, object], kind: type[Exception], words: str) -> None:
    async with scene("hikvision") as one:
        one.camera.faults(where="streams", **faults)
        async with running(alert_stream(one)):
            await one.until(lambda: one.voice.errors, 12, 0.1)
            assert isinstance(one.voice.errors[0], kind)
            assert words in str(one.voice.errors[0])


async def test_a_wrong_password_is_said_and_the_right_one_works_later(capsys: pytest.CaptureFixture[str]) -> None:
    async with scene("hikvision") as one, running(alert_stream(one, "long-and-secret")):
        await one.until(lambda: one.voice.errors)
        assert isinstance(one.voice.errors[0], Misconfigured)
        assert one.camera.credentials.refused == 1
        await one.passes(LOCKED_OUT_S - 10, 5.0)
        assert one.camera.credentials.refused == 1  # a camera locks out who tries again and again
        one.camera.change_password("long-and-secret")
        await one.until(lambda: one.holders, LOCKED_OUT_S, 5.0)
    said = capsys.readouterr()
    assert "long-and-secret" not in said.out + said.err + repr(one.voice.errors)


async def test_a_camera_of_another_maker_has_no_such_stream() -> None:
    async with scene("axis") as one, running(alert_stream(one)):
        await one.until(lambda: one.voice.errors)
        assert isinstance(one.voice.errors[0], NotSupported)


async def test_another_certificate_is_told_nothing() -> None:
    async with scene("dahua", tls=True) as one:
        assert one.camera.certificate is not None
        trust = Trust(pin=one.camera.certificate.fingerprint)
        async with running(EventManager(target_of(one.camera, trust), one.voice, one.clock, TIMEOUT_S)):
            await one.until(lambda: one.holders)
            seen = one.camera.truth()["requests"]
            fingerprint = await one.camera.change_certificate()
            await one.until(lambda: len(one.voice.errors) >= 2)
            assert isinstance(one.voice.errors[1], Misconfigured)
            assert fingerprint in str(one.voice.errors[1])
            assert one.camera.truth()["requests"] == seen


@pytest.mark.parametrize("maker", ["hikvision", "dahua"])
async def test_no_password_is_said_anywhere(
    maker: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    for faults in ({}, {"cut_parts": 1}, {"redirect": "http://169.254.169.254/"}, {"drop": True}, {"truncated": True}):
        async with scene(maker) as one:
            one.camera.change_password("pass@word:/1")
            one.camera.faults(where="streams", **faults)
            stream = both(maker, one, password="pass@word:/1")
            async with running(stream):
                await one.passes(1)
                one.camera.pass_car("浙FA0001")
                await one.passes(1)
            for error in one.voice.errors:
                said += traceback.format_exception(error)
            assert faults or one.happened()
            said.append(repr(stream) + repr(vars(stream)) + repr(target_of(one.camera, password="pass@word:/1")))
    shown = "".join([*said, caplog.text, *capsys.readouterr()])
    assert "pass@word" not in shown
    assert "pass%40word" not in shown
    assert 'username="' not in shown
