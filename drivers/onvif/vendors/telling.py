"""Parts of a stream or a push, told to a camera's voice: texts, the one picture that belongs to each, no rubbish."""

from collections import Counter
from typing import Final

from drivers.onvif.events.multipart import Part
from drivers.onvif.target import Target
from drivers.onvif.vendors.channels import is_of
from drivers.onvif.voice import Voice
from runtime.logs import get_logger

LARGEST_PICTURE: Final = 4 * 1024 * 1024
"""Bytes of a picture, and of any part of a stream or push."""

HEARTBEAT: Final = b"Heartbeat"

_JPEG: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_SCENE: Final = b"detectionPicture"
_CROP: Final = "licenseplate"

_log = get_logger("camera")


class Telling:
    """Tells what one camera said in one ``way``, of its own channel. Of several pictures of an event it passes on one:
    the first that is no cut-out of the plate, where the event says that there is such. What it drops is in ``dropped``,
    and each kind of loss is logged once.
    """

    def __init__(self, target: Target, way: str, voice: Voice) -> None:
        self._device, self._channel, self._way, self._voice = target.device, target.channel, way, voice
        self._due = self._scene = False
        self.dropped: Counter[str] = Counter()

    async def part(self, part: Part) -> None:
        """Tell of one part; returns when the voice has room again."""
        self._voice.there()
        if part.body.startswith(_JPEG):
            await self._picture(part)
        elif part.headers.get("content-type", "").lower().startswith("image/"):
            self.lose("no_picture")
        elif part.body.strip() and part.body != HEARTBEAT:
            self._due, self._scene = is_of(part.body, self._channel), _SCENE in part.body
            if self._due:
                await self._voice.body(part.body)

    def lose(self, kind: str, count: int = 1) -> None:
        """Count what was lost."""
        if kind not in self.dropped:
            _log.warning("camera_part_dropped", device=self._device, way=self._way, what=kind)
        self.dropped[kind] += count

    async def _picture(self, part: Part) -> None:
        if not self._due or (self._scene and _CROP in part.headers.get("content-disposition", "").lower()):
            return
        if len(part.body) > LARGEST_PICTURE:
            self.lose("oversized")
        elif not part.body.rstrip(b"\r\n\0").endswith(_END):
            self.lose("half_a_picture")
        else:
            self._due = False
            await self._voice.picture(part.body)
