"""What a rule noticed: the changes of an alert's state, from raised to cleared."""

from enum import StrEnum

from msgspec import Struct

from wire.reading import Value


class Level(StrEnum):
    """The four warning levels (四级预警), most severe first; ``rank`` 1..4 equals GB/T 28181 AlarmPriority."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"

    @property
    def rank(self) -> int:
        return list(Level).index(self) + 1


class AlertState(StrEnum):
    """What a change did: it began, grew worse or milder (``changed``), its condition ended; or a person at the site
    took note of it, set it aside until a time, took it back, or reset it after its end.
    """

    RAISED = "raised"
    CHANGED = "changed"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    RESET = "reset"


class AlertChange(Struct, frozen=True, omit_defaults=True):
    """One change of one alert.

    ``alert`` names the occurrence (the same from raised to cleared, unique for ever); ``at`` is event time in
    microseconds since the epoch, UTC; ``since`` is when the condition began to hold. ``values`` are the points
    that decided it. ``text`` is the sentence for people by language (``zh``, ``en``). A latched alert stays
    open at the collector after ``cleared`` until a person resets it. ``who`` did what a person does, and why
    (``note``); ``until`` is when a shelved alert comes back, microseconds since the epoch, UTC. ``event`` is the event
    that raised it, where the rule is latched and asks for no more than that: a call, which others may hear as well.
    """

    alert: str
    rule: str
    device: str
    state: AlertState
    level: Level
    at: int
    since: int
    latched: bool = False
    values: dict[str, Value] = {}
    text: dict[str, str] = {}
    who: str = ""
    note: str = ""
    until: int = 0
    event: str = ""
