"""What a device tells, word for word: events with their source and data, in its maker's dialect."""

import datetime
from dataclasses import dataclass
from typing import Literal

from simulators.onvif.makers import Maker
from simulators.onvif.soap import NOTHING, Markup, join, tag

Operation = Literal["Initialized", "Changed", "Deleted"]
Item = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Event:
    """``extra`` are ElementItems. ``stays``: a state, known by topic and source until it is deleted."""

    topic: str
    source: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, Item], ...]
    extra: Markup = NOTHING
    stays: bool = True

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return which state this is of."""
        return self.topic, self.source


@dataclass(frozen=True, slots=True)
class Told:
    """An event as one subscriber gets it; ``at`` is the device's own time (µs)."""

    event: Event
    operation: Operation | None
    at: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A car that was seen: ``likelihood`` 0..1, ``direction`` forward or reverse, and where its picture is."""

    plate: str
    number: int
    likelihood: float = 0.93
    direction: str = "forward"
    lane: int = 1
    picture: str = ""


def timestamp(us: int) -> str:
    """Return ``us`` as xs:dateTime in UTC."""
    return datetime.datetime.fromtimestamp(us // 1_000_000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def alarm(maker: Maker, name: str, value: Item) -> Event:
    """Return that ``name`` (a key of a maker's alarms) is ``value`` now."""
    words = maker.alarm(name)
    return Event(words.topic, words.source, ((words.item, value),), stays=words.stays)


def state(topic: str, token: str, value: Item, *, name: str = "DoorToken", item: str = "State") -> Event:
    """Return a state of the thing ``token``, such as a door's mode or a relay's."""
    return Event(topic, ((name, token),), ((item, value),))


def access(topic: str, point: str, **data: str) -> Event:
    """Return what happened at the access point ``point``."""
    return Event(f"tns1:AccessControl/{topic}", (("AccessPointToken", point),), tuple(data.items()), stays=False)


def passed(maker: Maker, car: Passage, now_us: int) -> list[tuple[Event, Operation | None]]:
    """Return what this maker's camera tells of a car, and with which operation."""
    match maker.plates:
        case "hikvision":
            return [(_hikvision(car), "Changed")]
        case "axis":
            return [(_axis(car, step, now_us), None) for step in ("new", "update", "lost")]
        case "profile-m":
            return [(_profile_m(car), None)]
        case "metadata":
            return []


def _profile_m(car: Passage) -> Event:
    likelihood = {"Likelihood": f"{car.likelihood:g}"}
    info = tag(
        "tt:LicensePlateInfo",
        tag("tt:PlateNumber", car.plate, attributes=likelihood),
        tag("tt:PlateType", "Normal", attributes={"Likelihood": "0.8"}),
        tag("tt:CountryCode", "CN", attributes={"Likelihood": "0.99"}),
    )
    return Event(
        "tns1:RuleEngine/Recognition/LicensePlate",
        (("VideoSource", "VideoSource_1"), ("Rule", "LPR_1")),
        (("Likelihood", car.likelihood), ("ImageURI", car.picture)),
        tag("tt:ElementItem", info, attributes={"Name": "LicensePlateInfo"}),
        stays=False,
    )


def _hikvision(car: Passage) -> Event:
    source = (
        ("VideoSourceConfigurationToken", "VideoSourceToken"),
        ("VideoAnalyticsConfigurationToken", "VideoAnalyticsToken"),
        ("Rule", "MyVehicleDetector"),
    )
    data = (
        ("PlateNumber", car.plate),
        ("Likelihood", round(car.likelihood * 100)),
        ("Nation", "AP"),
        ("Country", "China"),
        ("VehicleLaneNumber", car.lane),
        ("VehicleDirection", car.direction),
        ("PictureUri", car.picture),
    )
    return Event("tns1:RuleEngine/VehicleDetector/tnshik:Vehicle", source, data, stays=False)


def _axis(car: Passage, step: str, now_us: int) -> Event:
    data = (
        ("carMoveDirection", {"forward": "in", "reverse": "out"}.get(car.direction, "unknown")),
        ("carState", step),
        ("carID", car.number),
        ("capture_timestamp", now_us // 1000),
        ("country", "CHN"),
        ("listName", ""),
        ("text", car.plate),
    )
    return Event("tnsaxis:CameraApplicationPlatform/LPR", (), data, stays=False)


def notification(told: Told, maker: Maker) -> Markup:
    """Return the NotificationMessage that tells it."""
    operation = "Initialized" if maker.always_initialized else told.operation
    attributes = {"UtcTime": timestamp(told.at)}
    if operation is not None:
        attributes["PropertyOperation"] = operation
    event = told.event
    source = (_simple(name, value) for name, value in event.source)
    data = (_simple(name, _spelled(value, maker)) for name, value in event.data)
    message = tag(
        "tt:Message",
        tag("tt:Source", join(*source)),
        tag("tt:Data", join(*data, event.extra)),
        attributes=attributes,
    )
    topic = tag("wsnt:Topic", event.topic, attributes={"Dialect": maker.dialect})
    return tag("wsnt:NotificationMessage", topic, tag("wsnt:Message", message))


def _simple(name: str, value: str) -> Markup:
    return tag("tt:SimpleItem", attributes={"Name": name, "Value": value})


def _spelled(value: Item, maker: Maker) -> str:
    if isinstance(value, bool):
        return str(int(value)) if maker.one_zero else str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
