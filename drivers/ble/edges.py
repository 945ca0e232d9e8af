"""Events found in what a field does from one piece of data to the next, each told once.

A device repeats what it says for as long as it likes, several receivers hear it, and one may be late: what was heard
under the same number within the last minute is the same event, whoever says so. A device whose battery was changed
counts from nought again, so no number is remembered for longer than that.
"""

from collections.abc import Iterator
from typing import Final

from config.bluetooth import BluetoothEvent
from drivers.ble.decoded import Fields, Occurrence
from drivers.ble.points import by_words, word
from wire.reading import Value

_RECENT_US: Final = 60_000_000
_MOST_REMEMBERED: Final = 512
"""Numbers of one event: more than a cuff keeps measurements, as some send all of them at each visit."""

_MOST_STEPS: Final = 20
"""Nobody presses more often between two advertisements: a counter that has grown by more has begun anew."""


class Edge:
    """One event of a device, and what is remembered to find it."""

    def __init__(self, event: BluetoothEvent) -> None:
        self._event = event
        self._stood = False
        self._number: str | None = None
        self._count: int | None = None
        self._recent: dict[str, int] = {}

    def happened(self, fields: Fields, at: int) -> Iterator[Occurrence]:
        """Yield what ``fields``, told at ``at`` (µs), say that happened since the last time."""
        value = fields.get(self._event.source)
        match self._event.edge:
            case "rises":
                found = self._rises(value, self._number_in(fields), at)
            case "counts":
                found = self._counts(value, at)
            case "packets":
                found = self._packets(value, self._number_in(fields), at)
            case "told":
                found = self._told(value, self._number_in(fields))
        for number in found:
            yield Occurrence(self._event.name, number, self._fields(fields))

    def _rises(self, value: Value, number: str, at: int) -> list[str]:
        if value is None:
            return []
        before, self._stood = self._stood, value in self._event.when
        if not self._stood:
            return []
        same = before and (not number or number == self._number)
        self._number = number
        known = self._is_recent(number, at)
        return [] if same or known else [number]

    def _packets(self, value: Value, number: str, at: int) -> list[str]:
        if not number or number == self._number:
            return []
        self._number = number
        if value is None or value not in self._event.when or self._is_recent(number, at):
            return []
        return [number]

    def _told(self, value: Value, number: str) -> list[str]:
        if value is None or (number and number in self._recent):
            return []
        self._remember(number, 0)
        return [number]

    def _counts(self, value: Value, at: int) -> list[str]:
        if not isinstance(value, int) or value < 0:
            return []
        if self._count is not None and value != self._count and self._is_recent(str(value), at):
            return []
        before, self._count = self._count, value
        self._remember(str(value), at)
        if before is None or value == before:
            return []
        modulo = self._event.modulo
        steps = (value - before) % modulo
        if steps > _MOST_STEPS:
            # begun anew and used since; or, where it stands higher than that, used nobody knows how often
            steps = value if value <= _MOST_STEPS else 1
        return [str((value - step) % modulo) for step in range(steps - 1, -1, -1)]

    def _number_in(self, fields: Fields) -> str:
        number = fields.get(self._event.number) if self._event.number else None
        return "" if number is None else word(number)

    def _is_recent(self, number: str, at: int) -> bool:
        """Tell whether ``number`` was heard within the last minute, and remember that it is heard now."""
        if not number:
            return False
        heard = self._recent.get(number)
        self._remember(number, at)
        return heard is not None and at - heard <= _RECENT_US

    def _remember(self, number: str, at: int) -> None:
        if number:
            self._recent.pop(number, None)
            self._recent[number] = at
            if len(self._recent) > _MOST_REMEMBERED:
                del self._recent[next(iter(self._recent))]

    def _fields(self, fields: Fields) -> dict[str, Value]:
        said = {name: by_words(one.words, fields.get(one.source)) for name, one in self._event.fields.items()}
        return {name: value for name, value in said.items() if value is not None}
