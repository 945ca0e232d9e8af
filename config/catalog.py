"""The catalogue in hand: device classes and vendor profiles, each loaded when first asked for and checked."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from config.device_class import (
    ClassArgument,
    ClassCommand,
    ClassEscalation,
    ClassEvent,
    ClassPoint,
    ClassRule,
    DeviceClass,
    Level,
    LevelInfo,
)
from config.duration import parse_duration, parse_hold
from config.fitting import mismatches
from config.profile import Profile

__all__ = [
    "CatalogError", "ClassArgument", "ClassCommand", "ClassEscalation", "ClassEvent", "ClassPoint", "ClassRule",
    "DeviceClass", "Level", "LevelInfo", "class_names", "collector_rules", "common_rules", "levels", "load_class",
    "load_profile", "profile_ids", "read_profile",
]  # fmt: skip

_HOME = Path(__file__).parent
_COMMON = "common"

_Model = TypeVar("_Model")


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
        "carried": raw.get("carried", False),
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
def collector_rules() -> tuple[tuple[str, ClassRule], ...]:
    """Return the default rules that the collector judges, each with the class of the devices it is about."""
    return tuple((name, rule) for name in class_names() for rule in load_class(name).rules if rule.at == "collector")


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
    wrong += mismatches(found, load_class(found.kind))
    if wrong:
        raise CatalogError(f"profiles/{profile}.yaml: " + "; ".join(wrong))
    return found


_TIMES = ("period", "moves_within", "clear_for", "repeat", "acknowledge_within", "escalate_after")
_LISTS = ("between", "place", "people", "escalate")


def _entries(raw: Mapping[str, Any], section: str, name: str) -> list[dict[str, Any]]:
    """Turn a section's mapping of id to body into bodies that carry their id, with durations as seconds."""
    return [{name: key} | dict(_fields(body)) for key, body in (raw.get(section) or {}).items()]


def _fields(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for field, value in body.items():
        if field == "for":
            yield from zip(("for_s", "for_readings"), parse_hold(str(value)), strict=True)
        elif field in _TIMES or field == "after":
            yield f"{field}_s", parse_duration(str(value))
        elif field in _LISTS:
            several = value if isinstance(value, list) else [value]
            yield field, [dict(_fields(each)) if isinstance(each, dict) else each for each in several]
        else:
            yield field, value


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
