"""Hikvision's recognition on demand (ISAPI): the camera looks for a plate now and answers with what it read."""

from typing import Final

import httpx

from drivers.api.errors import AnswerLost, CorruptAnswer, DeviceRefused
from drivers.api.patience import within
from drivers.onvif.events.multipart import Part, Parts, boundary
from drivers.onvif.target import Target
from drivers.onvif.vendors.asking import LOST, Asking
from drivers.onvif.vendors.telling import LARGEST_PICTURE, Telling
from drivers.onvif.voice import Voice
from runtime.clock import Clock

LARGEST: Final = 12 * 1024 * 1024
"""Bytes of an answer: an event and two pictures."""


def recognition(channel: int) -> str:
    """Return the path that has a channel's camera recognise now; a GET, which nevertheless does something."""
    return f"/ISAPI/Traffic/MNPR/channels/{channel}"


def recognised(media: str, body: bytes) -> list[Part]:
    """Return what a camera answered: the event, then its pictures, like the parts of a stream.

    ``DeviceRefused`` where it saw no vehicle or could not look just now, ``CorruptAnswer`` for anything else.
    """
    cut = boundary(media)
    if cut:
        parts = Parts(cut, LARGEST_PICTURE)
        found = parts.feed(body) + parts.close()
    else:
        found = [Part({"content-type": media}, body)]
    if found and b"<EventNotificationAlert" in found[0].body:
        return found
    if found and b"<ResponseStatus" in found[0].body:
        raise DeviceRefused("it recognised nothing", 200)
    raise CorruptAnswer("its answer is no recognition")


async def recognise(target: Target, voice: Voice, clock: Clock, timeout_s: float) -> None:
    """Have the camera recognise, once, and tell what it read; errors as ``recognised`` and ``Asking.get`` have them."""
    async with Asking(target, clock, timeout_s).get(recognition(target.channel), does=True) as response:
        try:
            body = await within(clock, timeout_s, _read(response))
        except LOST:
            raise AnswerLost("it was asked to recognise and its answer did not come back") from None
        found = recognised(response.headers.get("content-type", ""), body)
    telling = Telling(target, "isapi", voice)
    for part in found:
        await telling.part(part)


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > LARGEST:
            raise CorruptAnswer(f"an answer of more than {LARGEST} bytes")
    return bytes(body)
