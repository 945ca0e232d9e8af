"""The table: which topic of which dialect is which of our events. Everything that a maker calls otherwise is here."""

from collections.abc import Mapping
from typing import Final

from drivers.onvif.events.access import CONTROLLER, DOORS, STATIONS
from drivers.onvif.events.rows import Row, Said, flag, pulse

LINE: Final = (("ObjectId", "object_id"), ("Rule", "rule"), ("Direction", "direction"))
AREA: Final = (("ObjectId", "object_id"), ("Rule", "rule"))
IO: Final = {
    "true": Said("io", {"alarm_input": True}, {"state": True}),
    "false": Said("io", {"alarm_input": False}, {"state": False}),
}
PASSAGE: Final = Said("plate_read")

ONVIF: Final[Mapping[str, Row]] = DOORS | {
    "VideoSource/MotionAlarm": flag("motion", "moving", kind="motion"),
    "RuleEngine/CellMotionDetector/Motion": flag("motion", "moving", "IsMotion", "State", kind="motion"),
    "RuleEngine/MotionRegionDetector/Motion": flag("motion", "moving", "State", "IsMotion", kind="motion"),
    "CameraApplicationPlatform/VMD/*": flag("motion", "moving", "active", kind="motion"),
    "RuleEngine/MyRuleDetector/PeopleDetect": flag("motion", "moving", kind="person"),
    "RuleEngine/MyRuleDetector/FaceDetect": flag("motion", "moving", kind="person"),
    "RuleEngine/MyRuleDetector/VehicleDetect": flag("motion", "moving", kind="vehicle"),
    "RuleEngine/MyRuleDetector/DogCatDetect": flag("motion", "moving", kind="animal"),
    "RuleEngine/MyRuleDetector/Visitor": flag("doorbell", ""),
    "RuleEngine/PeopleDetector/People": flag("motion", "moving", "IsPeople", kind="person"),
    "RuleEngine/TPSmartEventDetector/TPSmartEvent": flag(
        "motion", "moving", "IsPeople", "IsVehicle", "IsPet", kind="motion"
    ),
    "RuleEngine/FieldDetector/ObjectsInside": flag("motion", "moving", "IsInside", takes=AREA, kind="intrusion"),
    "RuleEngine/LoiteringDetector/ObjectIsLoitering": pulse("motion", *AREA, kind="loitering"),
    "RuleEngine/LineDetector/Crossed": pulse("line_crossed", *LINE),
    "RuleEngine/LineDetector/Crossing": pulse("line_crossed", *LINE),
    "RuleEngine/LineCrossDetector/LineCross": flag("line_crossed", "", "IsLineCross", takes=LINE),
    "RuleEngine/TamperDetector/Tamper": flag("camera_tamper", "", "IsTamper", "State", kind="tamper"),
    "VideoSource/GlobalSceneChange/*": flag("camera_tamper", "", kind="moved"),
    "VideoSource/ImageTooDark/*": flag("camera_tamper", "", kind="dark"),
    "VideoSource/ImageTooBlurry/*": flag("camera_tamper", "", kind="defocus"),
    "VideoSource/Tampering": flag("camera_tamper", "", "State", "tampering", kind="covered"),
    "Device/Trigger/DigitalInput": Row(IO, ("LogicalState", "State")),
    "Device/Trigger/AlarmIn": Row(IO, ("State", "LogicalState")),
    "Device/IO/Port": Row(IO, ("state", "State")),
    "RuleEngine/Recognition/LicensePlate": Row(
        {"": PASSAGE},
        takes=(
            ("LicensePlateInfo.PlateNumber", "plate"),
            ("LicensePlateInfo.PlateNumber.Likelihood", "confidence"),
            ("Likelihood", "confidence"),
            ("LicensePlateInfo.CountryCode", "country"),
            ("LicensePlateInfo.Color", "plate_colour"),
            ("VehicleInfo.Type", "vehicle_type"),
            ("VehicleInfo.Color", "vehicle_colour"),
            ("ImageURI", "picture"),
        ),
    ),
    "RuleEngine/VehicleDetector/Vehicle": Row(
        {"": PASSAGE},
        takes=(
            ("PlateNumber", "plate"),
            ("Likelihood", "confidence"),
            ("Country", "country"),
            ("VehicleLaneNumber", "lane"),
            ("VehicleDirection", "direction"),
            ("PlateColor", "plate_colour"),
            ("VehicleColor", "vehicle_colour"),
            ("VehicleType", "vehicle_type"),
            ("PictureUri", "picture"),
        ),
        full=100.0,
    ),
    "CameraApplicationPlatform/LPR": Row(
        {"new": PASSAGE, "update": PASSAGE, "lost": Said()},
        ("carState",),
        (("text", "plate"), ("country", "country"), ("carMoveDirection", "direction"), ("carID", "number")),
        dated=False,
    ),
}

METADATA: Final[Mapping[str, Row]] = {
    "LicensePlate": Row(
        {"": PASSAGE},
        takes=(
            ("LicensePlateInfo.PlateNumber", "plate"),
            ("LicensePlateInfo.PlateNumber.Likelihood", "confidence"),
            ("LicensePlateInfo.CountryCode", "country"),
            ("LicensePlateInfo.Color", "plate_colour"),
            ("VehicleInfo.Type", "vehicle_type"),
            ("VehicleInfo.Color", "vehicle_colour"),
            ("Property.Direction", "direction"),
            ("Property.Lane", "lane"),
            ("LicensePlateInfo.Image", "picture"),
            ("VehicleInfo.Image", "picture"),
            ("ObjectId", "number"),
            ("LicensePlateInfo.PlateNumber", "number"),
        ),
        dated=False,
    ),
}

REGION: Final = (
    ("DetectionRegionEntry.detectionTarget", "object"),
    ("DetectionRegionEntry.regionID", "region"),
    ("detectionTarget", "object"),
    ("regionID", "region"),
)


def _alert(event: str, point: str = "", takes: tuple[tuple[str, str], ...] = REGION, **fields: str) -> Row:
    """Return a row for an alert of ISAPI, whose state is active or inactive."""
    on, off = ({point: True}, {point: False}) if point else ({}, {})
    return Row({"active": Said(event, on, fields), "inactive": Said("", off)}, ("eventState",), takes)


ISAPI: Final[Mapping[str, Row]] = {
    "ANPR": Row(
        {"": PASSAGE},
        takes=(
            ("ANPR.licensePlate", "plate"),
            ("ANPR.confidenceLevel", "confidence"),
            ("ANPR.line", "lane"),
            ("ANPR.direction", "direction"),
            ("ANPR.plateColor", "plate_colour"),
            ("ANPR.vehicleType", "vehicle_type"),
            ("vehicleInfo.color", "vehicle_colour"),
            ("pictureInfo.fileName", "picture"),
            ("UUID", "number"),
        ),
        full=100.0,
        dated=False,
        lasts=False,
    ),
    "VMD": _alert("motion", "moving", kind="motion"),
    "fielddetection": _alert("motion", "moving", kind="intrusion"),
    "regionEntrance": _alert("motion", "moving", kind="intrusion"),
    "loitering": _alert("motion", "moving", kind="loitering"),
    "linedetection": _alert("line_crossed"),
    "shelteralarm": _alert("camera_tamper", takes=(), kind="covered"),
    "scenechangedetection": _alert("camera_tamper", takes=(), kind="moved"),
    "defocus": _alert("camera_tamper", takes=(), kind="defocus"),
    "IO": Row({"active": IO["true"], "inactive": IO["false"]}, ("eventState",), (("inputIOPortID", "input"),)),
    "AccessControllerEvent": CONTROLLER,
}


def _action(event: str, point: str = "", takes: tuple[tuple[str, str], ...] = (), **fields: str) -> Row:
    """Return a row for an event of Dahua's, which starts and stops, or is over at once."""
    on, off = ({point: True}, {point: False}) if point else ({}, {})
    said = Said(event, on, fields)
    return Row({"start": said, "pulse": Said(event, {}, fields), "stop": Said("", off)}, ("action",), takes)


OBJECT: Final = (("Object.ObjectType", "object"), ("Name", "rule"), ("Direction", "direction"), ("EventID", "number"))
DAHUA: Final[Mapping[str, Row]] = STATIONS | {
    "VideoMotion": _action("motion", "moving", kind="motion"),
    "SmartMotionHuman": _action("motion", "moving", kind="person"),
    "SmartMotionVehicle": _action("motion", "moving", kind="vehicle"),
    "CrossRegionDetection": _action("motion", "moving", OBJECT, kind="intrusion"),
    "CrossLineDetection": _action("line_crossed", "", OBJECT),
    "VideoBlind": _action("camera_tamper", kind="covered"),
    "SceneChange": _action("camera_tamper", kind="moved"),
    "VideoUnFocus": _action("camera_tamper", kind="defocus"),
    "AlarmLocal": Row({"start": IO["true"], "stop": IO["false"]}, ("action",)),
    "TrafficJunction": Row(
        {"pulse": PASSAGE, "start": PASSAGE, "stop": Said()},
        ("action",),
        (
            ("TrafficCar.PlateNumber", "plate"),
            ("Object.Text", "plate"),
            ("Object.Confidence", "confidence"),
            ("Lane", "lane"),
            ("TrafficCar.DrivingDirection", "direction"),
            ("TrafficCar.PlateColor", "plate_colour"),
            ("TrafficCar.VehicleColor", "vehicle_colour"),
            ("Vehicle.Category", "vehicle_type"),
            ("EventID", "number"),
        ),
        full=255.0,
    ),
}

TABLE: Final[Mapping[str, Mapping[str, Row]]] = {"onvif": ONVIF, "metadata": METADATA, "isapi": ISAPI, "dahua": DAHUA}


def row(dialect: str, topic: str) -> Row | None:
    """Return the row of a topic, or that of every topic below its parent; ``None`` for what is none of ours."""
    rows = TABLE[dialect]
    found = rows.get(topic)
    return found if found is not None else rows.get(f"{topic.rpartition('/')[0]}/*")
