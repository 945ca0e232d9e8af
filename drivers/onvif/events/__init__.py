"""Any camera's events in our words, purely: bytes in, meanings out; whoever fetched the bytes is elsewhere."""

from drivers.onvif.events.moments import Belief, Moment
from drivers.onvif.events.multipart import Part, Parts, boundary
from drivers.onvif.events.normalise import meaning, meanings, messages
from drivers.onvif.events.quirks import MAKERS, NONE, Quirks
from drivers.onvif.events.told import Meaning, Message, Occurrence

__all__ = [
    "MAKERS",
    "NONE",
    "Belief",
    "Meaning",
    "Message",
    "Moment",
    "Occurrence",
    "Part",
    "Parts",
    "Quirks",
    "boundary",
    "meaning",
    "meanings",
    "messages",
]
