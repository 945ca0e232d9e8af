"""One alarm as the site sees it: its states after ISA-18.2, and what a person can say about it."""

import hashlib
from enum import StrEnum

from msgspec import Struct

from wire.alert import AlertState, Level


class Verb(StrEnum):
    """What a person does about an alarm."""

    ACK = "ack"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    RESET = "reset"

    @property
    def becomes(self) -> AlertState:
        """What the change of the alert is called."""
        return _BECOMES[self]


_BECOMES = {
    Verb.ACK: AlertState.ACKNOWLEDGED,
    Verb.SHELVE: AlertState.SHELVED,
    Verb.UNSHELVE: AlertState.UNSHELVED,
    Verb.RESET: AlertState.RESET,
}


class Standing(StrEnum):
    """Where an alarm stands between its condition and people; one that has returned and was acknowledged is no more."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    LATCHED = "latched"
    SHELVED = "shelved"


class Ack(Struct, frozen=True, array_like=True):
    """Who took note, and when by that person's own clock (µs)."""

    who: str
    at: int
    note: str = ""


class Shelf(Struct, frozen=True, array_like=True):
    """A rule on a device that a person set aside ``until`` then (µs), for alarms no worse than ``level``."""

    who: str
    at: int
    until: int
    note: str
    level: Level


class Alarm(Struct, frozen=True, omit_defaults=True):
    """One occurrence. Times are µs since the epoch, UTC; ``ended_at`` 0: its condition holds. What was acknowledged
    before ``worsened_at`` was a milder alarm.
    """

    alert: str
    rule: str
    device: str
    level: Level
    since: int
    raised_at: int
    latched: bool = False
    text: dict[str, str] = {}
    worsened_at: int = 0
    ended_at: int = 0
    ack: Ack | None = None

    @property
    def key(self) -> str:
        """A short name for people to type."""
        return hashlib.sha256(self.alert.encode()).hexdigest()[:6]

    def standing(self, shelf: Shelf | None) -> Standing:
        """Return where it stands, given the shelf it lies on."""
        if shelf is not None:
            return Standing.SHELVED
        if self.ended_at:
            return Standing.LATCHED if self.latched else Standing.RETURNED
        return Standing.UNACKNOWLEDGED if self.ack is None else Standing.ACKNOWLEDGED


class Deed(Struct, frozen=True):
    """What one person does about one alarm, named by its id or its short key; ``at`` by that person's own clock."""

    verb: Verb
    alert: str
    who: str
    at: int
    note: str = ""
    until: int = 0


class DeedRefused(Exception):
    """It is not done; ``word`` is stable: ``no_such_alert``, ``who_missing``, ``already_acknowledged``,
    ``acknowledged_before_it_worsened``, ``reason_missing``, ``until_past``, ``until_too_far``, ``not_shelved``,
    ``not_latched``, ``still_standing`` or ``unknown_verb``.
    """

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word, self.detail = word, detail
