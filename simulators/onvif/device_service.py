"""The ONVIF Device service (Core 8): what time it is, what there is, who made it, and a restart."""

import datetime

from simulators.onvif.host import Host, Operations
from simulators.onvif.soap import NAMESPACES, Call, Markup, join, tag

PATHS = {
    "tds": "/onvif/device_service",
    "trt": "/onvif/media_service",
    "tr2": "/onvif/media2_service",
    "tev": "/onvif/event_service",
    "timg": "/onvif/imaging_service",
    "tmd": "/onvif/deviceio_service",
    "tptz": "/onvif/ptz_service",
    "tse": "/onvif/search_service",
    "trc": "/onvif/recording_service",
    "tdc": "/onvif/doorcontrol_service",
    "tac": "/onvif/accesscontrol_service",
}
OPEN = frozenset(
    {
        "tds:GetSystemDateAndTime",
        "tds:GetServices",
        "tds:GetServiceCapabilities",
        "tds:GetCapabilities",
        "tds:GetHostname",
        "tev:GetServiceCapabilities",
    }
)
"""What is answered to anybody (access class PRE_AUTH, Core 5.9.4.3), also to who brings a wrong password."""


class DeviceService:
    """``services`` are the prefixes of those that this device has."""

    def __init__(self, host: Host, services: tuple[str, ...]) -> None:
        self._host, self._services = host, services
        self.operations: Operations = {
            "tds:GetSystemDateAndTime": self._time,
            "tds:GetServices": self._list,
            "tds:GetServiceCapabilities": self._own_capabilities,
            "tds:GetCapabilities": self._capabilities,
            "tds:GetDeviceInformation": self._information,
            "tds:GetScopes": self._scopes,
            "tds:GetHostname": self._hostname,
            "tds:SystemReboot": self._reboot,
        }

    def _time(self, call: Call) -> Markup:
        now = datetime.datetime.fromtimestamp(self._host.time() // 1_000_000, datetime.UTC)
        clock = tag("tt:Time", _all("tt", Hour=now.hour, Minute=now.minute, Second=now.second))
        date = tag("tt:Date", _all("tt", Year=now.year, Month=now.month, Day=now.day))
        head = _all("tt", DateTimeType="Manual", DaylightSavings="false")
        zone = tag("tt:TimeZone", tag("tt:TZ", "CST-8"))
        return tag("tds:SystemDateAndTime", head, zone, tag("tt:UTCDateTime", clock, date))

    def _list(self, call: Call) -> Markup:
        version = tag("tds:Version", _all("tt", Major=2, Minor=60))
        return join(
            *(
                tag("tds:Service", _all("tds", Namespace=NAMESPACES[one], XAddr=self._host.url(PATHS[one])), version)
                for one in self._services
            )
        )

    def _own_capabilities(self, call: Call) -> Markup:
        security = {"UsernameToken": "true", "HttpDigest": "true", "TLS1.2": "true"}
        return tag(
            "tds:Capabilities",
            tag("tds:Network", attributes={"IPFilter": "false"}),
            tag("tds:Security", attributes=security),
            tag("tds:System", attributes={"DiscoveryResolve": "false", "DiscoveryBye": "false"}),
        )

    def _capabilities(self, call: Call) -> Markup:
        def address(service: str) -> Markup:
            return tag("tt:XAddr", self._host.url(PATHS[service]))

        events = _all(
            "tt",
            WSSubscriptionPolicySupport="true",
            WSPullPointSupport="true",
            WSPausableSubscriptionManagerInterfaceSupport="false",
        )
        parts = [tag("tt:Device", address("tds")), tag("tt:Events", address("tev"), events)]
        if "timg" in self._services:
            parts.append(tag("tt:Imaging", address("timg")))
        streaming = tag(
            "tt:StreamingCapabilities", _all("tt", RTPMulticast="false", RTP_TCP="true", RTP_RTSP_TCP="true")
        )
        parts.append(tag("tt:Media", address("trt"), streaming))
        if "tmd" in self._services:
            counts = _all("tt", VideoSources=1, VideoOutputs=0, AudioSources=0, AudioOutputs=0, RelayOutputs=1)
            parts.append(tag("tt:Extension", tag("tt:DeviceIO", address("tmd"), counts)))
        return tag("tds:Capabilities", *parts)

    def _information(self, call: Call) -> Markup:
        maker = self._host.maker
        return _all(
            "tds",
            Manufacturer=maker.manufacturer,
            Model=maker.model,
            FirmwareVersion=maker.firmware,
            SerialNumber=self._host.serial,
            HardwareId="1",
        )

    def _scopes(self, call: Call) -> Markup:
        return join(
            *(
                tag("tds:Scopes", _all("tt", ScopeDef="Fixed", ScopeItem=scope))
                for scope in scopes(self._host).split(" ")
            )
        )

    def _hostname(self, call: Call) -> Markup:
        return tag("tds:HostnameInformation", _all("tt", FromDHCP="false", Name="camera"))

    def _reboot(self, call: Call) -> Markup:
        self._host.command(call)
        self._host.reboot()
        return tag("tds:Message", "Rebooting in 0 seconds")


def scopes(host: Host) -> str:
    """Return what the device says about itself to those who look for devices, one URI after another."""
    maker = host.maker
    words = ("type/video_encoder", f"hardware/{maker.model}", f"name/{maker.manufacturer}", "Profile/Streaming")
    return " ".join(f"onvif://www.onvif.org/{word.replace(' ', '_')}" for word in words)


def _all(prefix: str, **texts: object) -> Markup:
    """Return one element for each of ``texts``."""
    return join(*(tag(f"{prefix}:{name}", str(text)) for name, text in texts.items()))
