"""The collector's clock, measured on the monotonic one, and the tokens that are dated by it."""

import secrets
from collections.abc import Callable
from typing import TypeAlias

from edge_agent.identity_file import Identity
from runtime.clock import Clock
from wire.identity import Claims, body_digest, sign_token

Heard: TypeAlias = Callable[[int, float, float], None]
"""``(collector's time in µs, when the question left, when the answer came)``, both in monotonic seconds."""

SAMPLE_AGE_S = 60.0
"""A tighter measurement is preferred to a newer one for this long."""


class Session:
    """What one gateway knows about one collector while it runs; ``heard`` is told of every two-way exchange.

    The wall clock decides nothing: a box whose date is wrong still sends, and still refuses late commands. What it
    shows is told with each token, so that the collector can say how far it is off.
    """

    def __init__(self, identity: Identity, clock: Clock, heard: Heard | None = None) -> None:
        self.identity = identity
        self._clock, self._tell = clock, heard
        self._offset: int | None = None  # collector's time minus monotonic, µs, the latest it can be
        self._width_s = 0.0
        self._measured_at = 0.0

    def collector_time(self) -> int | None:
        """Return the collector's time (µs), at its latest possible; ``None`` before the first answer."""
        if self._offset is None:
            return None
        return self._offset + int(self._clock.monotonic() * 1_000_000)

    def measured(self, collector_time: int, sent_at: float) -> None:
        """Take an answer's time into account; its request left at ``sent_at`` (monotonic seconds).

        The collector wrote the time somewhere between then and now, so the truth lies within that width; the latest
        possible is kept, because a command that is thought older than it is does no harm.
        """
        now = self._clock.monotonic()
        if self._tell is not None:
            self._tell(collector_time, sent_at, now)
        offset = collector_time - int(sent_at * 1_000_000)
        width_s = now - sent_at
        if self._offset is not None and self._width_s < width_s and now - self._measured_at < SAMPLE_AGE_S:
            agrees = offset - int(width_s * 1_000_000) <= self._offset <= offset
            if agrees:
                return
        self._offset, self._width_s, self._measured_at = offset, width_s, now

    def heard(self, collector_time: int) -> None:
        """Take a one-way message's time into account: the collector's clock cannot be behind it."""
        offset = collector_time - int(self._clock.monotonic() * 1_000_000)
        if self._offset is None or offset > self._offset:
            self._offset, self._width_s, self._measured_at = offset, 0.0, self._clock.monotonic()

    def token(self, method: str, path: str, body: bytes) -> str:
        """Return a fresh token for one request; ``LookupError`` before the collector's time is known."""
        time = self.collector_time()
        if time is None:
            raise LookupError("the collector's time is not known yet")
        identity = self.identity
        claims = Claims(
            gateway=identity.gateway,
            collector=identity.collector,
            issued_at=time,
            id=secrets.token_hex(16),
            method=method,
            path=path,
            body_sha256=body_digest(body),
            wall=self._clock.now(),
        )
        return sign_token(claims, identity.key)
