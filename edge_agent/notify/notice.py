"""One message about an alarm on one channel, from its making to its end."""

import hashlib
from enum import StrEnum

from msgspec import Struct

from wire.alert import Level


class Kind(StrEnum):
    """Why people are told: it began, grew worse, nobody took note, it is over, or too many to tell one by one."""

    RAISED = "raised"
    WORSE = "worse"
    AGAIN = "again"
    OVER = "over"
    FLOOD = "flood"


class Fate(StrEnum):
    """What became of it. ``failed``: the other side will never take it. ``given_up``: too late, or needed no more."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class Notice(Struct, frozen=True, omit_defaults=True):
    """One message. Times are µs since the epoch, UTC.

    ``id`` is the same however often it is sent. ``group`` is the place whose floods it counts for. It is not sent
    before ``not_before``; one that is ``held`` waits for quiet hours to end, and is needed then only if the alarm
    still asks for people. ``count`` is how many alarms of a flood it stands for, ``reason`` why it was not sent yet or
    never, ``done_at`` when its fate was settled.
    """

    id: str
    channel: str
    kind: Kind
    alert: str
    rule: str
    device: str
    level: Level
    at: int
    made_at: int
    text: dict[str, str] = {}
    place: str = ""
    group: str = ""
    not_before: int = 0
    held: bool = False
    count: int = 1
    fate: Fate = Fate.PENDING
    reason: str = ""
    done_at: int = 0


def notice_id(*parts: object) -> str:
    """Return the id that is made of these parts: 32 hex digits."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
