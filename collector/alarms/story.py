"""What happened to one alert, taken in the order of its own times; ``machine`` says in which state that leaves it."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec.structs import replace

from collector.store.alarm_records import ChangeRow
from wire.alert import Level

SHELF_LIMIT_US = 8 * 3_600_000_000
"""How long an alert may be shelved; whatever was asked for, it comes back after that."""


class What(StrEnum):
    """What can happen to an alert. The first seven are as in ``wire.alert.AlertState``; the last six happen here."""

    RAISED = "raised"
    CHANGED = "changed"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    RESET = "reset"
    DISPOSED = "disposed"
    ESCALATED = "escalated"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"


_RANK = {word: rank for rank, word in enumerate(What)}
_CONDITION = (What.RAISED, What.CHANGED, What.CLEARED)


def _order(change: ChangeRow) -> tuple[bool, int, int, str]:
    what = What(change.what)
    # the beginning is the beginning, whatever the clocks said
    return what is not What.RAISED, change.at, _RANK[what], change.who


class Story:
    """Replays changes, of which there is at least one, up to ``now``.

    ``ack`` is the acknowledgement that counts, ``taken`` whether anybody has to take note any more; ``shelf``,
    ``service`` and ``causes`` are the changes that hold the alert out of sight; ``idle`` came to nothing.
    """

    def __init__(self, changes: Iterable[ChangeRow], now: int) -> None:
        ordered = sorted(changes, key=_order)
        condition = [one for one in ordered if one.what in _CONDITION] or ordered
        raised = [one for one in condition if one.what == What.RAISED] or condition
        self.since = min(one.since for one in raised)
        self.raised_at = min(one.at for one in raised)
        self.changed_at = max(one.at for one in ordered)
        self.received_at = min(one.received_at for one in ordered)
        self.level = Level(raised[0].level)
        self.latched = any(one.latched for one in condition)
        self.text, self.values = raised[0].text, raised[0].values
        self.cleared_at: int | None = None
        self.ack: ChangeRow | None = None
        self.taken = False
        self.first_ack_at: int | None = None
        self.reset: ChangeRow | None = None
        self.shelf: ChangeRow | None = None
        self.service: ChangeRow | None = None
        self.causes: dict[str, ChangeRow] = {}
        self.escalation = 0
        self.escalated_at: int | None = None
        self.waiting_since = self.raised_at
        self.disposition = ""
        self.idle: list[ChangeRow] = []
        for change in ordered:
            self._pass_time(change.at)
            self._take(change, What(change.what))
        self._pass_time(now)

    @property
    def closed(self) -> bool:
        """Whether it is over, somebody took note, and nothing is left to reset."""
        return self.cleared_at is not None and self.taken and (not self.latched or self.reset is not None)

    def _take(self, change: ChangeRow, what: What) -> None:
        if what in (What.RAISED, What.CHANGED):
            self._condition(change)
        elif what is What.CLEARED:
            self._cleared(change)
        elif what is What.ACKNOWLEDGED:
            self._acknowledged(change)
        elif what is What.RESET:
            self._reset(change)
        elif what in (What.SHELVED, What.UNSHELVED):
            self._shelved(change, what)
        elif what is What.ESCALATED:
            self._escalated(change)
        elif what is not What.DISPOSED:
            self._aside(change, what)
        self.disposition = change.disposition or self.disposition

    def _condition(self, change: ChangeRow) -> None:
        if self.cleared_at is not None:
            self.idle.append(change)
            return
        level = Level(change.level)
        if change.what == What.RAISED and level.rank >= self.level.rank:
            return  # another gateway that heard the same call says nothing new
        if level.rank < self.level.rank:
            # who took note of the milder one, or put it aside, did not know this
            self.shelf = None
            self._wait(change.at)
        self.level = level
        self.text, self.values = change.text or self.text, change.values or self.values

    def _cleared(self, change: ChangeRow) -> None:
        if self.cleared_at is not None:
            self.idle.append(change)
            return
        self.cleared_at = change.at
        # nobody was to see it, so nobody has to take note that it was there
        self.taken = self.taken or self.service is not None or bool(self.causes)

    def _acknowledged(self, change: ChangeRow) -> None:
        if self.taken:
            self.idle.append(change)
            return
        self.ack, self.taken = change, True
        self.first_ack_at = self.first_ack_at or change.at

    def _reset(self, change: ChangeRow) -> None:
        if self.cleared_at is None or self.reset is not None:
            self.idle.append(change)
            return
        self.reset = change
        if not self.taken:
            self._acknowledged(change)

    def _shelved(self, change: ChangeRow, what: What) -> None:
        if what is What.UNSHELVED and self.shelf is not None:
            self._end_shelf(change.at)
        elif what is What.SHELVED and not self.closed:
            self.shelf = replace(change, until=min(change.until, change.at + SHELF_LIMIT_US))
        elif change.source != "collector":  # which only notes that the time was over
            self.idle.append(change)

    def _escalated(self, change: ChangeRow) -> None:
        if self.taken or self.shelf is not None or self.service is not None or self.causes:
            self.idle.append(change)
            return
        self.escalation, self.escalated_at = self.escalation + 1, change.at

    def _aside(self, change: ChangeRow, what: What) -> None:
        hidden = self.service is not None or bool(self.causes)
        if what is What.SUPPRESSED:
            self.causes[change.note] = change
        elif what is What.UNSUPPRESSED:
            self.causes.pop(change.note, None)
        else:
            self.service = change if what is What.OUT_OF_SERVICE else None
        back = hidden and self.service is None and not self.causes
        if back and not self.taken:
            self._wait(change.at)

    def _pass_time(self, at: int) -> None:
        if self.shelf is None:
            return
        if self.shelf.until <= at:
            self._end_shelf(self.shelf.until)

    def _end_shelf(self, at: int) -> None:
        """It comes back as normal where it is over, else as something new that wants to be seen."""
        self.shelf = None
        if self.cleared_at is not None:
            self.taken = True
        else:
            self._wait(at)

    def _wait(self, at: int) -> None:
        self.ack, self.taken = None, False
        self.escalation, self.escalated_at = 0, None
        self.waiting_since = at
