"""Alerts for whom persons are none of their business: that a gate asks for a guard, and not whose car stands there."""

from collections.abc import Mapping
from typing import Final

from collector.api import alarm_models
from wire.reading import Value

TELLING: Final = frozenset({"plate", "near", "person_ref", "household_ref", "tag", "credential"})
"""Fields of events that name somebody, or what somebody carries or drives; an alert has those of what raised it."""

HIDDEN: Final = "•••"


def without_persons(alert: alarm_models.Alert) -> alarm_models.Alert:
    """Return the alert with no word of who it was; the same one where it has none."""
    told = _told(alert.values)
    if not told:
        return alert
    kept = {name: value for name, value in alert.values.items() if name not in TELLING}
    facts = [fact for fact in alert.facts if str(fact.value) not in told]
    text = sentences_without_persons(alert.text, alert.values)
    return alert.model_copy(update={"values": kept, "facts": facts, "text": text})


def sentences_without_persons(text: Mapping[str, str], values: Mapping[str, Value]) -> dict[str, str]:
    """Return an alert's sentences by language with no word of those that its ``values`` tell of."""
    told = _told(values)
    return {language: _without(said, told) for language, said in text.items()}


def flood_without_persons(flood: alarm_models.Flood) -> alarm_models.Flood:
    """Return the flood with no word of who its first alert was about."""
    return flood.model_copy(update={"first": without_persons(flood.first)})


def _told(values: Mapping[str, Value]) -> set[str]:
    return {str(value) for name, value in values.items() if name in TELLING and value not in (None, "")}


def _without(text: str, told: set[str]) -> str:
    for word in sorted(told, key=len, reverse=True):
        text = text.replace(word, HIDDEN)
    return text
