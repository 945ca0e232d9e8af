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
    """What a change did: it began, grew worse or milder (``changed``), or its condition ended."""

    RAISED = "raised"
    CHANGED = "changed"
    CLEARED = "cleared"


class AlertChange(Struct, frozen=True, omit_defaults=True):
    """One change of one alert.

    ``alert`` names the occurrence (the same from raised to cleared, unique for ever); ``at`` is event time in
    microseconds since the epoch, UTC; ``since`` is when the condition began to hold. ``values`` are the points
    that decided it. ``text`` is the sentence for people by language (``zh``, ``en``). A latched alert stays
    open at the collector after ``cleared`` until a person resets it.
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
