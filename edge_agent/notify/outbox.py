"""The outbox: what is to be told and what was, kept with the alerts themselves, bounded, and told apart by channel."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator

from msgspec.structs import replace

from edge_agent.notify.notice import Fate, Kind, Notice
from edge_agent.slots import Slots
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import Level

MOST = 400
"""So many notices are kept. Of more, the oldest that are settled go first, then the mildest and oldest that wait."""

_ABSURD_S = 30 * 86_400.0
"""Older than this at a start, it was dated by a clock that had never been set."""

_log = get_logger("notify")


class Outbox:
    """All notices. What it does is stored by its caller, who asks for ``notes``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._born: dict[str, float] = {}
        self._notices: Slots[Notice] = Slots("notices", dict[str, Notice], 32)
        self._waiting: dict[str, dict[str, Notice]] = {}
        self._of: dict[str, list[str]] = {}
        self.counts: Counter[tuple[str, Fate]] = Counter()
        """How many were settled since the start, by channel and fate."""

    async def read(self, note: Callable[[str], Awaitable[bytes | None]]) -> None:
        """Take up what was remembered before the restart."""
        await self._notices.read(note)
        now, mono = self._clock.now(), self._clock.monotonic()
        for one in sorted(self._notices, key=lambda notice: notice.made_at):
            age_s = (now - one.made_at) / 1_000_000
            self._born[one.id] = mono - (age_s if 0 < age_s < _ABSURD_S else 0.0)
            self._index(one)

    def add(self, notice: Notice) -> None:
        """Keep a notice; one of the same id stays as it is."""
        if self._notices.get(notice.id) is not None:
            return
        self._born[notice.id] = self._clock.monotonic()
        self.update(notice)
        if len(self._notices) > MOST:
            least = min(self._notices, key=_worth)
            self._drop(least)
            if least.fate is Fate.PENDING:
                self.counts[least.channel, Fate.GIVEN_UP] += 1
                _log.warning("notice_given_up", notice=least.id, channel=least.channel, reason="too_many")

    def update(self, notice: Notice) -> None:
        """Keep ``notice``, in the place of the one with its id if there is one."""
        self._notices.put(notice.id, notice)
        self._index(notice)

    def settle(self, notice: Notice, fate: Fate, reason: str, at: int) -> None:
        """Note what became of a notice, unless it is gone."""
        if (found := self._notices.get(notice.id)) is None or found.fate is not Fate.PENDING:
            return
        self.update(replace(found, fate=fate, reason=reason, done_at=at))
        self.counts[notice.channel, fate] += 1
        say = _log.info if fate is Fate.SENT else _log.warning
        say("notice_settled", notice=notice.id, channel=notice.channel, fate=fate.value, reason=reason)

    def age_s(self, notice: Notice) -> float:
        """Return how long it has waited since it might have been sent, whatever the wall clock did meanwhile."""
        held_s = max(0, notice.not_before - notice.made_at) / 1_000_000
        mono = self._clock.monotonic()
        return mono - self._born.get(notice.id, mono) - held_s

    def explain(self, notice: Notice, reason: str) -> None:
        """Note why a notice is not sent yet; it is remembered with whatever is stored next."""
        found = self._notices.get(notice.id)
        if found is not None and found.fate is Fate.PENDING and found.reason != reason:
            self.update(replace(found, reason=reason))

    def pending(self, channel: str) -> list[Notice]:
        """Return what waits for a channel: the most severe first, then the oldest; of red ones those that nobody has
        tried to send come first.
        """
        waiting = (one for one in self._notices if one.fate is Fate.PENDING and one.channel == channel)
        return sorted(
            waiting, key=lambda one: (one.level.rank, one.level is Level.RED and one.reason != "", one.made_at)
        )

    def of(self, alert: str) -> list[Notice]:
        """Return what was or will be told of an alert, oldest first."""
        return [one for number in self._of.get(alert, ()) if (one := self._notices.get(number)) is not None]

    def fold(self, group: str, channel: str) -> int:
        """Take back what nobody has tried to send yet of a place whose alarms are told together, red ones excepted;
        return how many.
        """
        taken = [
            one
            for one in self._waiting.get(channel, {}).values()
            if one.group == group and one.kind is Kind.RAISED and not one.reason and one.level is not Level.RED
        ]
        for one in taken:
            self._drop(one)
        return len(taken)

    def flood(self, alert: str, channel: str) -> list[Notice]:
        """Return the notices that stand for a flood, named by its first alert, oldest first."""
        return [one for one in self.of(alert) if one.kind is Kind.FLOOD and one.channel == channel]

    def leave(self, channels: Collection[str], now: int) -> None:
        """Give up what waits for a channel that is none of ``channels`` any more."""
        for one in self._notices:
            if one.fate is Fate.PENDING and one.channel not in channels:
                self.settle(one, Fate.GIVEN_UP, "no_such_channel", now)

    def notes(self) -> dict[str, bytes]:
        """Return what is to be remembered since the last call."""
        return self._notices.notes()

    def __iter__(self) -> Iterator[Notice]:
        return iter(self._notices)

    def _index(self, notice: Notice) -> None:
        waiting, told = self._waiting.setdefault(notice.channel, {}), self._of.setdefault(notice.alert, [])
        if notice.fate is Fate.PENDING:
            waiting[notice.id] = notice
        else:
            waiting.pop(notice.id, None)
        if notice.id not in told:
            told.append(notice.id)

    def _drop(self, notice: Notice) -> None:
        self._notices.drop(notice.id)
        self._born.pop(notice.id, None)
        self._waiting[notice.channel].pop(notice.id, None)
        told = self._of[notice.alert]
        told.remove(notice.id)
        if not told:
            del self._of[notice.alert]


def _worth(notice: Notice) -> tuple[bool, int, int]:
    return notice.fate is Fate.PENDING, -notice.level.rank if notice.fate is Fate.PENDING else 0, notice.made_at
