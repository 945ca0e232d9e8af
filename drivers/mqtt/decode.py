"""A message's bytes to readings and events, purely: JSON, pointers, then scaling, words, plausibility."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any, Final

import msgspec

from config.message import Message, MessageEvent, MessageField, MessagePoint, MessageTime
from drivers.api.errors import CorruptAnswer
from wire.event import Event
from wire.reading import Batch, Quality, Value

LARGEST: Final = 64 * 1024
"""Bytes; what says more at once is not one device's word."""

_LONGEST_TEXT: Final = 200
_AHEAD_US: Final = 5_000_000
_LARGEST_WHOLE: Final = 2**53
_NOTHING: Final = object()
_NO_VALUE: Final = (None, int(Quality.BAD))


def document(body: bytes) -> Any:
    """Return what a message's bytes say; ``CorruptAnswer`` for what is too large, too deep or not JSON."""
    if len(body) > LARGEST:
        raise CorruptAnswer(f"{len(body)} bytes in one message, {LARGEST} at most are taken")
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise CorruptAnswer(f"not JSON: {error}") from error


def readings(device: str, message: Message, said: Any, now: int) -> Batch | None:
    """Return the points that ``said`` holds, dated by the device or ``now`` (µs); ``None`` where it holds none."""
    keys: list[str] = []
    values: list[Value] = []
    qualities: list[int] = []
    for point in message.points:
        found = at(said, point.at)
        if found is _NOTHING or found is None:
            continue
        value, quality = _value(point, found)
        if point.key in keys:
            continue
        keys.append(point.key)
        values.append(value)
        qualities.append(quality)
    if not keys:
        return None
    good = not any(qualities)
    moment = _moment(message.time, said, now)
    return Batch(device, moment, tuple(keys), tuple(values), () if good else tuple(qualities))


def events(device: str, message: Message, said: Any, now: int) -> list[Event]:
    """Return what ``said`` says that happened; its ``id`` is the device's own number, with its own time where it gives
    one (counters begin anew), empty where it gives no number.
    """
    moment = _moment(message.time, said, now)
    return [
        Event(_number(event, message.time, said), device, event.name, moment, _fields(event.fields, said))
        for event in message.events
        if all(word(at(said, pointer)) in map(word, wanted) for pointer, wanted in event.when.items())
    ]


def at(said: Any, pointer: str) -> Any:
    """Return what stands at a JSON Pointer, a private mark where nothing does."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(said, dict):
            said = said.get(name, _NOTHING)
        elif isinstance(said, list) and name.isascii() and name.isdigit() and int(name[:6]) < len(said):
            said = said[int(name[:6])]
        else:
            return _NOTHING
    return said


def word(value: object) -> str | None:
    """Return a single value as profiles write it in ``words`` and ``when``; ``None`` for what is not a single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int | str) else None


def _value(point: MessagePoint, found: Any) -> tuple[Value, int]:
    if point.words:
        said = word(found)
        return (point.words[said], 0) if said in point.words else _NO_VALUE
    match point.type:
        case "bool":
            return (found, 0) if isinstance(found, bool) else _NO_VALUE
        case "text":
            return (found, 0) if isinstance(found, str) and _is_short(found) else _NO_VALUE
    number = _number_of(found)
    if number is None:
        return _NO_VALUE
    if point.scale != 1.0 or point.offset:
        number = number * point.scale + point.offset
    if point.whole:
        number = round(number) if isfinite(number) else number
    elif isinstance(number, float):
        number = float(f"{number:.12g}")
    if not isfinite(number) or (abs(number) > _LARGEST_WHOLE and isinstance(number, int)):
        return _NO_VALUE
    if point.plausible is not None and not point.plausible[0] <= number <= point.plausible[1]:
        return number, int(Quality.IMPLAUSIBLE)
    return number, 0


def _number_of(found: Any) -> int | float | None:
    """Return a finite number, ``None`` for anything else, a text that looks like one included."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if isfinite(found) and abs(found) < 1e15 else None


def _fields(wanted: Mapping[str, MessageField], said: Any) -> dict[str, Value]:
    """Return the fields that are there and make sense; the event is told without the others."""
    fields: dict[str, Value] = {}
    for name, where in wanted.items():
        found = at(said, where.at)
        if where.words:
            found = where.words.get(word(found) or "")
        elif isinstance(found, str) and not _is_short(found):
            continue
        elif where.scale != 1.0:
            number = _number_of(found)
            found = None if number is None else float(f"{number * where.scale:.12g}")
        elif not isinstance(found, str | bool):
            found = _number_of(found)
        if found is not None:
            fields[name] = found
    return fields


def _number(event: MessageEvent, time: MessageTime | None, said: Any) -> str:
    found = None if event.id is None else word(at(said, event.id))
    if found is None or not _is_short(found):
        return ""
    told = None if time is None else word(at(said, time.at))
    return f"{found}@{told}" if told is not None and _is_short(told) else found


def _is_short(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TEXT and "\0" not in text


def _moment(time: MessageTime | None, said: Any, now: int) -> int:
    """Return when it was by the device, where that can be believed (µs); else ``now``."""
    if time is None:
        return now
    told = _told_time(time, at(said, time.at))
    return told if told is not None and now - time.late_s * 1e6 <= told <= now + _AHEAD_US else now


def _told_time(time: MessageTime, found: Any) -> int | None:
    if time.unit == "iso":
        try:
            moment = datetime.fromisoformat(found)
        except (TypeError, ValueError):
            return None
        return None if moment.tzinfo is None else round(moment.timestamp() * 1e6)
    number = _number_of(found)
    return None if number is None else round(number * (1e6 if time.unit == "s" else 1e3))


def presence(at_pointer: str, there: Sequence[object], gone: Sequence[object], body: bytes) -> bool | None:
    """Tell whether somebody says that the device is there or gone; ``None`` where neither is said. The message may be
    JSON or one plain word.
    """
    try:
        said = at(document(body), at_pointer)
    except CorruptAnswer:
        said = body[:_LONGEST_TEXT].decode("utf-8", "replace") if not at_pointer else None
    spoken = word(said)
    if spoken is None:
        return None
    return True if spoken in map(word, there) else False if spoken in map(word, gone) else None
