"""A camera's video by Media2 where it has it, else by Media: profiles, where a stream is, a picture of now."""

from collections.abc import Sequence
from typing import Final

from drivers.api.errors import CorruptAnswer, DeviceRefused, NotSupported
from drivers.onvif.calls import MediaProfile
from drivers.onvif.events.tree import Node
from drivers.onvif.target import Target
from drivers.onvif.wire.addresses import on_camera, video
from drivers.onvif.wire.asking import Asking
from drivers.onvif.wire.reading import number, text, whole
from drivers.onvif.wire.soap import NotAuthorised, Operation, element
from drivers.onvif.wire.web import LARGEST_PICTURE, Answer, BrokenOff, Question

_PROFILES: Final = {
    "tr2": Operation("tr2:GetProfiles", "<tr2:Type>VideoEncoder</tr2:Type>"),
    "trt": Operation("trt:GetProfiles"),
}
_ENCODERS: Final = {"tr2": ("Configurations", "VideoEncoder"), "trt": ("VideoEncoderConfiguration",)}
_SETUP: Final = (
    "<trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
    "</trt:StreamSetup>"
)
_MOST: Final = 32
_ELSEWHERE: Final = (NotSupported, DeviceRefused, CorruptAnswer)
"""After these the older service is asked: some cameras list Media2 and do not have it."""

_JPEG: Final = (b"\xff\xd8\xff", b"\xff\xd9")
_LOOSE: Final = 1024
"""Bytes that may follow a picture's end: padding of some makers."""


class Media:
    """Remembers where pictures are until that no longer is so."""

    def __init__(self, target: Target, asking: Asking, timeout_s: float) -> None:
        self._target, self._asking, self._timeout_s = target, asking, timeout_s
        self._picture_at = ""

    async def profiles(self) -> Sequence[MediaProfile]:
        """See ``Calls.profiles``."""
        try:
            return await self._profiles("tr2")
        except _ELSEWHERE:
            return await self._profiles("trt")

    async def stream_address(self, profile: str) -> str:
        """See ``Calls.stream_address``; an empty ``profile`` is the first."""
        said = await self._address("GetStreamUri", profile or await self._first())
        return video(said, self._target.place.host, self._target.rtsp_port)

    async def picture(self) -> bytes:
        """See ``Calls.picture``."""
        if not self._picture_at:
            said = await self._address("GetSnapshotUri", await self._first())
            self._picture_at = on_camera(said, self._target.place)
        answer = await self._fetched()
        if answer.status in (401, 403):
            raise NotAuthorised(f"its picture is not for this name and password (HTTP {answer.status})")
        if answer.status != 200:
            self._picture_at = ""
            raise DeviceRefused(f"no picture (HTTP {answer.status})", answer.status)
        return _whole(answer.body)

    async def _fetched(self) -> Answer:
        def question() -> Question:
            return Question("GET", self._picture_at, largest=LARGEST_PICTURE)

        try:
            return await self._asking.web.ask(question(), self._timeout_s)
        except BrokenOff:
            return await self._asking.web.ask(question(), self._timeout_s)

    async def _profiles(self, prefix: str) -> Sequence[MediaProfile]:
        said = await self._asking.read(_PROFILES[prefix])
        found = [_profile(one, one.child(*_ENCODERS[prefix])) for one in list(said.all("Profiles"))[:_MOST]]
        if not found:
            raise CorruptAnswer("a camera without a profile")
        return found

    async def _first(self) -> str:
        return (await self.profiles())[0].token

    async def _address(self, name: str, profile: str) -> str:
        """Return what is said about where something of ``profile`` is."""
        try:
            protocol = "<tr2:Protocol>RTSP</tr2:Protocol>" if name == "GetStreamUri" else ""
            inner = protocol + element("tr2:ProfileToken", profile)
            said = text(await self._asking.read(Operation(f"tr2:{name}", inner)), "Uri")
        except _ELSEWHERE:
            said = ""
        if not said:
            inner = (_SETUP if name == "GetStreamUri" else "") + element("trt:ProfileToken", profile)
            said = text(await self._asking.read(Operation(f"trt:{name}", inner)), "MediaUri", "Uri")
        if not said:
            raise NotSupported(f"{name}: it says no address")
        return said


def _profile(said: Node, encoder: Node | None) -> MediaProfile:
    token, name = said.attributes.get("token", ""), text(said, "Name")
    if encoder is None:
        return MediaProfile(token, name, "", 0, 0, None, None)
    rate = number(encoder, "RateControl", "BitrateLimit")
    return MediaProfile(
        token,
        name,
        text(encoder, "Encoding").upper().replace("MJPEG", "JPEG"),
        whole(encoder, "Resolution", "Width"),
        whole(encoder, "Resolution", "Height"),
        number(encoder, "RateControl", "FrameRateLimit"),
        None if rate is None else int(rate),
    )


def _whole(body: bytes) -> bytes:
    """Return the JPEG that ``body`` is, without what follows its end; ``CorruptAnswer`` for half of one."""
    start, end = _JPEG
    at = body.rfind(end)
    if not body.startswith(start):
        raise CorruptAnswer("a picture that is no JPEG")
    if at < 0 or len(body) - at > _LOOSE:
        raise CorruptAnswer(f"a picture of {len(body)} bytes without its end")
    return body[: at + len(end)]
