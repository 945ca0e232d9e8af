"""The only door to hardware: what drivers promise, how they fail, and how they are found."""

from drivers.api.costs import Cost, Costs
from drivers.api.driver import Driver, DriverFactory, Executes, Polls
from drivers.api.errors import (
    AnswerLost,
    CorruptAnswer,
    DeviceMustRecover,
    DeviceRefused,
    DriverError,
    Interlocked,
    LineLost,
    Misconfigured,
    NotSupported,
    TechnicianMustAct,
    Timeout,
)
from drivers.api.explains import Decoding, Explained, Explains
from drivers.api.plates import (
    BELIEVED,
    OPENING,
    Direction,
    FollowsPassages,
    ModelsMissing,
    NoPicture,
    Passage,
    PlateKind,
    PlateRead,
    ReadsPlates,
)
from drivers.api.receives import Receives
from drivers.api.records import Frame, Lang, Records, Redacts
from drivers.api.registry import bus_types, driver_factory, plate_reader
from drivers.api.scans import QUESTIONS, Confidence, Match, Scans, Searches, Sighting
from drivers.api.tells import Hear, Heard, Kept, Overrun, Presence, Tells

__all__ = [
    "BELIEVED",
    "OPENING",
    "QUESTIONS",
    "AnswerLost",
    "Confidence",
    "CorruptAnswer",
    "Cost",
    "Costs",
    "Decoding",
    "DeviceMustRecover",
    "DeviceRefused",
    "Direction",
    "Driver",
    "DriverError",
    "DriverFactory",
    "Executes",
    "Explained",
    "Explains",
    "FollowsPassages",
    "Frame",
    "Hear",
    "Heard",
    "Interlocked",
    "Kept",
    "Lang",
    "LineLost",
    "Match",
    "Misconfigured",
    "ModelsMissing",
    "NoPicture",
    "NotSupported",
    "Overrun",
    "Passage",
    "PlateKind",
    "PlateRead",
    "Polls",
    "Presence",
    "ReadsPlates",
    "Receives",
    "Records",
    "Redacts",
    "Scans",
    "Searches",
    "Sighting",
    "TechnicianMustAct",
    "Tells",
    "Timeout",
    "bus_types",
    "driver_factory",
    "plate_reader",
]
