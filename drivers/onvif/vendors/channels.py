"""Of a recorder's stream, which events are of one channel: every channel is a device of its own, and hears all."""

import re
from typing import Final

from drivers.onvif.events.access import STATIONS

_HEAD: Final = 4096
_ISAPI: Final = re.compile(rb'<(?:dynC|c)hannelID>\s*(\d{1,6})\s*<|"(?:dynC|c)hannelID"\s*:\s*(\d{1,6})\b')
_DAHUA: Final = re.compile(rb"Code=(\w{1,60});action=\w{1,20};index=(\d{1,6})\b")
_INPUTS: Final = frozenset({"AlarmLocal", *STATIONS})
"""Dahua's codes whose index is an input or a door, and no channel."""


def is_of(body: bytes, channel: int) -> bool:
    """Tell whether an event is of ``channel`` (from 1), or names none: alarm inputs and doors belong to whoever hears.

    Hikvision counts channels from 1, with 0 for the whole device; Dahua from 0.
    """
    head = body[:_HEAD]
    if said := _DAHUA.match(head):
        return said[1].decode() in _INPUTS or int(said[2]) + 1 == channel
    if b"AccessControllerEvent" in head:
        return True
    found = _ISAPI.search(head)
    return found is None or int(found[1] or found[2]) in (0, channel)
