"""Looks after the alarms every other second: what time and silence do to them, and which of them are one flood."""

from collections.abc import Awaitable, Callable, Collection, Iterable

from collector.alarms.ladder import Ladders, ladders
from collector.store import alerts, floods, upkeep
from collector.store.alarm_records import AlertRow
from collector.store.api import Store
from collector.store.scope import Scope
from runtime.clock import Clock

_LOOK_S = 2.0
_BACK_S = 60.0
"""A gateway that is heard again has so long to tell what its devices did meanwhile, before their alarms come back."""

_HEARING_S = 180.0
"""A collector that has just started has heard nobody yet, and takes no gateway for silent."""

_NEW_US, _DAY_US = 60_000_000, 86_400_000_000


class Tending:
    """``silent`` says which gateways are not heard; ``told`` is called with each alert that became different,
    ``flooded`` with the id of each new flood, ``climbed`` with each alert that was taken a step up; ``pass_on`` tells
    gateways what was done about calls that they heard. ``counts`` is how many alerts are in each state but closed, as
    of the last look.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        silent: Callable[[], Collection[str]],
        told: Callable[[AlertRow], None],
        flooded: Callable[[str], None],
        climbed: Callable[[AlertRow], None],
        pass_on: Callable[[], Awaitable[None]],
    ) -> None:
        self._store, self._clock, self._silent = store, clock, silent
        self._told, self._flooded, self._climbed = told, flooded, climbed
        self._pass_on = pass_on
        self._ladders: Ladders = ladders()
        self._begun = clock.monotonic()
        self._heard_of: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self._span: tuple[int, int] | None = (clock.now() - _DAY_US, clock.now())

    def noted(self, rows: Iterable[AlertRow]) -> None:
        """Note that these alerts came or changed; floods are looked for around those that are new."""
        new = self._clock.now() - _NEW_US
        for row in (one for one in rows if one.received_at >= new):
            start, end = self._span or (row.raised_at, row.raised_at)
            self._span = (min(start, row.raised_at), max(end, row.raised_at))

    async def look(self) -> None:
        """Do everything that is due, each in its own transaction."""
        now = self._clock.now()
        # told at once: what a later step cannot do must not keep what was committed from the live page
        self._tell(await self._store.write(upkeep.end_shelves, now))
        self._tell(await self._store.write(upkeep.hide, self._down(), now))
        climbed = await self._store.write(upkeep.escalate, self._ladders, now)
        self._tell(climbed)
        for row in climbed:
            self._climbed(row)
        await self._fold()
        await self._pass_on()
        self.counts = await self._store.read(alerts.state_counts)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self._clock.sleep(_LOOK_S)
            await self.look()

    def _tell(self, rows: Iterable[AlertRow]) -> None:
        for row in rows:
            self._told(row)

    async def _fold(self) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        try:
            found = await self._store.write(_refold, span)
        except BaseException:
            start, end = self._span or span
            self._span = (min(start, span[0]), max(end, span[1]))
            raise
        for flood in found:
            self._flooded(flood)

    def _down(self) -> set[str]:
        mono = self._clock.monotonic()
        if mono - self._begun < _HEARING_S:
            return set()
        self._heard_of |= dict.fromkeys(self._silent(), mono)
        self._heard_of = {name: at for name, at in self._heard_of.items() if mono - at < _BACK_S}
        return set(self._heard_of)


def _refold(scope: Scope, span: tuple[int, int]) -> list[str]:
    return floods.refold(scope, *span)
