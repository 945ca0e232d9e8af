"""Which of the streams that a camera describes is its metadata (SDP, RFC 4566; ONVIF Streaming, 5.1.2.1.1)."""

import re
from dataclasses import dataclass
from typing import Final

from drivers.api.errors import NotSupported
from drivers.onvif.wire.addresses import video

_MEDIA: Final = re.compile(r"m=application \d{1,5}(?:/\d+)? RTP/\S+ (\d{1,3})\b")
_TYPE: Final = re.compile(r"a=rtpmap:(\d{1,3}) vnd\.onvif\.metadata(\.[\w.]+)?(?:/|$)", re.IGNORECASE)
_CONTROL: Final = "a=control:"
_WHOLE: Final = re.compile(r"[a-z]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Track:
    """Where the metadata is set up, where all is played, and its RTP payload type."""

    setup: str
    play: str
    payload: int


def track(body: bytes, base: str, host: str, port: int) -> Track | None:
    """Return the metadata of a description, ``None`` where it has none; addresses lead to ``host`` alone.

    ``base`` is what its addresses are relative to. ``NotSupported`` for metadata that is compressed.
    """
    session, *medias = re.split(r"(?m)^(?=m=)", body.decode("utf-8", "replace"))
    packed = ""
    for media in medias:
        lines = [line.strip() for line in media.splitlines()]
        offered = _MEDIA.match(lines[0])
        named = next((found for line in lines if (found := _TYPE.match(line))), None)
        if offered is None or named is None or named[1] != offered[1]:
            continue
        if named[2]:
            packed = named[2]
            continue
        whole = _led(_control(session.splitlines()), base, host, port)
        return Track(_led(_control(lines), base, host, port), whole, int(named[1]))
    if packed:
        raise NotSupported(f"metadata: it is sent compressed ({packed.strip('.')}); choose plain XML in the camera")
    return None


def _control(lines: list[str]) -> str:
    return next((line.strip()[len(_CONTROL) :].strip() for line in lines if line.startswith(_CONTROL)), "")


def _led(control: str, base: str, host: str, port: int) -> str:
    if not control or control == "*":
        return video(base, host, port)
    if _WHOLE.match(control):
        return video(control, host, port)
    if control.startswith("/"):
        return video(f"rtsp://camera{control}", host, port)
    return video(f"{base.rstrip('/')}/{control}", host, port)
