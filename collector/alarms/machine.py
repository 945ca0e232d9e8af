"""The states of an alert at the collector, after ISA-18.2: each change or acknowledgement makes a new row, purely.

            raised                       ack
(nothing) ─────────▶ unacknowledged ───────────▶ acknowledged
                        │       ▲ worse  ▲────────────┘ │
                cleared │       └──────── worse ────────┤ cleared
                        ▼                               ▼
            returned_unacknowledged ──── ack ───────▶ closed
                        ▲                               (a latched alert returns unacknowledged: a person
                        └── cleared, latched ───────     must reset it after its condition ended)
"""

import hashlib
from enum import StrEnum

from msgspec.structs import replace

from collector.store.records import AlertRow
from wire.alert import AlertChange, AlertState, Level


class State(StrEnum):
    """Where an alert stands between its condition and a person."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    CLOSED = "closed"


OPEN = (State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED)
"""The states in which somebody still has to look or the condition still holds."""


class AlreadyAcknowledged(Exception):
    """There is nothing to acknowledge: somebody did, or the alert is closed."""


def alert_id(gateway: str, alert: str) -> str:
    """Return the collector's id of a gateway's alert: 24 hex digits, always the same for the same alert."""
    return hashlib.sha256(f"{gateway}\0{alert}".encode()).hexdigest()[:24]


def apply(row: AlertRow | None, change: AlertChange, *, gateway: str, received_at: int) -> AlertRow:
    """Return the alert after ``change``; the same change twice, or an older one late, does no harm."""
    if row is None:
        row = _born(change, gateway, received_at)
    if change.state is AlertState.CLEARED:
        return _cleared(row, change)
    if change.state is AlertState.RAISED:
        row = replace(row, raised_at=min(row.raised_at, change.at), since=min(row.since, change.since))
    if change.at < row.changed_at or row.cleared_at is not None:
        return row
    worse = change.level.rank < Level(row.level).rank
    state = State.UNACKNOWLEDGED if worse and row.state == State.ACKNOWLEDGED else State(row.state)
    return replace(
        row,
        level=str(change.level),
        state=str(state),
        latched=row.latched or change.latched,
        changed_at=change.at,
        text=change.text or row.text,
        values=change.values or row.values,
    )


def acknowledge(row: AlertRow, *, who: str, note: str, now: int) -> AlertRow:
    """Return the alert after a person took note of it; ``AlreadyAcknowledged`` when nobody has to any more."""
    if row.state == State.UNACKNOWLEDGED:
        state = State.ACKNOWLEDGED
    elif row.state == State.RETURNED:
        state = State.CLOSED
    else:
        raise AlreadyAcknowledged(row.id)
    return replace(row, state=str(state), acknowledged_at=now, acknowledged_by=who, note=note)


def _born(change: AlertChange, gateway: str, received_at: int) -> AlertRow:
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
        text=change.text,
        values=change.values,
    )


def _cleared(row: AlertRow, change: AlertChange) -> AlertRow:
    if row.cleared_at is not None:
        return row
    latched = row.latched or change.latched
    settled = row.state == State.ACKNOWLEDGED and not latched
    state = State.CLOSED if settled else State.RETURNED
    return replace(
        row, state=str(state), latched=latched, cleared_at=change.at, changed_at=max(row.changed_at, change.at)
    )
