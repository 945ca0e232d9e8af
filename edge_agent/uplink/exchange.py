"""One question, one answer over HTTP: whatever comes back is sorted into an answer, a refusal or no answer at all."""

import ssl
from functools import lru_cache
from math import isfinite
from typing import TypeVar

import httpx

from edge_agent.uplink.api import Answer
from edge_agent.uplink.errors import NoAnswer, Refused, Silent
from edge_agent.uplink.waiting import Cut, within
from runtime.clock import Clock
from runtime.connections import Connections
from wire.codec import MEDIA_TYPE, decode
from wire.errors import CodecError
from wire.exchange import Refusal

ANSWER_LIMIT = 1024 * 1024
"""Most bytes of an answer that are read; a collector's are far smaller."""

RETRY_AFTER_LIMIT_S = 3600.0
"""Longest wait that a peer may ask for."""

T = TypeVar("T")

_HEADERS = ((b"Accept", b"*/*"), (b"User-Agent", b"linli"))
_OURS = (b"Content-Type", MEDIA_TYPE.encode("ascii"))

TRANSPORT_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError)
"""What is raised when the way, and not the answer, is at fault; ``TimeoutError`` is an ``OSError``."""


def is_collector_url(url: str) -> bool:
    """Tell whether ``url`` can be a collector's: http or https, a host, no query, no fragment, no credentials."""
    try:
        parts = httpx.URL(url.strip())
    except httpx.InvalidURL:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.host) and not (parts.query or parts.fragment or parts.userinfo)
    )


def make_context(url: str) -> ssl.SSLContext:
    """Return how to trust the collector at ``url``: by the system's certificates, or nobody where TLS is not used
    (loading the certificates costs memory that plain HTTP does not need).
    """
    return ssl.create_default_context() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def make_way(
    url: str, way: httpx.AsyncBaseTransport | None = None, context: ssl.SSLContext | None = None
) -> httpx.AsyncBaseTransport:
    """Return the way to the collector at ``url``: no proxy from the environment, no redirects (a captive portal's wish
    is not ours). ``way`` replaces the sockets; ``context`` saves making another.
    """
    return way or Connections(context or make_context(url))


def make_request(url: str, method: str, path: str, body: bytes = b"", token: str = "") -> httpx.Request:
    """Return a request to ``path`` of the collector at ``url``."""
    headers = [*_HEADERS, *([_OURS] if body else [])]
    if token:
        headers.append((b"Authorization", b"Bearer " + token.encode("ascii")))
    return httpx.Request(method, _address(url, path), headers=headers, content=body or None)


async def ask(
    way: httpx.AsyncBaseTransport,
    request: httpx.Request,
    kind: type[T],
    clock: Clock,
    deadline_s: float,
    cut: Cut | None = None,
) -> Answer[T]:
    """Send ``request`` and return the ``kind`` that the collector answered, all within ``deadline_s`` and while
    ``cut`` is not made.

    Raises ``NoAnswer`` or ``Refused``.
    """
    sent_at = clock.monotonic()
    try:
        response, body = await within(clock, deadline_s, _exchange(way, request), cut)
    except TRANSPORT_ERRORS as error:
        raise no_answer(error) from error
    if response.status_code != httpx.codes.OK:
        raise refused(response, body, sent_at)
    check_is_ours(response)
    try:
        return Answer(decode(body, kind), sent_at)
    except CodecError as error:
        raise NoAnswer("garbage") from error


async def read_limited(response: httpx.Response) -> bytes:
    """Return a streamed response's body; ``NoAnswer`` beyond ``ANSWER_LIMIT``."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > ANSWER_LIMIT:
            raise NoAnswer("too_long")
    return bytes(body)


def check_is_ours(response: httpx.Response) -> None:
    """Raise ``NoAnswer`` unless the answer has our content type: a captive portal's 200 is not a receipt."""
    if not _is_ours(response):
        raise NoAnswer("not_a_collector")


def refused(response: httpx.Response, body: bytes, sent_at: float) -> Refused:
    """Return what an answer other than 200 says."""
    refusal = None
    if _is_ours(response):
        try:
            refusal = decode(body, Refusal)
        except CodecError:
            refusal = None
    return Refused(response.status_code, refusal, _retry_after_s(response), sent_at)


def no_answer(error: Exception) -> NoAnswer:
    """Return the stable word for an error of the way."""
    if isinstance(error, ConnectionAbortedError):
        return Silent()
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return NoAnswer("timeout")
    if isinstance(error, httpx.ConnectError):
        return NoAnswer(_refused_by_tls(error) or "cannot_connect")
    return NoAnswer("broken_off" if isinstance(error, httpx.TransportError) else "unusable")


def _refused_by_tls(error: BaseException) -> str:
    """Return the word for what TLS said against the connection, empty where it was never asked."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "bad_certificate"
        if isinstance(cause, ssl.SSLError):
            return "no_tls"
        cause = cause.__cause__ or cause.__context__
    return ""


@lru_cache
def _address(url: str, path: str) -> httpx.URL:
    return httpx.URL(url.rstrip("/") + path)


async def _exchange(way: httpx.AsyncBaseTransport, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    response = await way.handle_async_request(request)
    try:
        return response, await read_limited(response)
    finally:
        await response.aclose()


def _is_ours(response: httpx.Response) -> bool:
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def _retry_after_s(response: httpx.Response) -> float | None:
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None  # absent, or a date, which a box without a clock cannot use
    return min(max(seconds, 0.0), RETRY_AFTER_LIMIT_S) if isfinite(seconds) else None
