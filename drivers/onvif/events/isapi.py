"""Hikvision's own alerts, from its stream or its push: ``EventNotificationAlert`` as XML, or the same as JSON."""

from typing import Any

from drivers.onvif.events.document import flat
from drivers.onvif.events.notifications import leaves
from drivers.onvif.events.told import Message
from drivers.onvif.events.tree import Node

ACCESS = "AccessControllerEvent"


def alert(root: Node) -> Message:
    """Return what an alert says; which picture belongs to it is the name of another part of the same push."""
    return _message(leaves(root, root.tag))


def alert_of_json(said: dict[str, Any]) -> Message:
    """Return what an alert in JSON says. An access controller's kinds are two numbers: ``code`` is ``major/minor``."""
    data = flat(said)
    if ACCESS in said:
        data["code"] = f"{data.get(f'{ACCESS}.majorEventType', '')}/{data.get(f'{ACCESS}.subEventType', '')}"
        data.setdefault("eventType", ACCESS)
    return _message(data)


def _message(data: dict[str, str]) -> Message:
    """``activePostCount`` counts the posts of one event that lasts: beyond the first it is told again, not anew."""
    count = data.get("activePostCount", "")
    repeated = count.isascii() and count.isdigit() and count not in ("0", "1")
    channel = data.get(f"{ACCESS}.doorNo") or data.get("channelID") or data.get("dynChannelID") or ""
    return Message(
        "isapi", data.get("eventType", ""), data, channel, "repeated" if repeated else "", data.get("dateTime", "")
    )
