"""One camera's HTTP beside ONVIF: digest only, its certificate judged, no redirect followed, nothing unbounded."""

from collections.abc import AsyncGenerator
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
from runtime.connections import Connections

_HEADERS: Final = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "linli"))
LOST: Final = (httpx.HTTPError, httpx.StreamError, OSError)
"""What is raised where the way, and not the answer, is at fault; ``TimeoutError`` is an ``OSError``."""

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
    async def get(self, path: str, *, does: bool = False) -> AsyncGenerator[httpx.Response, None]:
        """Ask for ``path`` and give an answer of 200, its body unread; the connection ends with the context.

        ``does``: the camera does something then, and it is never asked twice; ``AnswerLost`` when it was asked and its
        answer is lost. Else ``Timeout``. ``Misconfigured``: password, certificate; ``NotSupported``: it has no such
        path; ``CorruptAnswer``: a redirect, or no HTTP; ``DeviceRefused``: another status.
        """
        way = Connections(self._context)
        try:
            yield await self._opened(way, path, does)
        finally:
            await way.aclose()

    async def _opened(self, way: Connections, path: str, does: bool) -> httpx.Response:
        self._target.lockout.check(self._clock.monotonic())
        password = self._target.password
        auth = httpx.DigestAuth(self._target.user, "" if password is None else password.reveal())
        flow = auth.auth_flow(httpx.Request("GET", self._target.place.base + path, headers=_HEADERS))
        response = await self._sent(way, next(flow), does)
        if response.status_code == httpx.codes.UNAUTHORIZED and password is not None:
            await response.aclose()
            try:
                request = flow.send(response)
            except StopIteration:
                raise Misconfigured("it does not offer HTTP digest, and the password goes no other way") from None
            except _STRANGE_CHALLENGE:
                raise CorruptAnswer("its challenge cannot be answered") from None
            response = await self._sent(way, request, does)
        if response.status_code != httpx.codes.OK:
            refusal = _refusal(response.status_code, path.partition("?")[0])
            if response.status_code == httpx.codes.UNAUTHORIZED:
                self._target.lockout.refused(self._clock.monotonic(), str(refusal))
            raise refusal
        return response

    async def _sent(self, way: Connections, request: httpx.Request, does: bool) -> httpx.Response:
        left: list[bool] = []
        request.extensions["sending"] = lambda: left.append(True)
        try:
            response = await within(self._clock, self._timeout_s, way.handle_async_request(request))
        except LOST as error:
            raise lost(error, does and bool(left)) from None
        response.request = request
        return response


def lost(error: Exception, does: bool = False) -> DriverError:
    """Return what an error of the way means; nothing of what the library says of it, which may hold an address."""
    if why := why_not_trusted(error):
        return Misconfigured(f"its certificate is not believed: {why}")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Timeout("it cannot be reached")
    if does:
        return AnswerLost("it was asked and its answer did not come back")
    if isinstance(error, httpx.ProtocolError):
        return CorruptAnswer("what came is no HTTP, or was cut off")
    return Timeout("no answer in time" if isinstance(error, TimeoutError) else "the connection broke off")


def _refusal(status: int, path: str) -> DriverError:
    if status == httpx.codes.UNAUTHORIZED:
        return Misconfigured("it does not believe user and password")
    if status == httpx.codes.FORBIDDEN:
        return Misconfigured(f"it does not let this user ask for {path}")
    if status in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED, httpx.codes.NOT_IMPLEMENTED):
        return NotSupported(f"it has no {path}")
    if 300 <= status < 400:
        return CorruptAnswer("it sends elsewhere, and no redirect is followed")
    return DeviceRefused(f"it answers {status}", status)
