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
from drivers.api.examines import Examined, Examines, Step
from drivers.api.explains import Decoding, Explained, Explains
from drivers.api.finds import Finds, Found
from drivers.api.overhears import AddressKind, Element, Guess, Overheard, Overhears
from drivers.api.pictures import MaskingMissing, MasksPictures, Picture
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
from drivers.api.registry import bus_types, driver_factory, finder, picture_masker, plate_reader, plate_watcher
from drivers.api.rounds import Round, Rounds, Turn
from drivers.api.scans import QUESTIONS, Confidence, Match, Scans, Searches, Sighting
from drivers.api.shows import SAME_S, Made, Shown, Shows, Why
from drivers.api.tells import Hear, Heard, Kept, Overrun, Presence, Tells
from drivers.api.videos import Glimpse, WatchesPlates

__all__ = [
    "BELIEVED",
    "OPENING",
    "QUESTIONS",
    "SAME_S",
    "AddressKind",
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
    "Element",
    "Examined",
    "Examines",
    "Executes",
    "Explained",
    "Explains",
    "Finds",
    "FollowsPassages",
    "Found",
    "Frame",
    "Glimpse",
    "Guess",
    "Hear",
    "Heard",
    "Interlocked",
    "Kept",
    "Lang",
    "LineLost",
    "Made",
    "MaskingMissing",
    "MasksPictures",
    "Match",
    "Misconfigured",
    "ModelsMissing",
    "NoPicture",
    "NotSupported",
    "Overheard",
    "Overhears",
    "Overrun",
    "Passage",
    "Picture",
    "PlateKind",
    "PlateRead",
    "Polls",
    "Presence",
    "ReadsPlates",
    "Receives",
    "Records",
    "Redacts",
    "Round",
    "Rounds",
    "Scans",
    "Searches",
    "Shown",
    "Shows",
    "Sighting",
    "Step",
    "TechnicianMustAct",
    "Tells",
    "Timeout",
    "Turn",
    "WatchesPlates",
    "Why",
    "bus_types",
    "driver_factory",
    "finder",
    "picture_masker",
    "plate_reader",
    "plate_watcher",
]
