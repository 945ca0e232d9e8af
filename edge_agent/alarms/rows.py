"""An alarm as JSON-able data, for whoever looks at the box: the command line, a screen."""

from typing import Any

import msgspec

from edge_agent.alarms.alarm import Alarm
from edge_agent.alarms.book import AlarmBook


def alarm_row(book: AlarmBook, alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as it stands in ``book`` now."""
    shelf = book.shelf_of(alarm)
    return {
        "key": alarm.key,
        "alert": alarm.alert,
        "rule": alarm.rule,
        "device": alarm.device,
        "level": alarm.level.value,
        "state": book.standing_of(alarm).value,
        "raised_at": alarm.raised_at,
        "ended_at": alarm.ended_at,
        "latched": alarm.latched,
        "text": alarm.text,
        "ack": None if alarm.ack is None else _named(alarm.ack),
        "shelf": None if shelf is None else _named(shelf),
    }


def _named(record: msgspec.Struct) -> dict[str, Any]:
    return {name: msgspec.to_builtins(getattr(record, name)) for name in record.__struct_fields__}
