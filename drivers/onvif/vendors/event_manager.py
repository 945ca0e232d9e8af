"""Dahua's ``eventManager``: the codes that mean something to us, and a sign of life every few seconds."""

from typing import Final

from drivers.onvif.events.topics import DAHUA
from drivers.onvif.target import Target
from drivers.onvif.vendors.stream import PartStream
from drivers.onvif.voice import Voice
from runtime.clock import Clock

HEARTBEAT_S: Final = 5
SILENCE_S: Final = 4.0 * HEARTBEAT_S

_ATTACH: Final = f"/cgi-bin/eventManager.cgi?action=attach&codes=[{{}}]&heartbeat={HEARTBEAT_S}"
PATHS: Final = (_ATTACH.format(",".join(sorted(DAHUA))), _ATTACH.format("All"))
"""All codes would bring several events a second of what we have no word for, from cameras with a busy picture; they are
asked for where a firmware refuses a list with a code that it does not know.
"""


class EventManager(PartStream):
    """Stays attached to a camera's ``eventManager``."""

    def __init__(self, target: Target, voice: Voice, clock: Clock, timeout_s: float) -> None:
        super().__init__(target, voice, clock, timeout_s, way="dahua", paths=PATHS, silence_s=SILENCE_S)
