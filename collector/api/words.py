"""Catalogue words for what gateways report: names of classes, points, values and commands in both languages."""

from functools import cache

from collector.api.models import Words
from config.address import Text
from config.catalog import CatalogError, DeviceClass, common_rules, load_class
from config.device_class import Privacy


@cache
def _class(kind: str) -> DeviceClass | None:
    try:
        return load_class(kind)
    except CatalogError:
        return None


def class_words(kind: str) -> Words:
    """Return the name of a device class; the id itself where the catalogue has none."""
    found = _class(kind)
    return _words(found.name if found else None, kind)


def point_words(kind: str, key: str) -> Words:
    """Return the name of a point of a class; the key itself where the catalogue has none."""
    found = _class(kind)
    point = found.point(key) if found else None
    return _words(point.text if point else None, key)


def point_unit(kind: str, key: str) -> str:
    """Return the unit of a point of a class, empty where it has none or the catalogue has no such point."""
    found = _class(kind)
    point = found.point(key) if found else None
    return point.unit if point else ""


def value_words(kind: str, key: str) -> dict[str, Words] | None:
    """Return the names of an enum's words or of a bool's ``true`` and ``false``, ``None`` where there are none."""
    found = _class(kind)
    point = found.point(key) if found else None
    named = [*point.values.items(), *point.words.items()] if point else []
    return {word: _words(text, word) for word, text in named} or None


def command_words(kind: str, name: str) -> Words:
    """Return the name of a command of a class; the name itself where the catalogue has none."""
    found = _class(kind)
    command = found.command(name) if found else None
    return _words(command.text if command else None, name)


def rule_words(kind: str, rule: str) -> Words:
    """Return the name of a rule of a class, or of one that all classes share; the id itself where there is none."""
    found = _class(kind)
    known = (found.rule(rule) if found else None) or next((one for one in common_rules() if one.id == rule), None)
    return _words(known.text if known else None, rule)


def event_words(kind: str, name: str) -> Words:
    """Return the name of an event of a class; the name itself where the catalogue has none."""
    found = _class(kind)
    event = found.event(name) if found else None
    return _words(event.text if event else None, name)


def event_privacy(kind: str, name: str) -> Privacy:
    """Return how far an event tells of a person; personal where the catalogue does not know it."""
    if name == "event_flood":
        return "none"
    found = _class(kind)
    event = found.event(name) if found else None
    return event.pii if event else "personal"


def _words(text: Text | None, otherwise: str) -> Words:
    return Words(zh=text.zh, en=text.en) if text else Words(zh=otherwise, en=otherwise)
