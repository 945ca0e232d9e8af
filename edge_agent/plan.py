"""What the agent has to know of each device, taken once from settings and catalogue: points, periods, spans."""

from dataclasses import dataclass

from config.duration import parse_duration
from config.settings import DeviceSettings, GatewaySettings, PrivacySettings

_EVENT_PERIOD_S = 1.0
"""How often a point is asked for that the catalogue gives no period."""

MISSED = 3
"""A device that tells by itself is offline when so many of its signs of life did not come."""


@dataclass(frozen=True, slots=True)
class PointPlan:
    """One point of one device. ``on_change``: store it when it changes and as a heartbeat, not at every poll;
    ``low``/``high`` are the catalogue's physical span in the point's unit, ``None`` where it has none; a value that is
    the same for more than ``moves_within_s`` is stuck (0: it may stand still).
    """

    key: str
    kind: str
    unit: str
    values: tuple[str, ...]
    period_s: float
    on_change: bool
    low: float | None = None
    high: float | None = None
    moves_within_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device: which bus it is on and the points it has there; ``unit`` is its address on the bus, 0 for none.

    One that tells by itself is heard at least every ``silence_s`` (0: it is asked); its ``routine`` events happen all
    day and are stored with the history. ``signals`` are those of its commands that only call people. The points and
    events ``withheld`` are judged here and leave the box not at all, or, ``told_with_alarms``, with an alert alone.
    What it tells refers to no picture where there are to be none (``pictureless``).
    """

    id: str
    bus: str
    points: tuple[PointPlan, ...]
    unit: int = 0
    silence_s: float = 0.0
    routine: frozenset[str] = frozenset()
    signals: tuple[str, ...] = ()
    withheld: frozenset[str] = frozenset()
    told_with_alarms: bool = False
    pictureless: bool = False

    def keys(self) -> tuple[str, ...]:
        """Return the keys of all its points, in the profile's order."""
        return tuple(point.key for point in self.points)


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A configuration fit to run: the settings, and each device's plan by its id."""

    settings: GatewaySettings
    devices: dict[str, DevicePlan]


def plan_site(settings: GatewaySettings) -> SitePlan:
    """Return the plan of a whole configuration; ``CatalogError`` if the catalogue lacks a class."""
    return SitePlan(
        settings,
        {device.id: _plan(device, settings.privacy, not settings.pictures.kept) for device in settings.devices},
    )


def _plan(device: DeviceSettings, privacy: PrivacySettings, pictureless: bool) -> DevicePlan:
    from config.catalog import load_class  # brings a YAML parser along, which the running agent does without

    kind = load_class(device.profile.kind)
    points = []
    silence_s = _silence_s(device)
    own = device.profile.moves_within()
    for key in device.profile.points_on(device.options):
        point = kind.point(key)
        if point is None:
            continue
        low, high = point.range if point.range is not None and point.kind in ("int", "float") else (None, None)
        period_s = device.every_s or silence_s / MISSED or point.period_s or _EVENT_PERIOD_S
        on_change = point.report != "periodic"
        moves_s = parse_duration(own[key]) if own.get(key) else point.moves_within_s
        words = tuple(point.values)
        points.append(PointPlan(key, point.kind, point.unit, words, period_s, on_change, low, high, moves_s))
    routine = frozenset(event.name for event in kind.events if event.routine)
    signals = tuple(command.name for command in kind.commands if command.signal)
    with_alarms = privacy.whereabouts == "alarms"
    withheld = frozenset[str]() if privacy.whereabouts == "share" else kind.whereabouts()
    about = (device.id, device.bus, tuple(points), device.unit, silence_s, routine, signals)
    return DevicePlan(*about, withheld, with_alarms, pictureless)


def _silence_s(device: DeviceSettings) -> float:
    """Return for how long a device that tells by itself may be silent, 0 for one that is asked."""
    written = device.profile.silence
    return MISSED * device.every_s if written and device.every_s else parse_duration(written) if written else 0.0
