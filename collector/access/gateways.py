"""Gateways at the door: a request is believed when a known key signed exactly this one, now, and only once."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Guest:
    """A gateway whose request's head is believed, and the digest that the body has to have."""

    gateway: GatewayRow
    path: str
    body_sha256: str


class GatewayGate:
    """Checks tokens. What it must remember of used tokens is bounded by their life; older ones, and all from
    before this program started, are refused by their time.

    ``told`` hears how far a believed gateway's own clock is ahead of ours (µs), the time of travel taken off.
    """

    def __init__(
        self, store: Store, clock: Clock, collector: str, told: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        self._store, self._clock, self._collector, self._told = store, clock, collector, told
        self._started_at = clock.now()
        self._used: set[tuple[str, str]] = set()
        self._order: deque[tuple[float, tuple[str, str]]] = deque()
        self._log = get_logger("gate")

    async def greet(self, method: str, path: str, authorization: str) -> Guest:
        """Return who asks, judged by the request's head alone and so before its body is let in; the token is used up.

        ``Refused``, logged in one line, otherwise.
        """
        gateway, came_at = "", self._clock.now()
        try:
            if not authorization.startswith(_SCHEME):
                raise IdentityError("malformed")
            token = authorization.removeprefix(_SCHEME)
            gateway = claimed_gateway(token)
            row = await self._store.read(fleet.one_gateway, gateway)
            if row is None or row.revoked_at is not None:
                raise IdentityError("unknown_gateway")
            claims = verify_token(token, public_key(row.public_key), collector=self._collector, now=self._clock.now())
            self._check(claims, method, path)
        except IdentityError as error:
            raise self._refused(error.reason, gateway, path) from error
        if claims.wall:
            self._told(gateway, claims.wall - came_at)
        return Guest(row, claims.path, claims.body_sha256)

    def admit(self, guest: Guest, body: bytes) -> GatewayRow:
        """Return the gateway if ``body`` is the one that its token was signed for; ``Refused``, logged, otherwise."""
        if guest.body_sha256 != body_digest(body):
            raise self._refused("wrong_body", guest.gateway.gateway, guest.path)
        return guest.gateway

    def _refused(self, word: str, gateway: str, path: str) -> Refused:
        self._log.warning(
            "request_refused", gateway=gateway if is_gateway_name(gateway) else "?", reason=word, path=path
        )
        return Refused(word, gateway)

    def _check(self, claims: Claims, method: str, path: str) -> None:
        if (claims.method, claims.path) != (method, path):
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
