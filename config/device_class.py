"""What the catalogue says of a device class: its points, events, commands and default rules."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from config.address import Text

Level = Literal["red", "orange", "yellow", "blue"]
Kind = Literal["bool", "int", "float", "enum", "string", "counter"]
Privacy = Literal["none", "personal", "sensitive", "whereabouts"]
"""What it tells of people; ``whereabouts``: where somebody is, which leaves the box only as the site's file allows."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClassPoint(_Strict):
    """One telemetry key of a class. ``unit`` is UCUM-like ("" for none); ``range`` physical plausibility in it;
    ``period_s`` how often it is due (0: only when it happens); ``values`` the words of an enum, ``words`` what
    ``true`` and ``false`` mean on a bool. ``moves_within_s``: a value that stands still for longer is a frozen sensor's
    (0: it may stand still). ``source``: where the key comes from (letters: see classes/common.yaml).
    """

    key: str
    text: Text
    unit: str = ""
    kind: Kind
    range: tuple[float, float] | None = None
    values: dict[str, Text] = {}
    words: dict[Literal["true", "false"], Text] = {}
    period_s: float = 0.0
    moves_within_s: float = 0.0
    report: Literal["periodic", "on_change", "event"] = "periodic"
    pii: Privacy = "none"
    note: str = ""
    source: str = ""


class ClassEvent(_Strict):
    """Something a device of the class can tell, and the names of what it tells with it. ``routine``: it happens all
    day long, and is stored with the history unless it raised an alert.
    """

    name: str
    text: Text
    fields: tuple[str, ...] = ()
    routine: bool = False
    pii: Privacy = "none"
    note: str = ""
    source: str = ""


class ClassArgument(_Strict):
    """What a command takes."""

    text: Text
    kind: Literal["int", "string", "enum", "time", "duration"]
    range: tuple[int, int] | None = None
    default: int | None = None


class ClassCommand(_Strict):
    """A command of a class; ``role`` may ask for it. ``confirm``: the console asks twice. ``everywhere``: a rule that
    does it means every device of the class that can, not the one that raised the alert. ``signal``: it only calls
    people, so that it is tried no longer once somebody has come.
    """

    name: str
    text: Text
    role: Literal["operator", "admin"] = "operator"
    confirm: bool = False
    everywhere: bool = False
    signal: bool = False
    args: dict[str, ClassArgument] = {}
    note: str = ""


class ClassEscalation(_Strict):
    """When a standing alert becomes ``to``: ``after_s`` since it was raised, or once ``when`` holds."""

    to: Level
    after_s: float | None = None
    when: str | None = None


class ClassRule(_Strict):
    """A default rule of a class; for its keys see ``config.settings.RuleSettings``, for ``place`` and ``people`` a
    gateway file.

    One ``at`` the collector needs days, or more than one gateway's sight; there ``about`` names the field of its events
    that says which person or vehicle is judged: its points are then the fields of the newest event. ``action`` is a
    command of the class, which the gateway then does by itself, or words for people. ``patience``: a silence
    (``absent(any, ...)``) is no shorter than so many poll periods of the device.
    """

    id: str
    when: str
    level: Level
    text: Text
    for_s: float = 0.0
    for_readings: int = 0
    clear: str | None = None
    clear_for_s: float = 0.0
    latch: bool = False
    repeat_s: float = 0.0
    enabled: bool = True
    between: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    escalate: tuple[ClassEscalation, ...] = ()
    action: str = ""
    record: bool = True
    at: Literal["gateway", "collector"] = "gateway"
    about: Literal["", "person_ref", "plate"] = ""
    patience: int = 0
    source: str = ""


class LevelInfo(_Strict):
    """One of the four warning levels: how soon people must act, and how they are told."""

    text: Text
    rank: int
    acknowledge_within_s: float
    escalate_after_s: float
    channels: tuple[str, ...]


class DeviceClass(_Strict):
    """One device class of the catalogue. ``carried``: people wear it or carry it about, so that more than one gateway
    may hear it, and where it is heard tells where they are.
    """

    id: str
    name: Text
    carried: bool = False
    points: tuple[ClassPoint, ...] = ()
    events: tuple[ClassEvent, ...] = ()
    commands: tuple[ClassCommand, ...] = ()
    rules: tuple[ClassRule, ...] = ()

    def point(self, key: str) -> ClassPoint | None:
        """Return the point with ``key``, or ``None``."""
        return next((point for point in self.points if point.key == key), None)

    def event(self, name: str) -> ClassEvent | None:
        """Return the event with ``name``, or ``None``."""
        return next((event for event in self.events if event.name == name), None)

    def command(self, name: str) -> ClassCommand | None:
        """Return the command with ``name``, or ``None``."""
        return next((command for command in self.commands if command.name == name), None)

    def rule(self, name: str) -> ClassRule | None:
        """Return the default rule with that id, or ``None``."""
        return next((rule for rule in self.rules if rule.id == name), None)

    def whereabouts(self) -> frozenset[str]:
        """Return the keys of the points and the names of the events that tell where somebody is."""
        return frozenset(point.key for point in self.points if point.pii == "whereabouts") | {
            event.name for event in self.events if event.pii == "whereabouts"
        }

    def told(self, about: str) -> "DeviceClass":
        """Return the class of the persons or vehicles that events name by their field ``about``: such events' fields
        are its points, text all of them. The class itself where ``about`` is empty.
        """
        if not about:
            return self
        events = tuple(event for event in self.events if about in event.fields)
        names = dict.fromkeys(name for event in events for name in event.fields)
        points = tuple(ClassPoint(key=name, text=Text(zh=name, en=name), kind="string") for name in names)
        return self.model_copy(update={"points": points, "events": events})
