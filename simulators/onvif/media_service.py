"""The ONVIF Media, Media2 and Imaging services: profiles, where a stream is, where a picture is, how it is set."""

from collections.abc import Callable

from simulators.onvif.host import Host, Operations
from simulators.onvif.soap import Call, Markup, join, no_such, tag

PROFILES = {"Profile_1": (1920, 1080), "Profile_2": (640, 360)}
SNAPSHOT = "/onvif/snapshot"


class MediaService:
    """Two profiles of one video source. ``stream`` gives the RTSP address of one."""

    def __init__(self, host: Host, stream: Callable[[str], str]) -> None:
        self._host, self._stream = host, stream
        self.operations: Operations = {
            "trt:GetProfiles": self._profiles,
            "trt:GetStreamUri": lambda call: _media_uri(self._stream_of(call)),
            "trt:GetSnapshotUri": lambda call: _media_uri(self._snapshot_of(call)),
            "trt:GetVideoSources": self._sources,
            "tr2:GetProfiles": self._profiles2,
            "tr2:GetStreamUri": lambda call: tag("tr2:Uri", self._stream_of(call)),
            "tr2:GetSnapshotUri": lambda call: tag("tr2:Uri", self._snapshot_of(call)),
            "timg:GetImagingSettings": self._imaging,
        }

    def _profiles(self, call: Call) -> Markup:
        return join(
            *(
                tag(
                    "trt:Profiles",
                    tag("tt:Name", token),
                    _source("tt:VideoSourceConfiguration"),
                    _encoder(token, width, height),
                    attributes={"token": token, "fixed": "true"},
                )
                for token, (width, height) in PROFILES.items()
            )
        )

    def _profiles2(self, call: Call) -> Markup:
        return join(
            *(
                tag(
                    "tr2:Profiles",
                    tag("tr2:Name", token),
                    tag("tr2:Configurations", _source("tr2:VideoSource"), _encoder2(token, width, height)),
                    attributes={"token": token, "fixed": "true"},
                )
                for token, (width, height) in PROFILES.items()
            )
        )

    def _sources(self, call: Call) -> Markup:
        size = _resolution(*PROFILES["Profile_1"])
        return tag("trt:VideoSources", tag("tt:Framerate", "25"), size, attributes={"token": "VideoSource_1"})

    def _imaging(self, call: Call) -> Markup:
        if call.text("timg:VideoSourceToken") != "VideoSource_1":
            raise no_such("video source", "ter:NoSource")
        values = (tag(f"tt:{name}", "50") for name in ("Brightness", "ColorSaturation", "Contrast"))
        return tag("timg:ImagingSettings", *values, tag("tt:IrCutFilter", "AUTO"), tag("tt:Sharpness", "50"))

    def _stream_of(self, call: Call) -> str:
        return self._stream(_profile(call))

    def _snapshot_of(self, call: Call) -> str:
        return self._host.url(f"{SNAPSHOT}?profile={_profile(call)}")


def _profile(call: Call) -> str:
    token = call.text(f"{call.name.partition(':')[0]}:ProfileToken")
    if token not in PROFILES:
        raise no_such("profile", "ter:NoProfile")
    return token


def _media_uri(uri: str) -> Markup:
    rest = (("InvalidAfterConnect", "false"), ("InvalidAfterReboot", "false"), ("Timeout", "PT0S"))
    return tag("trt:MediaUri", tag("tt:Uri", uri), *(tag(f"tt:{name}", text) for name, text in rest))


def _source(name: str) -> Markup:
    width, height = PROFILES["Profile_1"]
    bounds = {"x": "0", "y": "0", "width": str(width), "height": str(height)}
    return tag(
        name,
        tag("tt:Name", "VideoSourceConfig_1"),
        tag("tt:UseCount", "2"),
        tag("tt:SourceToken", "VideoSource_1"),
        tag("tt:Bounds", attributes=bounds),
        attributes={"token": "VideoSourceConfig_1"},
    )


def _encoder(token: str, width: int, height: int) -> Markup:
    rate = (("FrameRateLimit", "15"), ("EncodingInterval", "1"), ("BitrateLimit", "2048"))
    address = tag("tt:Address", tag("tt:Type", "IPv4"), tag("tt:IPv4Address", "0.0.0.0"))  # noqa: S104 - no multicast
    multicast = tag("tt:Multicast", address, tag("tt:Port", "0"), tag("tt:TTL", "0"), tag("tt:AutoStart", "false"))
    return tag(
        "tt:VideoEncoderConfiguration",
        tag("tt:Name", f"Encoder_{token}"),
        tag("tt:UseCount", "1"),
        tag("tt:Encoding", "H264"),
        _resolution(width, height),
        tag("tt:Quality", "5"),
        tag("tt:RateControl", *(tag(f"tt:{name}", text) for name, text in rate)),
        tag("tt:H264", tag("tt:GovLength", "30"), tag("tt:H264Profile", "High")),
        multicast,
        tag("tt:SessionTimeout", "PT60S"),
        attributes={"token": f"Encoder_{token}"},
    )


def _encoder2(token: str, width: int, height: int) -> Markup:
    return tag(
        "tr2:VideoEncoder",
        tag("tt:Name", f"Encoder_{token}"),
        tag("tt:UseCount", "1"),
        tag("tt:Encoding", "H265"),
        _resolution(width, height),
        tag("tt:RateControl", tag("tt:FrameRateLimit", "15"), tag("tt:BitrateLimit", "2048")),
        tag("tt:Quality", "5"),
        attributes={"token": f"Encoder_{token}", "GovLength": "30"},
    )


def _resolution(width: int, height: int) -> Markup:
    return tag("tt:Resolution", tag("tt:Width", str(width)), tag("tt:Height", str(height)))
