"""A camera is asked to read the plate before it, once, and what it says is told like any other event."""

import asyncio
import dataclasses

import pytest

from config.bus_settings import OnvifBus
from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, DriverError, NotSupported, Timeout
from drivers.api.pictures import Picture
from drivers.onvif.camera import Camera
from drivers.onvif.making import making_of
from drivers.onvif.outbox import Outbox
from drivers.onvif.vendors import recognise
from drivers.onvif.vendors.recognition import recognised
from tests.unit.drivers.onvif.listening import Scene, scene, target_of
from tests.unit.drivers.onvif.seeing import target
from wire.event import Event

PATH = "/ISAPI/Traffic/MNPR/channels/1"


async def ask(one: Scene) -> None:
    task = asyncio.create_task(recognise(target_of(one.camera), one.voice, one.clock, 2.0))
    await one.until(task.done, 10, 0.05)
    await task


async def test_what_waits_at_the_gate_is_read() -> None:
    async with scene("hikvision") as one:
        one.camera.wait_at_gate("浙FD12345")
        await ask(one)
        (plate,) = one.happened()
        assert plate.fields["plate"] == "浙FD12345"
        assert len(one.voice.pictures) == 1
        assert one.camera.truth()["requests"] == {PATH: 1}


async def test_nobody_at_the_gate_is_a_refusal() -> None:
    async with scene("hikvision") as one:
        with pytest.raises(DeviceRefused):
            await ask(one)


@pytest.mark.parametrize(
    ("maker", "faults", "error"),
    [
        ("axis", {}, NotSupported),
        ("hikvision", {"drop": True}, AnswerLost),
        ("hikvision", {"frozen": True}, AnswerLost),
        ("hikvision", {"redirect": "http://169.254.169.254/"}, CorruptAnswer),
        ("hikvision", {"huge_mb": 40}, CorruptAnswer),
        ("hikvision", {"drip_s": 0.5}, AnswerLost),
    ],
)
async def test_what_else_may_come(maker: str, faults: dict[str, object], error: type[DriverError]) -> None:
    async with scene(maker) as one:
        one.camera.wait_at_gate("浙FD12345")
        one.camera.faults(**faults)
        with pytest.raises(error):
            await ask(one)
        assert len(one.camera.passages) <= 1


async def test_who_cannot_be_reached_was_not_asked() -> None:
    async with scene("hikvision") as one:
        await one.camera.server.stop()
        with pytest.raises(Timeout):
            await ask(one)


def test_an_answer_that_is_neither() -> None:
    with pytest.raises(CorruptAnswer):
        recognised("text/html", b"<html/>")


async def test_a_command_has_it_told_like_any_other_event() -> None:
    async with scene("hikvision") as one:
        one.camera.wait_at_gate("浙FA0001")
        outbox = Outbox()
        there = target_of(one.camera)
        shown = dataclasses.replace(target("anpr/hikvision"), place=there.place, password=there.password)
        camera = Camera(shown, making_of(OnvifBus(id="cams", type="onvif"), one.clock), outbox)
        task = asyncio.create_task(camera.execute("trigger_recognition", {}))
        await one.until(task.done, 10, 0.05)
        assert await task == {}
        told = await outbox.take()
        assert [(item.name, item.fields["plate"]) for item in told if isinstance(item, Event)] == [
            ("plate_read", "浙FA0001")
        ]
        assert [item.data[:2] for item in told if isinstance(item, Picture)] == [b"\xff\xd8"]
