"""Bytes of any dialect to our events: which parser, then one table."""

from typing import Final

from drivers.api.errors import CorruptAnswer
from drivers.onvif.events import dahua, isapi
from drivers.onvif.events.access import METHODS
from drivers.onvif.events.document import document
from drivers.onvif.events.metadata import frames
from drivers.onvif.events.moments import moment
from drivers.onvif.events.notifications import notifications
from drivers.onvif.events.quirks import NONE, Quirks
from drivers.onvif.events.rows import Row, Said
from drivers.onvif.events.told import Meaning, Message, Occurrence, short
from drivers.onvif.events.topics import row
from drivers.onvif.events.tree import tree
from drivers.onvif.events.vehicles import colour, confidence, direction, kind, lane, plate, plate_type
from wire.reading import Value

MOST: Final = 500
"""Messages that are taken from one answer."""

_BOOLEANS: Final = {"1": "true", "0": "false"}
_LONGEST_PICTURE: Final = 500
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"


def messages(body: bytes) -> list[Message]:
    """Return what one answer, part or push says, by what it looks like; nothing for a sign of life. ``CorruptAnswer``
    for what is none of the dialects, or incomplete.
    """
    body = body.strip(_BLANK)
    if body.startswith(b"<"):
        root = tree(body)
        if root.tag == "EventNotificationAlert":
            return [isapi.alert(root)]
        if root.tag not in ("Envelope", "Notify", "PullMessagesResponse", "MetadataStream"):
            raise CorruptAnswer("XML that tells no events")
        found = frames(root) if root.tag == "MetadataStream" else notifications(root)
        return [message for _, message in zip(range(MOST), found, strict=False)]
    if body.startswith(b"Code="):
        return [dahua.line(body)]
    if body == b"Heartbeat":
        return []
    if not body.startswith(b"{"):
        raise CorruptAnswer("neither XML nor JSON nor a line of events")
    said = document(body)
    if "eventType" in said or isapi.ACCESS in said:
        return [isapi.alert_of_json(said)]
    if isinstance(said.get("Data"), dict):
        return [dahua.event(said)]
    raise CorruptAnswer("JSON that tells no events")


def meaning(message: Message, received: int, quirks: Quirks = NONE) -> Meaning | None:
    """Return what a message means (``received`` in µs); ``None`` where it is nothing of ours."""
    found = row(message.dialect, message.topic)
    if found is None or message.operation == "deleted":
        return None
    said = _said(found, message)
    if said is None or said == Said():
        return None
    taken = _taken(found, message, quirks)
    picture, number = str(taken.pop("picture", "")), str(taken.pop("number", ""))
    event = said.event
    taken = {} if said.plain else taken
    if event == "plate_read" and "plate" not in taken:
        event, taken = "motion", _unread(taken)
    if event == "io":
        taken.setdefault("input", short(message.source))
    if event and _happens(found, said, message, quirks):
        if number and found.dated and message.when:
            number = f"{number}@{short(message.when)}"
        occurrence = Occurrence(event, number, {**taken, **said.fields})
    else:
        occurrence = None
    when = moment(message.when, message.zoned and not quirks.local_time, received)
    return Meaning(short(message.source), said.values, occurrence, when, received, picture)


def meanings(body: bytes, received: int, quirks: Quirks = NONE) -> list[Meaning]:
    """Return what one answer, part or push means, in its order; what is nothing of ours is not among it."""
    found = (meaning(message, received, quirks) for message in messages(body))
    return [one for one in found if one is not None]


def _said(found: Row, message: Message) -> Said | None:
    """Return what the deciding word means; ``None`` for a word that nobody has described."""
    if not found.keys:
        return found.says[""]
    word = next((message.data[key] for key in found.keys if key in message.data), None)
    if word is None:
        return None
    word = word.strip().lower()
    return found.says.get(word) or found.says.get(_BOOLEANS.get(word, word))


def _happens(found: Row, said: Said, message: Message, quirks: Quirks) -> bool:
    if message.operation == "initial":
        return quirks.initial_happens and said.fields.get("state") is not False
    return not (message.operation == "repeated" and found.lasts)


def _taken(found: Row, message: Message, quirks: Quirks) -> dict[str, Value]:
    taken: dict[str, Value] = {}
    numbers: list[str] = []
    for key, field in found.takes:
        text = message.data.get(key, "")
        if not text or (field in taken and field != "number"):
            continue
        if field == "number":
            numbers.append(short(text))
            continue
        value = _field(field, text, found.full, quirks)
        if value is not None and value != "":
            taken[field] = value
    if any(numbers):
        taken["number"] = "-".join(numbers)
    kind_of_plate = plate_type(str(taken.get("plate") or "?"), str(taken.get("plate_colour", "")))
    if kind_of_plate is not None:
        taken["plate_type"] = kind_of_plate
    return taken


def _field(field: str, text: str, full: float, quirks: Quirks) -> Value:
    match field:
        case "plate":
            return plate(text)
        case "confidence":
            return confidence(text, full)
        case "lane":
            return lane(text)
        case "direction":
            return direction(text, quirks.facing)
        case "plate_colour" | "vehicle_colour":
            return colour(text)
        case "vehicle_type" | "object" | "kind":
            return kind(text)
        case "credential":
            return METHODS.get(text.strip())
        case "picture":
            return text.strip() if len(text) <= _LONGEST_PICTURE and text.isprintable() else None
        case _:
            return short(text)


def _unread(taken: dict[str, Value]) -> dict[str, Value]:
    """Return the fields of a vehicle that passed and whose plate nobody could read: a passage, and no plate."""
    kept = {name: value for name, value in taken.items() if name in ("lane", "direction")}
    seen = taken.get("vehicle_type")
    return {"kind": "passage", **({} if seen is None else {"object": seen}), **kept}
