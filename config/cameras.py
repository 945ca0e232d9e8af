"""Cameras of a file: that an address is one, that each camera stands there once, and that its certificate is judged."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Named
from urllib.parse import urlsplit

from config.document import Mapping
from config.problems import Problem, problem
from config.profile import Profile

_PIN = re.compile(r"[0-9a-f]{2}(:?[0-9a-f]{2}){31}", re.IGNORECASE)


def is_host(given: object) -> bool:
    """Tell whether ``given`` is an address like ``https://192.168.1.64:8443`` or a host alone, and nothing more."""
    if not isinstance(given, str):
        return False
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        _ = parts.port
    except ValueError:
        return False
    rest = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    return parts.scheme in ("http", "https") and bool(re.fullmatch(r"[\w.:-]+", parts.hostname or "")) and not rest


def check_camera(node: Mapping, profile: Profile, buses: Mapping) -> Iterator[Problem]:
    """Check what a camera's options say of its certificate and of its calls."""
    if profile.camera is None:
        return
    pin, address = node.text("pin"), node.text("address") or ""
    if pin is not None and not _PIN.fullmatch(pin):
        yield problem("E216", node.entries["pin"].place, given=pin)
    judged = [key for key in ("pin", "ca", "insecure") if key in node.entries]
    if judged and not address.startswith("https://"):
        yield problem("E217", node.entries[judged[0]].place, given=judged[0])
    bus = buses.mapping(node.text("bus") or "")
    port = bus.get("push_port")
    if "push" in node.entries and (port is None or not port.value):
        yield problem("E218", node.entries["push"].place, bus=node.text("bus") or "—")


def check_cameras(found: Named[str, tuple[Mapping, Profile]]) -> Iterator[Problem]:
    """Check that no two devices are one camera: an address may have several channels, each with its own device."""
    owners: dict[tuple[str, str], str] = {}
    for name, (node, profile) in found.items():
        address = node.text("address")
        if profile.camera is None or address is None or not is_host(address):
            continue
        channel = node.get("channel")
        parts = urlsplit(address if "://" in address else f"http://{address}")
        place = f"{parts.hostname}:{parts.port or parts.scheme}"
        other = owners.setdefault((place, str(1 if channel is None else channel.value)), name)
        if other != name:
            yield problem("E219", node.entries["address"].place, given=address, other=other)
