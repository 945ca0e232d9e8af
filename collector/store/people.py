"""People, their sessions, their failed logins, and the audit of what was done, inside a transaction."""

from typing import Any

import msgspec
from sqlalchemy import Table, delete, select, update

from collector.store.records import AuditRow, LockRow, PersonRow, SessionRow, as_row
from collector.store.scope import Scope
from collector.store.tables import audit, login_failure, person, session


def put_person(scope: Scope, row: PersonRow) -> None:
    """Add a person, or give a known one a new password and role and end that person's sessions."""
    scope.connection.execute(delete(session).where(_own(scope, session), session.c.person == row.name))
    scope.connection.execute(delete(login_failure).where(_own(scope, login_failure), login_failure.c.name == row.name))
    scope.put(person, [msgspec.structs.asdict(row)], keep=("created_at",))


def one_person(scope: Scope, name: str) -> PersonRow | None:
    """Return one person, or ``None``."""
    statement = select(person).where(_own(scope, person), person.c.name == name)
    row = scope.connection.execute(statement).mappings().first()
    return None if row is None else as_row(PersonRow, row)


def people(scope: Scope) -> list[PersonRow]:
    """Return everybody by name."""
    statement = select(person).where(_own(scope, person)).order_by(person.c.name)
    rows = scope.connection.execute(statement).mappings()
    return [as_row(PersonRow, row) for row in rows]


def add_session(scope: Scope, row: SessionRow, stale_before: int) -> None:
    """Keep a new session; those not seen since ``stale_before`` are forgotten."""
    scope.connection.execute(delete(session).where(_own(scope, session), session.c.seen_at < stale_before))
    scope.connection.execute(session.insert(), {"street_id": scope.street} | msgspec.structs.asdict(row))


def one_session(scope: Scope, token_hash: str) -> tuple[SessionRow, PersonRow] | None:
    """Return a session with its person, or ``None``."""
    statement = select(session).where(_own(scope, session), session.c.token_hash == token_hash)
    row = scope.connection.execute(statement).mappings().first()
    who = None if row is None else one_person(scope, str(row["person"]))
    return None if row is None or who is None else (as_row(SessionRow, row), who)


def touch_session(scope: Scope, token_hash: str, now: int) -> None:
    """Note that a session was used."""
    where = (_own(scope, session), session.c.token_hash == token_hash)
    scope.connection.execute(update(session).where(*where).values(seen_at=now))


def end_session(scope: Scope, token_hash: str) -> None:
    """Forget a session; none is fine."""
    scope.connection.execute(delete(session).where(_own(scope, session), session.c.token_hash == token_hash))


def lock_of(scope: Scope, name: str) -> LockRow | None:
    """Return the failed logins of a name, or ``None``."""
    statement = select(login_failure).where(_own(scope, login_failure), login_failure.c.name == name)
    row = scope.connection.execute(statement).mappings().first()
    return None if row is None else as_row(LockRow, row)


def put_lock(scope: Scope, row: LockRow, stale_before: int) -> None:
    """Keep the failed logins of a name; those older than ``stale_before`` are forgotten."""
    own = _own(scope, login_failure)
    scope.connection.execute(delete(login_failure).where(own, login_failure.c.last_at < stale_before))
    scope.put(login_failure, [msgspec.structs.asdict(row)])


def drop_lock(scope: Scope, name: str) -> None:
    """Forget the failed logins of a name."""
    scope.connection.execute(delete(login_failure).where(_own(scope, login_failure), login_failure.c.name == name))


def add_audit(scope: Scope, row: AuditRow) -> None:
    """Add one line to the audit."""
    values = msgspec.structs.asdict(row)
    del values["id"]
    scope.connection.execute(audit.insert(), {"street_id": scope.street} | values)


def audit_page(scope: Scope, *, limit: int, before: int | None) -> list[AuditRow]:
    """Return the audit's newest lines first, older than line ``before`` where given."""
    where: list[Any] = [_own(scope, audit)] + ([] if before is None else [audit.c.id < before])
    rows = scope.connection.execute(select(audit).where(*where).order_by(audit.c.id.desc()).limit(limit)).mappings()
    return [as_row(AuditRow, row) for row in rows]


def _own(scope: Scope, table: Table) -> Any:
    return table.c.street_id == scope.street
