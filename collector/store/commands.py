"""Commands inside a transaction: a gateway's own word always stands over what was concluded without it.

What a gateway did by itself is kept beside them, under an id that no other gateway and no person's command can have.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select, update

from collector.alarms.machine import alert_id
from collector.store.people import add_audit
from collector.store.records import AuditRow, CommandRow, as_row
from collector.store.scope import Scope
from collector.store.tables import command
from wire.outcome import LocalAction, Outcome
from wire.picture import LOOK

_JSON = ("args", "readback")
_WAITING = ("queued", "sent")


def add(scope: Scope, row: CommandRow) -> None:
    """Keep a new command."""
    scope.connection.execute(command.insert(), {"street_id": scope.street} | _columns(row))


def one(scope: Scope, number: str) -> CommandRow | None:
    """Return one command, or ``None``."""
    statement = select(command).where(command.c.street_id == scope.street, command.c.id == number)
    row = scope.connection.execute(statement).mappings().first()
    return None if row is None else _row(row)


def listed(scope: Scope, *, gateway: str | None, device: str | None, limit: int) -> list[CommandRow]:
    """Return commands, newest first; looks at pictures are none (they are in the audit)."""
    where: list[Any] = [command.c.street_id == scope.street, command.c.name != LOOK]
    if gateway is not None:
        where.append(command.c.gateway == gateway)
    if device is not None:
        where.append(command.c.device == device)
    statement = select(command).where(*where).order_by(command.c.issued_at.desc(), command.c.id).limit(limit)
    return [_row(row) for row in scope.connection.execute(statement).mappings()]


def to_deliver(scope: Scope, gateway: str, now: int) -> list[CommandRow]:
    """Return a gateway's commands that have no outcome and have not expired, oldest first."""
    where = (
        command.c.street_id == scope.street,
        command.c.gateway == gateway,
        command.c.state.in_(_WAITING),
        command.c.expires_at > now,
    )
    rows = scope.connection.execute(select(command).where(*where).order_by(command.c.issued_at)).mappings()
    return [_row(row) for row in rows]


def mark_sent(scope: Scope, number: str, now: int) -> CommandRow | None:
    """Note that a command is about to be put on the wire; ``None`` when it must not be (expired or has an outcome)."""
    own = (command.c.street_id == scope.street, command.c.id == number)
    where = (*own, command.c.state.in_(_WAITING), command.c.expires_at > now)
    first = func.coalesce(command.c.sent_at, now)
    if not scope.connection.execute(update(command).where(*where).values(state="sent", sent_at=first)).rowcount:
        return None
    return one(scope, number)


def conclude(scope: Scope, now: int, grace_us: int) -> list[CommandRow]:
    """End what has waited too long: never sent becomes ``expired``, sent but unanswered ``unknown``."""
    ended: list[CommandRow] = []
    for state, reason, until, result in (
        ("queued", "not_delivered", now, "expired"),
        ("sent", "no_outcome", now - grace_us, "unknown"),
    ):
        where = (command.c.street_id == scope.street, command.c.state == state, command.c.expires_at <= until)
        numbers = [number for (number,) in scope.connection.execute(select(command.c.id).where(*where))]
        values = {"state": result, "outcome_at": now, "outcome_reason": reason}
        for number in numbers:
            scope.connection.execute(
                update(command).where(command.c.street_id == scope.street, command.c.id == number).values(**values)
            )
            row = _ended(scope, number, now)
            ended += [row] if row else []
    return ended


def apply_outcome(scope: Scope, gateway: str, outcome: Outcome, now: int) -> CommandRow | None:
    """Keep a gateway's first word about its command, audited; ``None`` if it is not its own or was told before.

    What nobody commanded and a rule of the gateway asked for is kept as a command of this gateway.
    """
    if outcome.action is not None:
        return _keep_action(scope, gateway, outcome, outcome.action, now)
    values = {
        "state": str(outcome.state),
        "reported": True,
        "outcome_at": outcome.at,
        "outcome_reason": outcome.reason,
        "outcome_detail": outcome.detail,
        "readback": msgspec.json.encode(outcome.readback).decode(),
    }
    where = (
        command.c.street_id == scope.street,
        command.c.id == outcome.command,
        command.c.gateway == gateway,
        command.c.reported.is_(False),
    )
    if not scope.connection.execute(update(command).where(*where).values(**values)).rowcount:
        return None
    return _ended(scope, outcome.command, now)


def of_alerts(scope: Scope, alerts: Sequence[str]) -> list[CommandRow]:
    """Return what the rules of these alerts had their gateways do, oldest first."""
    where = (command.c.street_id == scope.street, command.c.alert.in_(alerts))
    rows = scope.connection.execute(select(command).where(*where).order_by(command.c.issued_at, command.c.device))
    return [_row(row) for row in rows.mappings()] if alerts else []


def waiting(scope: Scope) -> int:
    """Count the commands without an outcome."""
    where = (command.c.street_id == scope.street, command.c.state.in_(_WAITING))
    return int(scope.connection.execute(select(func.count()).select_from(command).where(*where)).scalar_one())


def _keep_action(scope: Scope, gateway: str, outcome: Outcome, action: LocalAction, now: int) -> CommandRow | None:
    row = CommandRow(
        id=f"rule-{alert_id(gateway, outcome.command)}",
        gateway=gateway,
        device=outcome.device,
        name=action.name,
        args=action.args,
        reason="",
        by=f"rule:{action.rule}",
        issued_at=action.begun_at,
        expires_at=outcome.at,
        payload=b"",
        signature=b"",
        state=str(outcome.state),
        reported=True,
        outcome_at=outcome.at,
        outcome_reason=outcome.reason,
        outcome_detail=outcome.detail,
        readback=outcome.readback,
        alert=alert_id(gateway, action.alert),
    )
    if not scope.add_new(command, [_columns(row)]):
        return None
    _audit_outcome(scope, row, row.by, "command_by_rule", now)
    return row


def _ended(scope: Scope, number: str, now: int) -> CommandRow | None:
    row = one(scope, number)
    if row is not None:
        _audit_outcome(scope, row, row.gateway if row.reported else "collector", "command_outcome", now)
    return row


def _audit_outcome(scope: Scope, row: CommandRow, who: str, what: str, now: int) -> None:
    detail = " ".join(part for part in (row.name, row.id, row.outcome_reason, row.outcome_detail) if part)
    add_audit(scope, AuditRow(now, who, what, f"{row.gateway}/{row.device}", row.state, detail))


def _columns(row: CommandRow) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    for name in _JSON:
        values[name] = msgspec.json.encode(values[name]).decode()
    return values


def _row(mapping: Any) -> CommandRow:
    values = dict(mapping)
    for name in _JSON:
        values[name] = msgspec.json.decode(values[name])
    row: CommandRow = as_row(CommandRow, values)
    return row
