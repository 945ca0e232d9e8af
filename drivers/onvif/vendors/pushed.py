"""The body of a call that a camera makes: XML, JSON, or a form of both with pictures, told while it still arrives."""

import asyncio
from typing import Final

from drivers.onvif.events.multipart import Part, Parts, boundary
from drivers.onvif.vendors.telling import LARGEST_PICTURE, Telling
from drivers.onvif.voice import Voice

LARGEST_PUSH: Final = 16 * 1024 * 1024
"""Bytes of one call with all its pictures, of which one at a time is held."""

LARGEST_SINGLE: Final = 1024 * 1024
"""Bytes of a body that is no form."""


class TooLargeError(Exception):
    """More was sent than an event can be."""


class Pushed:
    """What one device pushes. ``turn`` keeps its calls apart: a picture belongs to the event of its own call."""

    def __init__(self, device: str, voice: Voice) -> None:
        self.turn = asyncio.Lock()
        self._telling = Telling(device, "push", voice)

    def begin(self, media: str) -> "Body":
        """Return what takes the next call's body, whose Content-Type is ``media``."""
        return Body(self._telling, media)


class Body:
    """One body. A form's parts are told as they come, so that the event does not wait for its pictures."""

    def __init__(self, telling: Telling, media: str) -> None:
        self._telling, self._media = telling, media
        cut = boundary(media) if media.lower().startswith("multipart/") else ""
        self._parts = Parts(cut, LARGEST_PICTURE) if cut else None
        self._held = bytearray()
        self._taken = 0

    async def feed(self, data: bytes) -> None:
        """Take a piece; ``TooLargeError`` when it is more than there may be."""
        self._taken += len(data)
        if self._taken > (LARGEST_PUSH if self._parts is not None else LARGEST_SINGLE):
            raise TooLargeError
        if self._parts is None:
            self._held += data
            return
        for part in self._parts.feed(data):
            await self._telling.part(part)

    async def end(self) -> None:
        """Tell what is left."""
        if self._parts is None:
            await self._telling.part(Part({"content-type": self._media}, bytes(self._held)))
            return
        for part in self._parts.close():
            await self._telling.part(part)
        for kind, count in self._parts.lost.items():
            self._telling.lose(kind, count)
