"""The plate lists of communities inside a transaction: every change gives the whole a new version."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import case, delete, func, select, update

from collector.store.people import add_audit
from collector.store.records import AuditRow, PlateRow, as_row
from collector.store.scope import Scope
from collector.store.tables import gateway, listed_plate
from wire.plates import MOST_ENTRIES, ListKind, ListsPart, PlateEntry


class TooMany(Exception):
    """The community would have more entries than its box takes."""


def put(scope: Scope, rows: Sequence[PlateRow], audit: AuditRow, *, alone: bool = False) -> bool:
    """Add entries of one list, or replace those of the same plates; ``alone``: nothing else stays on it.

    ``False`` where there is no such gateway, ``TooMany`` for more than ``MOST_ENTRIES`` in all its lists.
    """
    owner, kind = audit.target.rsplit("/", 1)
    if not _renewed(scope, owner, audit.at):
        return False
    if alone:
        scope.connection.execute(delete(listed_plate).where(*_of(scope, owner), listed_plate.c.kind == kind))
    scope.put(listed_plate, [msgspec.structs.asdict(row) for row in rows])
    if sum(counts(scope, owner).values()) > MOST_ENTRIES:
        raise TooMany
    add_audit(scope, audit)
    return True


def remove(scope: Scope, kind: str, plates: Collection[str], audit: AuditRow) -> bool:
    """Take plates off a list; ``False``, and nothing is noted, where none of them is on it."""
    owner = audit.target.rsplit("/", 1)[0]
    where = (*_of(scope, owner), listed_plate.c.kind == kind, listed_plate.c.plate.in_(plates))
    if not scope.connection.execute(delete(listed_plate).where(*where)).rowcount:
        return False
    _renewed(scope, owner, audit.at)
    add_audit(scope, audit)
    return True


def note_export(scope: Scope, audit: AuditRow) -> None:
    """Note that somebody has a copy of a list."""
    add_audit(scope, audit)


def counts(scope: Scope, owner: str) -> dict[str, int]:
    """Return how many entries each list of a gateway's community has; lists without any are left out."""
    statement = select(listed_plate.c.kind, func.count()).where(*_of(scope, owner)).group_by(listed_plate.c.kind)
    return {kind: int(count) for kind, count in scope.connection.execute(statement)}


def listed(scope: Scope, owner: str, kind: str, search: str, after: str, limit: int) -> list[PlateRow]:
    """Return entries by plate, after the plate ``after``, whose plate or note holds ``search``."""
    where: list[Any] = [*_of(scope, owner), listed_plate.c.kind == kind, listed_plate.c.plate > after]
    if search:
        where.append(
            listed_plate.c.plate.contains(search.upper(), autoescape=True)
            | listed_plate.c.note.contains(search, autoescape=True)
        )
    rows = select(listed_plate).where(*where).order_by(listed_plate.c.plate).limit(limit)
    return [as_row(PlateRow, row) for row in scope.connection.execute(rows).mappings()]


def part(scope: Scope, owner: str, start: int, limit: int) -> ListsPart:
    """Return ``limit`` entries of all lists of a gateway's community from number ``start`` on; notes stay here."""
    version = scope.connection.execute(select(gateway.c.lists_version).where(gateway.c.gateway == owner)).scalar()
    columns = (listed_plate.c.plate, listed_plate.c.kind, listed_plate.c.since, listed_plate.c.until)
    ordered = select(*columns).where(*_of(scope, owner)).order_by(listed_plate.c.kind, listed_plate.c.plate)
    rows = scope.connection.execute(ordered.offset(start).limit(limit))
    entries = tuple(PlateEntry(plate, ListKind(kind), since, until) for plate, kind, since, until in rows)
    return ListsPart(owner, int(version or 0), sum(counts(scope, owner).values()), start, entries)


def _renewed(scope: Scope, owner: str, now: int) -> bool:
    newer = case((gateway.c.lists_version >= now, gateway.c.lists_version + 1), else_=now)
    statement = update(gateway).where(gateway.c.gateway == owner).values(lists_version=newer)
    return scope.connection.execute(statement).rowcount > 0


def _of(scope: Scope, owner: str) -> tuple[Any, ...]:
    return listed_plate.c.street_id == scope.street, listed_plate.c.gateway == owner
