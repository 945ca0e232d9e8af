"""What time and circumstance do to alerts, inside a transaction: shelves end, gateways fall silent, steps are due."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import and_, or_

from collector.alarms.floods import GATEWAY_OFFLINE, is_device_offline
from collector.alarms.ladder import Ladders
from collector.alarms.machine import ASIDE, OPEN, WAITING, State
from collector.alarms.story import Story, What
from collector.store import alerts, asides, calls
from collector.store.alarm_records import AlertRow, AsideRow, ChangeRow
from collector.store.people import add_audit
from collector.store.records import AuditRow
from collector.store.scope import Scope
from collector.store.tables import alert
from wire.alert import Level

MOST = 200
"""How many alerts one piece of work changes at most, so that uploads never wait long for it; the rest follows."""

SERVICE, MAINTENANCE = "out_of_service", "maintenance"


def end_shelves(scope: Scope, now: int) -> list[AlertRow]:
    """Bring back what was shelved until ``now`` (µs) or before; return how it stands."""
    due = alerts.chosen(scope, [alert.c.state == str(State.SHELVED), alert.c.aside_until <= now])[:MOST]
    for row in due:
        ended = ChangeRow(row.aside_until or now, str(What.UNSHELVED), row.level, source="collector", received_at=now)
        alerts.add_changes(scope, row.id, [ended])
    return [alerts.settled(scope, row, now) for row in due]


def hide(scope: Scope, silent: Collection[str], now: int) -> list[AlertRow]:
    """Put out of sight what is not to be seen, and bring back what is again; return what changed.

    Of a gateway that is ``silent``, or has an alert ``gateway_offline`` standing, the offline alarms of its devices are
    suppressed; so is everything but red of what is under maintenance. The alarms of a device out of service are out of
    it.
    """
    down = set(silent) | {row.gateway for row in alerts.chosen(scope, _gateways_down())}
    away = asides.standing(scope, now)
    held = [str(State.SUPPRESSED), str(State.OUT_OF_SERVICE)]
    about = [alert.c.gateway.in_({*down, *(one.gateway for one in away)}), alert.c.state.in_(held)]
    visible = alert.c.state.in_([str(state) for state in (*OPEN, *ASIDE)])
    changed: list[AlertRow] = []
    for row in alerts.chosen(scope, [alert.c.cleared_at.is_(None), visible, or_(*about)]):
        own = _away(scope, row, away)
        service = next((one for one in own if one.kind == SERVICE), None)
        causes = {one.note: one for one in own if one.kind == MAINTENANCE and row.level != Level.RED}
        offline = row.gateway in down and is_device_offline(row.rule) and row.device not in ("", row.gateway)
        wanted = {GATEWAY_OFFLINE: None, **causes} if offline else causes
        if row.state != _held(service, wanted) and _turn(scope, row, service, wanted, now):
            changed.append(alerts.settled(scope, row, now))
        if len(changed) == MOST:
            break
    return changed


def escalate(scope: Scope, ladders: Ladders, now: int) -> list[AlertRow]:
    """Take every alert that waited too long for a person one step up, audited; return those."""
    due = [
        and_(alert.c.level == level, alert.c.escalation == step, alert.c.waiting_since <= now - after)
        for level, ladder in ladders.items()
        for step, after in enumerate(ladder)
    ]
    waits = alert.c.state.in_([str(state) for state in WAITING])
    found: list[AlertRow] = []
    for row in alerts.chosen(scope, [waits, or_(*due)])[:MOST]:
        step = row.escalation + 1
        at = max(now, row.changed_at + 1)
        change = ChangeRow(at, str(What.ESCALATED), row.level, note=str(step), source="collector", received_at=now)
        alerts.add_changes(scope, row.id, [change])
        found.append(alerts.settled(scope, row, now))
        target = f"{row.gateway}/{row.device}"
        add_audit(scope, AuditRow(now, "collector", "escalate", target, str(step), f"{row.rule}: {row.level}"))
    return found


def _away(scope: Scope, row: AlertRow, away: Iterable[AsideRow]) -> list[AsideRow]:
    """Return what of ``away`` hides an alert; nothing does as long as another gateway that heard the call is not."""
    told = [(ear.gateway, ear.device) for ear in calls.ears(scope, row.id)] or [(row.gateway, row.device)]
    own = [[one for one in away if one.gateway == box and one.device in ("", device)] for box, device in told]
    return own[0] if all(own) else []


def _gateways_down() -> list[object]:
    return [alert.c.rule == GATEWAY_OFFLINE, alert.c.cleared_at.is_(None), alert.c.state != str(State.CLOSED)]


def _held(service: AsideRow | None, causes: Collection[str]) -> str | None:
    if service is not None:
        return str(State.OUT_OF_SERVICE)
    return str(State.SUPPRESSED) if causes else None


def _turn(
    scope: Scope, row: AlertRow, service: AsideRow | None, causes: Mapping[str, AsideRow | None], now: int
) -> bool:
    story = Story(alerts.changes(scope, row.id), now)
    at = max(now, row.changed_at + 1)

    def change(what: What, by: AsideRow | None = None, note: str = "") -> ChangeRow:
        who, until = (by.who, by.until) if by else ("", 0)
        return ChangeRow(at, str(what), row.level, who, note, "collector", until, received_at=now)

    made: list[ChangeRow] = []
    if service is None and story.service is not None:
        made.append(change(What.IN_SERVICE))
    elif service is not None and story.service is None:
        made.append(change(What.OUT_OF_SERVICE, service, service.note))
    # one cause of each at a time: a change is known by its time, what it did, and by whom
    made += _first(change(What.SUPPRESSED, by, note) for note, by in causes.items() if note not in story.causes)
    made += _first(change(What.UNSUPPRESSED, None, note) for note in story.causes if note not in causes)
    return alerts.add_changes(scope, row.id, made) > 0


def _first(made: Iterable[ChangeRow]) -> list[ChangeRow]:
    return [one for one, _ in zip(made, range(1), strict=False)]
