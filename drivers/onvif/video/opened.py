"""An open video through PyAV: every call of that library is here, and every error leaves without an address.

PyAV's own errors say the whole address, password included: what leaves here is their type and number alone, with no
error behind it. A stream belongs to the thread that opened it; closed by another one the process dies.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from config.hidden import Secret
from drivers.api.errors import CorruptAnswer, DriverError, Misconfigured, Timeout
from drivers.onvif.video.frames import Decodes, Packet

LIMIT_S: Final = 4.0
"""So long for opening and for each packet. FFmpeg waits it twice before it gives up: 8 s, and 10 are allowed."""

OUTLINE: Final = (96, 54)
"""Width and height of what is compared to see whether anything moved."""

OPTIONS: Final = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "fpsprobesize": "0",
    "protocol_whitelist": "rtsp,rtsps,rtp,tcp,tls,crypto",
}

Image = NDArray[np.uint8]


class Picture(Protocol):
    """A decoded picture."""

    def image(self) -> Image:
        """Return it as BGR, height x width x 3."""
        ...

    def outline(self) -> Image:
        """Return its brightness at the size of ``OUTLINE``."""
        ...


class Stream(Decodes[Any, Picture], Protocol):
    """An open video; everything raises ``DriverError``."""

    def packets(self) -> Iterator[Packet]:
        """Yield its packets as they come; an error when none came in time, an end when the camera ended it."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Decoded:
    """A picture of PyAV's; converted only when somebody looks."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def image(self) -> Image:
        """See ``Picture``."""
        return np.asarray(self._frame.to_ndarray(format="bgr24"), np.uint8)

    def outline(self) -> Image:
        """See ``Picture``."""
        width, height = OUTLINE
        small = self._frame.reformat(width=width, height=height, format="gray", interpolation="AREA")
        return np.asarray(small.to_ndarray(), np.uint8)


class AvStream:
    """A ``Stream`` of PyAV's, decoded on one thread."""

    def __init__(self, address: Secret, limit_s: float = LIMIT_S) -> None:
        """Open it: ``Misconfigured`` (password, no such video), ``Timeout``, ``CorruptAnswer``."""
        import av

        av.logging.set_level(None)
        self._errors = (av.FFmpegError, ValueError)
        failed: DriverError | None = None
        try:
            options = {**OPTIONS, "timeout": str(int(limit_s * 1_000_000))}
            self._container = av.open(address.reveal(), options=options, timeout=(limit_s, limit_s))
        except self._errors as error:
            failed = told(error)
        if failed is not None:
            raise failed
        if not self._container.streams.video:
            self._container.close()
            raise CorruptAnswer("there is no video in the stream")
        self._video = self._container.streams.video[0]
        self._video.codec_context.thread_count = 1
        self._video.codec_context.thread_type = "SLICE"

    def packets(self) -> Iterator[Packet]:
        """See ``Stream``."""
        failed: DriverError | None = None
        try:
            yield from (packet for packet in self._container.demux(self._video) if packet.size)
        except self._errors as error:
            failed = told(error)
        if failed is not None:
            raise failed

    def decode(self, packet: Any) -> Sequence[Picture]:
        """See ``Decodes``; what is broken gives no picture."""
        try:
            return [Decoded(frame) for frame in self._video.codec_context.decode(packet)]
        except self._errors:
            return []

    def restart(self) -> None:
        """See ``Decodes``."""
        self._video.codec_context.flush_buffers()

    def close(self) -> None:
        """See ``Stream``."""
        self._container.close()


def told(error: Exception) -> DriverError:
    """Return what an error of PyAV's is in our tree, by its type and number: its text holds the password."""
    name, number = type(error).__name__, getattr(error, "errno", None)
    if name in ("HTTPUnauthorizedError", "HTTPForbiddenError"):
        return Misconfigured("video: the camera does not accept user and password")
    if name in ("HTTPNotFoundError", "HTTPBadRequestError", "ProtocolNotFoundError"):
        return Misconfigured(f"video: the camera has no such stream ({name})")
    if name in ("InvalidDataError", "ValueError", "DecoderNotFoundError"):
        return CorruptAnswer(f"video: {name}")
    return Timeout(f"video: {name} {number}")
