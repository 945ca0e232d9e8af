"""Plates in the pictures that are fetched when something moves: for cameras whose video is too much for the box."""

import asyncio
from typing import Final

from drivers.api.errors import CorruptAnswer, Misconfigured
from drivers.api.plates import ModelsMissing, NoPicture
from drivers.onvif.target import Target
from drivers.onvif.video.reader import Busy, Reader
from drivers.onvif.video.reading import read_picture
from drivers.onvif.voice import Voice

WAITING: Final = 2
"""So many pictures of one camera wait to be read; one more takes the place of the oldest."""


class Snapshots:
    """One camera's. ``offer`` a picture; ``run`` reads what was offered and tells the plates on it."""

    def __init__(self, target: Target, voice: Voice, reader: Reader) -> None:
        self._target, self._voice, self._reader = target, voice, reader
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING)

    def offer(self, jpeg: bytes) -> None:
        """Have a picture read soon."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(jpeg)

    async def run(self) -> None:
        """Read until cancelled; a picture that cannot be read costs itself."""
        async with self._reader.used():
            while True:
                await self._read(await self._waiting.get())

    async def _read(self, jpeg: bytes) -> None:
        try:
            await read_picture(jpeg, self._target, self._voice, self._reader)
        except ModelsMissing as error:
            self._voice.gone(Misconfigured(str(error)))
        except NoPicture as error:
            self._voice.gone(CorruptAnswer(f"a picture that is none: {error}"))
        except Busy:
            return
        else:
            self._voice.there()
