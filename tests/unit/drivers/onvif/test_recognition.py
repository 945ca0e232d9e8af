"""A camera is asked to read the plate before it, once, and what it says is told like any other event."""

import asyncio

import pytest

from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, DriverError, NotSupported, Timeout
from drivers.onvif.events import Part, meanings
from drivers.onvif.vendors import recognise
from drivers.onvif.vendors.recognition import recognised
from tests.unit.drivers.onvif.listening import START, Scene, scene, target_of

PATH = "/ISAPI/Traffic/MNPR/channels/1"


async def asked(one: Scene) -> list[Part]:
    task = asyncio.create_task(recognise(target_of(one.camera), one.clock, 2.0))
    await one.until(task.done, 10)
    return await task


async def test_what_waits_at_the_gate_is_read() -> None:
    async with scene("hikvision") as one:
        one.camera.wait_at_gate("浙FD12345")
        event, *pictures = await asked(one)
        (plate,) = meanings(event.body, START)
        assert plate.occurrence is not None
        assert plate.occurrence.fields["plate"] == "浙FD12345"
        assert len(pictures) == 2
        assert one.camera.truth()["requests"] == {PATH: 1}


async def test_nobody_at_the_gate_is_a_refusal() -> None:
    async with scene("hikvision") as one:
        with pytest.raises(DeviceRefused):
            await asked(one)


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
            await asked(one)
        assert len(one.camera.passages) <= 1


async def test_who_cannot_be_reached_was_not_asked() -> None:
    async with scene("hikvision") as one:
        await one.camera.server.stop()
        with pytest.raises(Timeout):
            await asked(one)


def test_an_answer_that_is_neither() -> None:
    with pytest.raises(CorruptAnswer):
        recognised("text/html", b"<html/>")
