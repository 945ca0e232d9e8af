"""The metadata stream beside a video (RTSP, Profile M): a frame's objects with plates, and notifications among them."""

from collections.abc import Iterator

from drivers.onvif.events.notifications import leaves, notifications
from drivers.onvif.events.told import Message
from drivers.onvif.events.tree import Node


def frames(root: Node) -> Iterator[Message]:
    """Yield one message for each object that has a plate, then the notifications. An object whose plate is empty keeps
    the stream alive and says nothing.
    """
    for frame in root.all("Frame"):
        for thing in frame.all("Object"):
            data = leaves(thing, "Object")
            if data.get("LicensePlateInfo.PlateNumber", "").strip():
                data["ObjectId"] = thing.attributes.get("ObjectId", "")
                for picture in ("LicensePlateInfo.Image", "VehicleInfo.Image"):
                    if data.get(picture):
                        data[picture] = "inline"
                yield Message("metadata", "LicensePlate", data, when=frame.attributes.get("UtcTime", ""))
    yield from notifications(root)
