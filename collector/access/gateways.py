"""Gateways at the door: a request is believed when a known key signed exactly this one, now, and only once."""

from collections import deque

from collector.store import fleet
from collector.store.api import Store
from collector.store.records import GatewayRow
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.errors import IdentityError
from wire.identity import (
    CLOCK_LEEWAY_S,
    TOKEN_LIFE_S,
    Claims,
    body_digest,
    claimed_gateway,
    is_gateway_name,
    public_key,
    verify_token,
)

_MEMORY_S = TOKEN_LIFE_S + 2 * CLOCK_LEEWAY_S
_MEMORY_LIMIT = 500_000
_SCHEME = "Bearer "


class Refused(Exception):
    """The request is not believed; ``word`` is one of the protocol's, ``gateway`` who it claims to be."""

    def __init__(self, word: str, gateway: str = "") -> None:
        super().__init__(word)
        self.word, self.gateway = word, gateway


class GatewayGate:
    """Checks tokens. What it must remember of used tokens is bounded by their life; older ones, and all from
    before this program started, are refused by their time.
    """

    def __init__(self, store: Store, clock: Clock, collector: str) -> None:
        self._store, self._clock, self._collector = store, clock, collector
        self._started_at = clock.now()
        self._used: set[tuple[str, str]] = set()
        self._order: deque[tuple[float, tuple[str, str]]] = deque()
        self._log = get_logger("gate")

    async def admit(self, method: str, path: str, body: bytes, authorization: str) -> GatewayRow:
        """Return the gateway that sent this request; ``Refused``, logged in one line, otherwise."""
        gateway = ""
        try:
            if not authorization.startswith(_SCHEME):
                raise IdentityError("malformed")
            token = authorization.removeprefix(_SCHEME)
            gateway = claimed_gateway(token)
            row = await self._store.read(fleet.one_gateway, gateway)
            if row is None or row.revoked_at is not None:
                raise IdentityError("unknown_gateway")
            claims = verify_token(token, public_key(row.public_key), collector=self._collector, now=self._clock.now())
            self._check(claims, method, path, body)
        except IdentityError as error:
            self._log.warning(
                "request_refused", gateway=gateway if is_gateway_name(gateway) else "?", reason=error.reason, path=path
            )
            raise Refused(error.reason, gateway) from error
        return row

    def _check(self, claims: Claims, method: str, path: str, body: bytes) -> None:
        if (claims.method, claims.path, claims.body_sha256) != (method, path, body_digest(body)):
            raise IdentityError("wrong_body")
        if claims.issued_at < self._started_at:
            raise IdentityError("expired")
        now = self._clock.monotonic()
        while self._order and (self._order[0][0] < now or len(self._order) > _MEMORY_LIMIT):
            self._used.discard(self._order.popleft()[1])
        use = (claims.gateway, claims.id)
        if use in self._used:
            raise IdentityError("replayed")
        self._used.add(use)
        self._order.append((now + _MEMORY_S, use))
