"""How a gateway becomes known: a person makes a code, the gateway presents it once with its public key."""

from collector.access.codes import code_hash, new_code
from collector.store import fleet, people
from collector.store.api import Store
from collector.store.records import AuditRow, EnrolmentRow, GatewayRow
from collector.store.scope import Scope
from runtime.clock import Clock
from wire.errors import IdentityError
from wire.exchange import EnrolmentRequest
from wire.identity import fingerprint, is_gateway_name, public_key

CODE_LIFE_S = 15 * 60
"""How long a one-time code waits to be used."""


class BadName(ValueError):
    """Not a name that a gateway may have."""


class BadCode(Exception):
    """The code is unknown, used, expired or another gateway's; which of them is not told."""


class Enrolments:
    """Makes codes and takes them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def invite(self, gateway: str, name: str, *, by: str, address: str = "") -> tuple[str, int]:
        """Return a fresh code for ``gateway`` and when it expires (µs); ``BadName``."""
        if not is_gateway_name(gateway):
            raise BadName(gateway)
        now = self._clock.now()
        code, expires_at = new_code(), now + CODE_LIFE_S * 1_000_000
        row = EnrolmentRow(code_hash(code), gateway, name, now, by, expires_at)
        audit = AuditRow(now, by, "enrolment_code", gateway, "ok", address=address)
        await self._store.write(_keep, row, audit)
        return code, expires_at

    async def redeem(self, request: EnrolmentRequest, address: str) -> None:
        """Make the gateway known by its key; ``BadCode`` when the code or the key will not do."""
        now = self._clock.now()
        try:
            key = public_key(request.public_key)
        except IdentityError as error:
            raise BadCode("the public key is malformed") from error
        await self._store.write(_redeem, request, now, fingerprint(key), address)


def _keep(scope: Scope, row: EnrolmentRow, audit: AuditRow) -> None:
    fleet.add_code(scope, row)
    people.add_audit(scope, audit)


def _redeem(scope: Scope, request: EnrolmentRequest, now: int, print_: str, address: str) -> None:
    row = fleet.take_code(scope, code_hash(request.code), request.gateway, now)
    if row is None:
        raise BadCode("unknown, used or expired")
    fleet.enrol(scope, GatewayRow(row.gateway, row.name, "", request.public_key, now, version=request.version[:64]))
    people.add_audit(scope, AuditRow(now, row.gateway, "enrolled", row.gateway, "ok", print_, address))
