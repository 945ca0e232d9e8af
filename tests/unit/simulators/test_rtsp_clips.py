"""Clips of pretended gates are what was drawn, with keyframes where they were wanted."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from simulators.rtsp.clips import Codec, make_clip
from simulators.rtsp.drawing import street


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_clip_decodes_to_what_was_drawn_with_keyframes_where_they_were_wanted(codec: Codec, tmp_path: Path) -> None:
    picture = street((320, 180))
    make_clip(tmp_path / "a.clip", [picture] * 7, fps=15, keyframes=3, codec=codec)
    with (tmp_path / "a.clip").open("rb") as file:
        told = json.loads(file.readline())
        units = [file.read(size) for size in told["sizes"]]
        assert file.read() == b""
    assert (told["codec"], told["fps"], len(units)) == (codec, 15, 7)
    decoder = av.CodecContext.create("h264" if codec == "h264" else "hevc", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit))] + decoder.decode(None)
    assert [frame.key_frame for frame in frames] == [True, False, False] * 2 + [True]
    drawn = frames[-1].to_ndarray(format="bgr24")
    assert float(np.abs(drawn.astype(int) - picture).mean()) < 6
