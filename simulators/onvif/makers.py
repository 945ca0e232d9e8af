"""What makers do differently, as data: their words for what happens, and where they leave the specification."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Plates = Literal["profile-m", "hikvision", "axis", "metadata"]
Words = Literal["", "isapi", "dahua"]
CONCRETE: Final = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
SIMPLE: Final = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Simple"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A topic with its source, and the data item that says what is so; ``stays``: it is a state, no single event."""

    topic: str
    source: tuple[tuple[str, str], ...]
    item: str
    stays: bool = True


def _rule(topic: str, rule: str, item: str, *, stays: bool = True) -> Alarm:
    source = (
        ("VideoSourceConfigurationToken", "VideoSourceConfig_1"),
        ("VideoAnalyticsConfigurationToken", "VideoAnalytics_1"),
        ("Rule", rule),
    )
    return Alarm(topic, source, item, stays)


def _video(topic: str, name: str = "Source", token: str = "VideoSource_1", item: str = "State") -> Alarm:  # noqa: S107 - a token of a video source
    return Alarm(topic, ((name, token),), item)


_SPECIFIED: Final[Mapping[str, Alarm]] = {
    "motion": _rule("tns1:RuleEngine/CellMotionDetector/Motion", "MyMotionDetectorRule", "IsMotion"),
    "line": _rule("tns1:RuleEngine/LineDetector/Crossed", "MyLineDetectorRule", "ObjectId", stays=False),
    "tamper": _video("tns1:VideoSource/GlobalSceneChange/ImagingService"),
    "input": Alarm("tns1:Device/Trigger/DigitalInput", (("InputToken", "Input_1"),), "LogicalState"),
    "bell": Alarm("tns1:Device/Trigger/DigitalInput", (("InputToken", "Bell_1"),), "LogicalState"),
}


@dataclass(frozen=True, slots=True)
class Maker:
    """A maker's habits.

    ``dialect``: of topics. ``one_zero``: booleans are 1 and 0. ``always_initialized``: PropertyOperation says nothing
    (TP-Link). ``batches``: every change tells all states again (Reolink). ``relative``: a subscription's address is
    a path. ``hurried``: a poll with nothing to tell is answered at once. ``synchronizes``: SetSynchronizationPoint is
    understood. ``clock_s``: how far its clock is ahead. ``since_1970``: it had no time yet and counts from 1970.
    ``elsewhere``: the host that its addresses name instead of its own. ``windowed``: a token's time must be near.
    ``words``: those that it has besides ONVIF, for its own stream and its calls. ``all_codes``: a stream of chosen
    codes is refused. ``plates`` in ``metadata`` are told in that stream (RTSP) and nowhere else.
    """

    manufacturer: str
    model: str
    firmware: str = "1.0.0"
    plates: Plates = "profile-m"
    alarms: Mapping[str, Alarm] = field(default_factory=lambda: _SPECIFIED)
    dialect: str = CONCRETE
    one_zero: bool = False
    always_initialized: bool = False
    batches: bool = False
    relative: bool = False
    hurried: bool = False
    synchronizes: bool = True
    clock_s: float = 0.0
    since_1970: bool = False
    elsewhere: str = ""
    windowed: bool = True
    words: Words = ""
    all_codes: bool = False

    def alarm(self, name: str) -> Alarm:
        """Return the words for ``name``: this maker's, else the specification's."""
        return self.alarms.get(name, _SPECIFIED[name])


MAKERS: Final[Mapping[str, Maker]] = {
    "specified": Maker("Linli", "Pretend Camera"),
    "hikvision": Maker(
        "HIKVISION",
        "DS-2CD4A26FWD-IZHS/P",
        plates="hikvision",
        alarms={
            "input": Alarm("tns1:Device/Trigger/tnshik:AlarmIn", (("AlarmInToken", "AlarmIn_1"),), "State"),
            "tamper": _rule("tns1:RuleEngine/TamperDetector/Tamper", "MyTamperDetectorRule", "IsTamper"),
        },
        words="isapi",
    ),
    "dahua": Maker("Dahua", "ITC413-PW4D-Z1", words="dahua"),
    "dahua-itc": Maker("Dahua", "ITC413-PW4D-IZ1", plates="metadata"),
    "axis": Maker(
        "AXIS",
        "P1455-LE-3",
        plates="axis",
        alarms={"motion": _video("tns1:VideoSource/MotionAlarm", token="0")},  # noqa: S106 - of a video source
        dialect=SIMPLE,
        one_zero=True,
    ),
    "tp-link": Maker(
        "TP-Link",
        "Tapo C250",
        alarms={
            "line": _rule(
                "tns1:RuleEngine/LineCrossDetector/LineCross", "MyLineCrossDetectorRule", "IsLineCross", stays=False
            ),
            "tamper": _rule("tns1:RuleEngine/TamperDetector/Tamper", "MyTamperDetectorRule", "IsTamper"),
        },
        always_initialized=True,
        synchronizes=False,
    ),
    "reolink": Maker(
        "Reolink",
        "Doorbell PoE",
        alarms={
            "motion": _video("tns1:VideoSource/MotionAlarm"),
            "bell": _video("tns1:RuleEngine/MyRuleDetector/Visitor", token="000"),  # noqa: S106 - of a video source
        },
        batches=True,
    ),
    "contrary": Maker(
        "No Name",
        "IPC",
        one_zero=True,
        relative=True,
        hurried=True,
        synchronizes=False,
        since_1970=True,
        elsewhere="192.168.1.64",
        windowed=False,
    ),
}
"""By the name in a community's file. ``contrary`` has every habit of the no-name makers at once."""
