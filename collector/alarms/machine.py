"""The states of an alert at the collector, after ISA-18.2: a pure function of everything that ever happened to it.

            raised                       ack
(nothing) ─────────▶ unacknowledged ───────────▶ acknowledged
                        │       ▲ worse  ▲────────────┘ │
                cleared │       └──────── worse ────────┤ cleared
                        ▼                               ▼            reset
            returned_unacknowledged ─── ack ──▶ closed, or latched ────────▶ closed

Any of them may be put out of sight: shelved (a person, at most eight hours), suppressed (by design: its gateway is
away, maintenance), out_of_service (a person, until put back). ``settle`` replays the changes in the order of their own
times, so that one that comes late, twice or before its predecessor does no harm.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from collector.alarms.story import SHELF_LIMIT_US as SHELF_LIMIT_US
from collector.alarms.story import Story, What
from collector.store.alarm_records import AlertRow, ChangeRow
from wire.alert import AlertChange

OWN = "collector:"
"""What the ids of alerts that the collector itself raises begin with; of these no gateway knows."""


class State(StrEnum):
    """Where an alert stands between its condition and a person."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"
    CLOSED = "closed"


OPEN = (State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED, State.LATCHED)
"""The states in which somebody still has to look or the condition still holds, and nobody put it out of sight."""

WAITING = (State.UNACKNOWLEDGED, State.RETURNED)
"""The states in which somebody has to take note."""

ASIDE = (State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE)
"""The states in which it is out of sight, and will or may come back."""


class DeedRefused(Exception):
    """What a person wants cannot be done to this alert as it is; ``word`` is one of ``already_acknowledged``,
    ``set_aside``, ``not_open``, ``not_shelved``, ``still_standing``, ``not_latched``.
    """

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(detail)
        self.word, self.detail = word, detail


def alert_id(gateway: str, alert: str) -> str:
    """Return the collector's id of a gateway's alert: 24 hex digits, always the same for the same alert."""
    return hashlib.sha256(f"{gateway}\0{alert}".encode()).hexdigest()[:24]


def told_by_gateway(change: AlertChange, gateway: str, received_at: int) -> ChangeRow:
    """Return a gateway's change as it is kept; of a call it says who told it, for others may tell the same."""
    return ChangeRow(
        at=change.at,
        what=str(change.state),
        level=str(change.level),
        who=change.who or (gateway if change.event else ""),
        note=change.note,
        until=change.until,
        since=change.since,
        latched=change.latched,
        text=change.text,
        values=change.values,
        received_at=received_at,
    )


def born(change: AlertChange, gateway: str, received_at: int) -> AlertRow:
    """Return what an alert is before anything happened to it, to ``settle`` it from."""
    return AlertRow(
        id=alert_id(gateway, change.alert),
        gateway=gateway,
        alert=change.alert,
        device=change.device,
        rule=change.rule,
        level=str(change.level),
        state=str(State.UNACKNOWLEDGED),
        latched=change.latched,
        since=change.since,
        raised_at=change.at,
        changed_at=change.at,
        received_at=received_at,
    )


def settle(row: AlertRow, changes: Iterable[ChangeRow], now: int) -> AlertRow:
    """Return the alert as it stands at ``now`` (µs) after ``changes``, of which there is one at least.

    Of ``row`` only what never changes is taken over, and the flood.
    """
    return _row(row, Story(changes, now))


def ineffective(changes: Iterable[ChangeRow], now: int) -> list[ChangeRow]:
    """Return the changes that came to nothing: acknowledgements after the first, resets of what still stood."""
    return Story(changes, now).idle


def check(row: AlertRow, what: What) -> None:
    """Raise ``DeedRefused`` unless a person may do ``what`` to an alert that stands as ``row`` says."""
    if what is What.ACKNOWLEDGED and row.state not in WAITING:
        word = "set_aside" if row.state in ASIDE else "already_acknowledged"
        raise DeedRefused(word, "somebody was quicker, or nobody has to any more")
    if what is What.SHELVED and row.state not in (*OPEN, State.SHELVED):
        raise DeedRefused("not_open", "only what is open can be shelved")
    if what is What.UNSHELVED and row.state != State.SHELVED:
        raise DeedRefused("not_shelved", "it is not shelved")
    if what is What.RESET:
        if row.cleared_at is None:
            raise DeedRefused("still_standing", "its condition has not ended")
        if row.state != State.LATCHED and not (row.state == State.RETURNED and row.latched):
            raise DeedRefused("not_latched", "nothing is left to reset")


def _state(story: Story) -> State:
    if story.cleared_at is None and story.service is not None:
        return State.OUT_OF_SERVICE
    if story.cleared_at is None and story.causes:
        return State.SUPPRESSED
    if story.shelf is not None:
        return State.SHELVED
    if story.cleared_at is None:
        return State.ACKNOWLEDGED if story.taken else State.UNACKNOWLEDGED
    if not story.taken:
        return State.RETURNED
    return State.LATCHED if story.latched and story.reset is None else State.CLOSED


def _row(row: AlertRow, story: Story) -> AlertRow:
    state = _state(story)
    aside = {
        State.OUT_OF_SERVICE: story.service,
        State.SUPPRESSED: next(iter(story.causes.values()), None),
        State.SHELVED: story.shelf,
    }.get(state)
    ack, received_at = story.ack, min(row.received_at, story.received_at)
    return AlertRow(
        id=row.id,
        gateway=row.gateway,
        alert=row.alert,
        device=row.device,
        rule=row.rule,
        level=str(story.level),
        state=str(state),
        latched=story.latched,
        since=story.since,
        raised_at=story.raised_at,
        changed_at=story.changed_at,
        received_at=received_at,
        cleared_at=story.cleared_at,
        acknowledged_at=ack.at if ack else None,
        acknowledged_by=ack.who if ack else "",
        note=ack.note if ack else "",
        text=story.text,
        values=story.values,
        first_ack_at=story.first_ack_at,
        reset_at=story.reset.at if story.reset else None,
        reset_by=story.reset.who if story.reset else "",
        waiting_since=max(story.waiting_since, received_at),
        escalation=story.escalation,
        escalated_at=story.escalated_at,
        aside_until=(aside.until or None) if aside else None,
        aside_by=aside.who if aside else "",
        aside_note=aside.note if aside else "",
        disposition=story.disposition,
        flood=row.flood,
    )
