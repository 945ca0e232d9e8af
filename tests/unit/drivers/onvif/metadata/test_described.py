"""Which track of a description is the metadata, and where its addresses lead."""

import pytest

from drivers.api import CorruptAnswer, NotSupported
from drivers.onvif.metadata.described import Track, track

VIDEO = "v=0\r\ns=x\r\na=control:{}\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
METADATA = "m=application 0 RTP/AVP 107\r\na=rtpmap:107 {}/90000\r\na=control:{}\r\n"
BASE = "rtsp://192.0.2.7:554/cam/realmonitor?channel=1&proto=Onvif"


def found(control: str = "trackID=4", media: str = "vnd.onvif.metadata", whole: str = "*") -> Track | None:
    said = VIDEO.format(whole) + METADATA.format(media, control)
    return track(said.encode(), BASE, "192.0.2.7", 554)


def test_metadata_is_found_beside_the_video() -> None:
    assert found(media="VND.ONVIF.METADATA") == Track(f"{BASE}/trackID=4", BASE, 107)
    assert track(VIDEO.format("*").encode(), BASE, "192.0.2.7", 554) is None
    assert track(b"", BASE, "192.0.2.7", 554) is None


@pytest.mark.parametrize(
    ("control", "setup"),
    [
        ("rtsp://192.0.2.7:554/x/trackID=4", "rtsp://192.0.2.7:554/x/trackID=4"),
        ("rtsp://admin:pw@evil.example:99/x/trackID=4", "rtsp://192.0.2.7:554/x/trackID=4"),
        ("/x/trackID=4", "rtsp://192.0.2.7:554/x/trackID=4"),
    ],
)
def test_no_address_leads_elsewhere(control: str, setup: str) -> None:
    chosen = found(control)
    assert chosen is not None
    assert (chosen.setup, chosen.play) == (setup, BASE)


@pytest.mark.parametrize("control", ["track 4", "track\x7f4", "http://192.0.2.7/x", "x" * 3000])
def test_what_is_no_address_is_said(control: str) -> None:
    with pytest.raises(CorruptAnswer):
        found(control)


@pytest.mark.parametrize("media", ["vnd.onvif.metadata.gzip", "vnd.onvif.metadata.exi.onvif"])
def test_compressed_metadata_is_said_not_to_be_understood(media: str) -> None:
    with pytest.raises(NotSupported, match="compressed"):
        found(media=media)
