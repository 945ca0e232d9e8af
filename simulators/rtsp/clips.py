"""Encodes scenes as the clips that ``gst_program`` plays: a line of JSON, then the pictures as cameras send them.

PyAV does it, which the agent's video needs anyway: FFmpeg's own program would be another thirty Debian packages.
"""

import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from simulators.rtsp.drawing import Image

if TYPE_CHECKING:
    import av

Codec = Literal["h264", "h265"]
_OPTIONS = {
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "24", "sc_threshold": "0"}),
    "h265": ("libx265", {"preset": "ultrafast", "tune": "zerolatency", "crf": "26", "x265-params": "log-level=none"}),
}


def make_clip(
    path: Path, images: Iterable[Image], *, fps: int = 15, keyframes: int = 15, codec: Codec = "h264"
) -> None:
    """Write ``images`` (BGR, all of one size, even sides) to ``path``; every ``keyframes``-th can be decoded alone."""
    import av

    name, options = _OPTIONS[codec]
    encoder = cast("av.VideoCodecContext", av.CodecContext.create(name, "w"))
    encoder.pix_fmt, encoder.options, encoder.gop_size = "yuv420p", options, keyframes
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps, 1)
    units: list[bytes] = []
    for number, image in enumerate(images):
        if number == 0:
            encoder.height, encoder.width = image.shape[:2]
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts = number
        units += [bytes(packet) for packet in encoder.encode(frame)]
    units += [bytes(packet) for packet in encoder.encode(None)]
    head = json.dumps({"codec": codec, "fps": fps, "sizes": [len(unit) for unit in units]})
    path.write_bytes(b"".join([head.encode(), b"\n", *units]))
