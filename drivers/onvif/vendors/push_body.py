"""The body of a call that a camera makes: XML, JSON, or a form of both with pictures, told while it still arrives."""

from typing import Final

from drivers.onvif.events.multipart import Part, Parts, boundary
from drivers.onvif.vendors.telling import LARGEST_PICTURE, Telling

LARGEST_FORM: Final = 16 * 1024 * 1024
"""Bytes of a form with all its pictures, of which one at a time is held."""

LARGEST_SINGLE: Final = 1024 * 1024
"""Bytes of a body that is no form."""


class TooLargeError(Exception):
    """More was sent than an event can be."""


class PushBody:
    """One body. A form's parts are told as they come, so that the event does not wait for its pictures. What the voice
    raises when it is told too much leaves here too.
    """

    def __init__(self, telling: Telling, media: str) -> None:
        self._telling, self._media = telling, media
        cut = boundary(media) if media.lower().startswith("multipart/") else ""
        self._parts = Parts(cut, LARGEST_PICTURE) if cut else None
        self._held = bytearray()
        self._taken = 0

    async def feed(self, data: bytes) -> None:
        """Take a piece; ``TooLargeError`` when it is more than there may be."""
        self._taken += len(data)
        if self._taken > (LARGEST_SINGLE if self._parts is None else LARGEST_FORM):
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
