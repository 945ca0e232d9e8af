"""Dahua's own events: the lines of ``eventManager``'s stream, and what its door stations send as JSON."""

from datetime import UTC, datetime
from typing import Any, Final

from drivers.api.errors import CorruptAnswer
from drivers.onvif.events.document import document, flat
from drivers.onvif.events.told import Message

_LONGEST_HEAD: Final = 400


def line(body: bytes) -> Message:
    """Return what ``Code=…;action=…;index=…;data={…}`` says; ``CorruptAnswer`` for another shape."""
    head, found, rest = body.partition(b";data=")
    if len(head) > _LONGEST_HEAD or not head.startswith(b"Code="):
        raise CorruptAnswer("no event of Dahua's")
    words = dict(part.partition("=")[::2] for part in head.decode("utf-8", "replace").strip().split(";"))
    said = document(rest) if found else {}
    return _message(words["Code"], words.get("action", ""), words.get("index", ""), said)


def event(said: dict[str, Any]) -> Message:
    """Return what a door station's JSON says; it names its kind or is about access."""
    inner = said["Data"] if isinstance(said.get("Data"), dict) else {}
    code = said.get("Code", "AccessControl")
    return _message(str(code), str(said.get("Action", "")), "", inner)


def _message(code: str, action: str, index: str, said: dict[str, Any]) -> Message:
    data = flat(said) | {"action": action.strip().lower()}
    when, zoned = _when(data)
    return Message("dahua", code, data, data.get("ReaderID") or index, "", when, zoned)


def _when(data: dict[str, str]) -> tuple[str, bool]:
    """``RealUTC`` is UTC. ``UTC`` alone is often the local time counted as if it were UTC: known by ``LocaleTime``
    saying the same. ``LocaleTime`` has no zone.
    """
    if data.get("RealUTC", "0") != "0":
        return data["RealUTC"], True
    counted, local = data.get("UTC", ""), data.get("LocaleTime", "")
    if not (counted.isascii() and counted.isdigit() and len(counted) <= 11):
        return local, False
    read = datetime.fromtimestamp(int(counted), UTC)
    return counted, local != "" and f"{read:%Y-%m-%d %H:%M:%S}" != local.strip()
