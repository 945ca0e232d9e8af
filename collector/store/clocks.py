"""What gateways told of their clocks, inside a transaction: which offset turned out to be right in which boot."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from collector.store.scope import Scope
from collector.store.tables import clock_fix
from wire.chunk import ClockFix


def note_fixes(scope: Scope, gateway: str, fixes: Iterable[ClockFix], received_at: int) -> None:
    """Keep what the right time turned out to be; a fix that was told before changes nothing."""
    own = {"gateway": gateway, "received_at": received_at}
    scope.add_new(clock_fix, [own | msgspec.structs.asdict(fix) for fix in fixes])


def newest_fix(scope: Scope, gateway: str, boot: str) -> ClockFix | None:
    """Return the fix that was measured last in this boot of a gateway, or ``None``."""
    own = (clock_fix.c.street_id == scope.street, clock_fix.c.gateway == gateway, clock_fix.c.boot == boot)
    names = (clock_fix.c[name] for name in ClockFix.__struct_fields__)
    statement = select(*names).where(*own).order_by(clock_fix.c.mono.desc()).limit(1)
    row = scope.connection.execute(statement).mappings().first()
    return None if row is None else ClockFix(**row)
