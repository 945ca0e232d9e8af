"""Hikvision's ``alertStream`` (ISAPI): everything that the camera notices, its plates' pictures among it."""

from typing import Final

from drivers.onvif.target import Target
from drivers.onvif.vendors.stream import PartStream
from drivers.onvif.voice import Voice
from runtime.clock import Clock

PATH: Final = "/ISAPI/Event/notification/alertStream"

SILENCE_S: Final = 60.0
"""Firmwares say that no video is lost every 10 s, some every 30 s: two of these may get lost."""


class AlertStream(PartStream):
    """Holds a camera's ``alertStream`` open."""

    def __init__(self, target: Target, voice: Voice, clock: Clock, timeout_s: float) -> None:
        super().__init__(target, voice, clock, timeout_s, way="isapi", paths=(PATH,), silence_s=SILENCE_S)
