"""A camera or door station in a profile: by which ways its events come, and what it can report."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Way = Literal["onvif", "isapi", "dahua", "push", "stream", "metadata"]
"""``onvif``: PullPoint; ``isapi``: Hikvision's alertStream; ``dahua``: Dahua's eventManager; ``push``: the camera calls
the box (HTTP); ``stream``: the plates are read here, from the video; ``metadata``: the camera's metadata stream (RTSP).
"""

CameraOrder = Literal["snapshot", "relay", "door", "reboot", "preset", "recognise"]
"""``relay`` sets the output that the option ``relay`` names (DeviceIO), ``door`` lets in at the door that the option
``door`` names (DoorControl AccessDoor), ``preset`` turns to its argument ``preset``, ``recognise`` triggers a
recognition (ISAPI).
"""


@dataclass(frozen=True, kw_only=True)
class CameraCall:
    """A command to a camera. ``seconds``: for so long a relay is held, where it does not let go by itself."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    call: CameraOrder
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Camera:
    """What a camera product is: the ``ways`` in which its events come, of which a device may choose some, the
    ``points`` that it can report and the ``events`` that it tells.

    ``initial_happens`` and ``local_time`` are habits of the maker (``drivers.onvif.events.quirks``).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    ways: tuple[Way, ...]
    points: tuple[str, ...]
    events: tuple[str, ...] = ()
    initial_happens: bool = False
    local_time: bool = False
