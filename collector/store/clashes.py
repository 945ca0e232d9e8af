"""Two readings of one point at one instant: the same one is a duplicate, another one goes to the next free microsecond.

A clock that was set back shows the same instants again; what was measured then is as true as what was measured before.
This is the slow path of an upload, taken only when the database says that it passed over some of its rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, select

from collector.store.dialect import ReadingTuple
from collector.store.scope import Scope
from collector.store.tables import readings

_IN_LIMIT = 500
_AHEAD = 64
_Said = tuple[float | None, int, str | None]
"""value, quality, text: what a reading says."""


def store_beside(scope: Scope, rows: Sequence[ReadingTuple]) -> int:
    """Store those of ``rows`` beside each other that were passed over although they say something else than the reading
    that has their place; return how many. All the rows were offered to the database before.
    """
    by_series: dict[int, list[ReadingTuple]] = defaultdict(list)
    for row in rows:
        by_series[row[1]].append(row)
    return sum(_Places(scope, series).settle(own) for series, own in by_series.items())


class _Places:
    """The instants of one series around those in question, and what was said at each."""

    def __init__(self, scope: Scope, series: int) -> None:
        self._scope, self._series = scope, series
        self._held: dict[int, _Said | None] = {}
        self._runs: dict[int, tuple[set[_Said], int]] = {}

    def settle(self, rows: Sequence[ReadingTuple]) -> int:
        """Return how many of the rows of this series had to be stored beside."""
        self._look({row[2] for row in rows})
        fresh: list[ReadingTuple] = []
        for row in rows:
            said = _said(row)
            if self._held[row[2]] == said:
                continue
            place = self._free(row[2], said)
            if place is not None:
                fresh.append((*row[:2], place, *row[3:]))
        return self._scope.dialect.insert_readings(self._scope.connection, fresh)

    def _free(self, at: int, said: _Said) -> int | None:
        # a run of taken instants is walked once, however many rows ask for its end
        seen, place = self._runs.get(at, (set(), at))
        while (there := self._at(place)) is not None:
            seen.add(there)
            place += 1
        known = said in seen
        if not known:
            self._held[place] = said
        self._runs[at] = (seen, place)
        return None if known else place

    def _at(self, at: int) -> _Said | None:
        if at not in self._held:
            window = range(at, at + _AHEAD)
            found = self._ask(readings.c.at.between(window[0], window[-1]))
            for instant in window:
                self._held.setdefault(instant, found.get(instant))
        return self._held[at]

    def _look(self, instants: Iterable[int]) -> None:
        wanted = sorted(instants)
        for start in range(0, len(wanted), _IN_LIMIT):
            self._held |= self._ask(readings.c.at.in_(wanted[start : start + _IN_LIMIT]))

    def _ask(self, where: ColumnElement[bool]) -> dict[int, _Said]:
        own = (readings.c.street_id == self._scope.street, readings.c.series_id == self._series, where)
        columns = (readings.c.at, readings.c.value, readings.c.quality, readings.c.text)
        rows = self._scope.connection.execute(select(*columns).where(*own))
        return {at: (value, quality, text) for at, value, quality, text in rows}


def _said(row: ReadingTuple) -> _Said:
    return row[3], row[4], row[5]
