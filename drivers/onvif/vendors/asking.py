"""One camera's HTTP beside ONVIF: digest only, its certificate judged, no redirect followed, nothing unbounded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Final

import httpx

from drivers.api.errors import (
    AnswerLost,
    CorruptAnswer,
    DeviceRefused,
    DriverError,
    Misconfigured,
    NotSupported,
    Timeout,
)
from drivers.api.patience import within
from drivers.onvif.target import Target
from drivers.onvif.trust import make_context, why_not_trusted
from runtime.clock import Clock

_OK: Final = 200
_HEADERS: Final = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "linli"))
_TRANSPORT: Final = (httpx.HTTPError, httpx.StreamError, OSError)
_STRANGE_CHALLENGE: Final = (httpx.ProtocolError, KeyError, ValueError, NotImplementedError)
"""What the library raises for a challenge that it cannot answer."""


class Asking:
    """Asks one camera. An answer's head comes within ``timeout_s``, and no body is read but by who wants it.

    A password leaves in a digest and no other way: a camera that wants HTTP Basic is misconfigured.
    """

    def __init__(self, target: Target, clock: Clock, timeout_s: float) -> None:
        """``Misconfigured`` where the authority's certificate cannot be read."""
        self._target, self._clock, self._timeout_s = target, clock, timeout_s
        tls = target.place.scheme == "https"
        self._context = make_context(target.trust) if tls else SSLContext(PROTOCOL_TLS_CLIENT)

    @asynccontextmanager
    async def get(self, path: str, *, does: bool = False) -> AsyncIterator[httpx.Response]:
        """Ask for ``path`` and give an answer of 200, its body unread; the connection ends with the context.

        ``does``: the camera does something then, and it is never asked twice; ``AnswerLost`` when it was asked and its
        answer is lost. Else ``Timeout``. ``Misconfigured``: password, certificate; ``NotSupported``: it has no such
        path; ``CorruptAnswer``: a redirect, or no HTTP; ``DeviceRefused``: another status.
        """
        async with httpx.AsyncHTTPTransport(verify=self._context, trust_env=False, retries=0) as way:
            response = await self._opened(way, path, does)
            try:
                yield response
            finally:
                await response.aclose()

    async def _opened(self, way: httpx.AsyncHTTPTransport, path: str, does: bool) -> httpx.Response:
        patience = {"connect": self._timeout_s, "read": None, "write": None, "pool": None}
        request = httpx.Request(
            "GET", self._target.place.base + path, headers=_HEADERS, extensions={"timeout": patience}
        )
        password = self._target.password
        auth = httpx.DigestAuth(self._target.user, "" if password is None else password.reveal())
        flow = auth.auth_flow(request)
        response = await self._sent(way, next(flow), does)
        if response.status_code == httpx.codes.UNAUTHORIZED and password is not None:
            await response.aclose()
            try:
                request = flow.send(response)
            except StopIteration:
                raise Misconfigured(
                    "the camera does not offer HTTP digest, and the password goes no other way"
                ) from None
            except _STRANGE_CHALLENGE:
                raise CorruptAnswer("the camera's challenge cannot be answered") from None
            response = await self._sent(way, request, does)
        if response.status_code != _OK:
            await response.aclose()
            raise _refusal(response.status_code, path.partition("?")[0])
        return response

    async def _sent(self, way: httpx.AsyncHTTPTransport, request: httpx.Request, does: bool) -> httpx.Response:
        try:
            # one deadline for the connection and one for the head, so that what was never sent is known as such
            response = await within(self._clock, 2 * self._timeout_s, way.handle_async_request(request))
        except _TRANSPORT as error:
            raise lost(error, does) from None
        response.request = request
        return response


def lost(error: Exception, does: bool = False) -> DriverError:
    """Return what an error of the way means; nothing of what the library says of it, which may hold an address."""
    if why := why_not_trusted(error):
        return Misconfigured(f"the camera's certificate is not believed: {why}")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Timeout("the camera cannot be reached")
    if does:
        return AnswerLost("the camera was asked and its answer did not come back")
    if isinstance(error, httpx.ProtocolError):
        return CorruptAnswer("what came is no HTTP, or was cut off")
    return Timeout("no answer in time" if isinstance(error, TimeoutError) else "the connection broke off")


def _refusal(status: int, path: str) -> DriverError:
    if status == httpx.codes.UNAUTHORIZED:
        return Misconfigured("the camera does not believe user and password")
    if status == httpx.codes.FORBIDDEN:
        return Misconfigured(f"the camera does not let this user ask for {path}")
    if status in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED, httpx.codes.NOT_IMPLEMENTED):
        return NotSupported(f"the camera has no {path}")
    if 300 <= status < 400:
        return CorruptAnswer("the camera sends elsewhere, and no redirect is followed")
    return DeviceRefused(f"the camera answers {status}", status)
