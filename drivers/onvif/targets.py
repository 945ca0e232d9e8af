"""From a device's settings to what the driver needs of a camera: its options read, its secrets still shut."""

import re
from typing import Final, Literal
from urllib.parse import urlsplit

from config.camera import Camera
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured
from drivers.onvif.events import MAKERS, NONE, Quirks
from drivers.onvif.target import Place, Target, Trust

_PORTS: Final[dict[str, int]] = {"http": 80, "https": 443}


def target_of(device: DeviceSettings) -> Target:
    """Return the camera that ``device`` is; ``Misconfigured`` where its profile or its address is none."""
    camera, options = device.profile.camera, device.options
    if camera is None:
        raise Misconfigured(f"{device.id}: {device.profile.id} is no camera")

    def text(key: str) -> str:
        value = options.get(key, "")
        return value if isinstance(value, str) else ""

    stream = text("stream")
    ways = frozenset(way for way in camera.ways if _is_used(way, device, stream))
    return Target(
        device=device.id,
        place=place_of(text("address")),
        user=text("user") or "admin",
        password=device.secrets.get("password"),
        trust=Trust(text("pin").lower().replace(":", ""), text("ca"), options.get("insecure") is True),
        quirks=_quirks(camera, device),
        ways=ways,
        points=frozenset(camera.points),
        events=frozenset(camera.events),
        commands=device.profile.commands,
        stream=_stream(stream),
        rtsp_port=_number(device, "rtsp_port", 554),
        channel=_number(device, "channel", 1),
        pushed=device.secrets.get("push"),
        snapshots=options.get("snapshots") is not False,
        relay=text("relay"),
        door=text("door"),
        bell=text("bell"),
        home=text("home"),
    )


def place_of(address: str) -> Place:
    """Return where ``address`` leads (``https://192.168.1.64:8443``, or a host alone: http); ``Misconfigured`` for
    anything else, a user, a password or a path in it too.
    """
    whole = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        raise Misconfigured("this is no camera's address") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.path.strip("/"):
        raise Misconfigured("this is no camera's address")
    if parts.query or parts.fragment or not re.fullmatch(r"[\w.:-]+", parts.hostname, re.ASCII):
        raise Misconfigured("this is no camera's address")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return Place(scheme, parts.hostname, port or _PORTS[scheme])


def _is_used(way: str, device: DeviceSettings, stream: str) -> bool:
    if way == "push":
        return device.secrets.get("push") is not None
    return bool(stream) if way == "stream" else True


def _quirks(camera: Camera, device: DeviceSettings) -> Quirks:
    product = device.options.get("maker", "")
    known = MAKERS.get(product.lower(), NONE) if isinstance(product, str) else NONE
    facing = device.options.get("facing", "")
    turned: Literal["", "in", "out"] = "in" if facing == "in" else "out" if facing == "out" else ""
    return Quirks(
        known.initial_happens or camera.initial_happens or device.options.get("initial_happens") is True,
        known.local_time or camera.local_time or device.options.get("local_time") is True,
        turned or known.facing,
    )


def _stream(said: str) -> Literal["", "keyframes", "motion", "snapshots"]:
    match said:
        case "keyframes" | "motion" | "snapshots":
            return said
        case _:
            return ""


def _number(device: DeviceSettings, key: str, otherwise: int) -> int:
    value = device.options.get(key, otherwise)
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
