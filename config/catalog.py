"""The catalogue in hand: device classes and vendor profiles, each loaded when first asked for and checked."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from config.duration import parse_duration
from config.profile import Profile, RegisterPoint, Text

_HOME = Path(__file__).parent
_COMMON = "common"

_Model = TypeVar("_Model")

Level = Literal["red", "orange", "yellow", "blue"]
Kind = Literal["bool", "int", "float", "enum", "string", "counter"]


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
    pii: Literal["none", "personal", "sensitive"] = "none"
    note: str = ""
    source: str = ""


class ClassEvent(_Strict):
    """Something a device of the class can tell, and the names of what it tells with it."""

    name: str
    text: Text
    fields: tuple[str, ...] = ()
    pii: Literal["none", "personal", "sensitive"] = "none"
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


class ClassRule(_Strict):
    """A default rule of a class. One with ``needs`` uses operators that are not built yet, and one ``at`` the
    collector needs more than one gateway's sight; neither is in effect on a gateway (``effective``). ``action`` is a
    command of the class, which the gateway then does by itself, or words for people.
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
    enabled: bool = True
    between: str = ""
    escalate: dict[str, str] = {}
    action: str = ""
    at: Literal["gateway", "collector"] = "gateway"
    needs: tuple[str, ...] = ()
    source: str = ""

    @property
    def effective(self) -> bool:
        """Whether a gateway of this version can evaluate it."""
        return not self.needs and self.at == "gateway"


class LevelInfo(_Strict):
    """One of the four warning levels: how soon people must act, and how they are told."""

    text: Text
    rank: int
    acknowledge_within_s: float
    escalate_after_s: float
    channels: tuple[str, ...]


class DeviceClass(_Strict):
    """One device class of the catalogue."""

    id: str
    name: Text
    points: tuple[ClassPoint, ...] = ()
    events: tuple[ClassEvent, ...] = ()
    commands: tuple[ClassCommand, ...] = ()
    rules: tuple[ClassRule, ...] = ()

    def point(self, key: str) -> ClassPoint | None:
        """Return the point with ``key``, or ``None``."""
        return next((point for point in self.points if point.key == key), None)

    def command(self, name: str) -> ClassCommand | None:
        """Return the command with ``name``, or ``None``."""
        return next((command for command in self.commands if command.name == name), None)

    def rule(self, name: str) -> ClassRule | None:
        """Return the default rule with that id, or ``None``."""
        return next((rule for rule in self.rules if rule.id == name), None)


class CatalogError(Exception):
    """The catalogue has no such class or profile, or its file is wrong; ``str(error)`` says which and where."""


@cache
def class_names() -> tuple[str, ...]:
    """Return the ids of all device classes, sorted."""
    return tuple(sorted(path.stem for path in (_HOME / "classes").glob("*.yaml") if path.stem != _COMMON))


@cache
def load_class(name: str) -> DeviceClass:
    """Return the class ``name``, cached; ``CatalogError`` if there is none. Common rules are not among its own."""
    if name not in class_names():
        raise CatalogError(f"no device class {name}")
    raw = _read(_HOME / "classes" / f"{name}.yaml")
    shaped = {
        "id": name,
        "name": raw.get("name"),
        "points": _entries(raw, "points", "key"),
        "events": _entries(raw, "events", "name"),
        "commands": _entries(raw, "commands", "name"),
        "rules": _entries(raw, "rules", "id"),
    }
    return _valid(DeviceClass, shaped, f"classes/{name}.yaml")


@cache
def common_rules() -> tuple[ClassRule, ...]:
    """Return the default rules of any device that has their points."""
    raw = _read(_HOME / "classes" / f"{_COMMON}.yaml")
    return tuple(_valid(ClassRule, entry, "classes/common.yaml") for entry in _entries(raw, "rules", "id"))


@cache
def levels() -> dict[str, LevelInfo]:
    """Return the four warning levels by word, most severe first."""
    raw = _read(_HOME / "classes" / f"{_COMMON}.yaml")
    return {
        str(entry.pop("word")): _valid(LevelInfo, entry, "classes/common.yaml")
        for entry in _entries(raw, "levels", "word")
    }


@cache
def profile_ids() -> tuple[str, ...]:
    """Return the ids of all profiles of the project, sorted."""
    home = _HOME / "profiles"
    return tuple(sorted(path.relative_to(home).with_suffix("").as_posix() for path in home.rglob("*.yaml")))


def load_profile(profile: str) -> Profile:
    """Return the profile, checked against its class, cached; ``CatalogError`` if there is none or it is wrong."""
    if profile not in profile_ids():
        raise CatalogError(f"no profile {profile}")
    return read_profile(_HOME / "profiles", profile)


@cache
def read_profile(home: Path, profile: str) -> Profile:
    """Return ``profile`` from the tree of profile files below ``home``, checked; ``CatalogError`` if it is wrong."""
    found = _valid(Profile, _read(home / f"{profile}.yaml"), f"profiles/{profile}.yaml")
    wrong = [] if found.id == profile else [f"id {found.id} is not its path"]
    wrong += _mismatches(found)
    if wrong:
        raise CatalogError(f"profiles/{profile}.yaml: " + "; ".join(wrong))
    return found


def _mismatches(profile: Profile) -> list[str]:
    """Name everything in a profile that its class does not know."""
    kind, reported = load_class(profile.kind), profile.keys()
    wrong = [f"class {kind.id} has no point {key}" for key in reported if kind.point(key) is None]
    wrong += [f"class {kind.id} has no command {name}" for name in profile.commands if kind.command(name) is None]
    said: list[tuple[str, object]] = []
    for point in profile.points:
        if not point.internal:
            said += [(point.key, word) for word in point.words.values()]
    said += [(point.key, word) for item in profile.items for point in item.points for word in point.words.values()]
    for state in profile.states:
        words = [case.value for case in state.cases] + [state.otherwise, *state.after, *state.after.values()]
        said += [(state.key, word) for word in words]
    wrong += [
        f"{each.key}: moves_within {each.moves_within!r} is no duration" for each in profile.points if _no_time(each)
    ]
    for key, word in said:
        known = kind.point(key)
        if known is not None and known.kind == "enum" and word not in known.values:
            wrong.append(f"point {key} of class {kind.id} has no word {word}")
    return wrong


def _no_time(point: RegisterPoint) -> bool:
    try:
        return bool(point.moves_within) and parse_duration(point.moves_within) <= 0
    except ValueError:
        return True


_RENAMED = ("period", "moves_within", "for", "clear_for", "acknowledge_within", "escalate_after")


def _entries(raw: Mapping[str, Any], section: str, name: str) -> list[dict[str, Any]]:
    """Turn a section's mapping of id to body into bodies that carry their id, with durations as seconds."""
    entries = []
    for key, body in (raw.get(section) or {}).items():
        entry = {name: key}
        for field, value in body.items():
            if field in _RENAMED:
                entry[f"{field}_s"] = parse_duration(str(value))
            else:
                entry[field] = value
        entries.append(entry)
    return entries


def _read(path: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML  # only when a file is read: it costs 30 ms to import
    from ruamel.yaml.error import YAMLError

    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise CatalogError(f"{path.name}: {error}") from error
    if not isinstance(raw, dict):
        raise CatalogError(f"{path.name}: not a mapping")
    return raw


def _valid(model: type[_Model], raw: Mapping[str, Any], where: str) -> _Model:
    try:
        return TypeAdapter(model).validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CatalogError(f"{where}: {place}: {first['msg']}") from error
