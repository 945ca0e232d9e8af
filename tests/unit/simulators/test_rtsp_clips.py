"""Pretended gates: what is drawn can be read, and a clip is what was drawn."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from drivers.plates import plate_reader
from simulators.rtsp.clips import Codec, make_clip
from simulators.rtsp.drawing import Gate, scene, street


def test_a_plate_is_legible_as_it_comes_nearer() -> None:
    empty, *frames = scene(Gate(["浙F12345"], 0.5, 1.0, 0.5), 2)
    reader = plate_reader("浙F")
    read = [[(each.text, each.confidence >= 0.9) for each in reader.read_image(frame)] for frame in frames]
    assert read == [[("浙F12345", True)]] * 3
    assert reader.read_image(empty) == []


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
