"""HTTP to one camera: one host, no redirect, every answer bounded in size and time, and never sent twice by itself."""

import asyncio
import ssl
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

from drivers.api.errors import CorruptAnswer, DriverError, Misconfigured, Timeout
from drivers.api.patience import within
from drivers.onvif.target import Target
from drivers.onvif.trust import make_context, why_not_trusted
from runtime.clock import Clock
from runtime.connections import Connections

LARGEST_MESSAGE: Final = 1024 * 1024
LARGEST_PICTURE: Final = 8 * 1024 * 1024
"""Bytes of an answer; what is longer is not read to its end."""

_CLOSE_S: Final = 2.0
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST")
_WRONG_CHALLENGE: Final = (httpx.ProtocolError, LookupError, ValueError, NotImplementedError, AssertionError)
"""What httpx raises where a camera asks for an authentication that is none, or none that it knows."""


class BrokenOff(Timeout):
    """The connection ended without an answer; nothing says that asking again would be as slow."""


@dataclass(slots=True)
class Question:
    """One request to ``address``. ``sent``: a part of it may have reached the camera, and no answer says otherwise."""

    method: str
    address: str
    body: bytes = field(default=b"", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    largest: int = LARGEST_MESSAGE
    fresh: bool = False
    """It goes out on a connection of its own: one that was kept may have ended unseen."""
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: HTTP status, and the body as it came."""

    status: int
    body: bytes


class Web:
    """``digested``: the camera wanted HTTP digest of what was posted; a token within the message is not needed then.

    Errors as ``Calls`` has them, but that a refusal by status is an ``Answer``. Whoever asks waits ``deadline_s`` in
    all, however slowly the answer drips.
    """

    def __init__(self, target: Target, clock: Clock) -> None:
        self.digested = False
        self._target, self._clock = target, clock
        self._context: ssl.SSLContext | None = None
        self._kept: Connections | None = None
        self._auth = self._fresh_auth()

    async def ask(self, question: Question, deadline_s: float) -> Answer:
        """Return the answer to ``question``; a refused password is answered once with HTTP digest."""
        try:
            return await within(self._clock, deadline_s, self._ask(question))
        except TimeoutError:
            raise Timeout(f"no whole answer within {deadline_s:g} s") from None
        except httpx.HTTPError as error:
            raise _meant(error) from error
        except (httpx.InvalidURL, OSError) as error:
            raise BrokenOff(f"it broke off: {type(error).__name__}") from error

    async def close(self) -> None:
        """Give back what is kept; a later question opens it again."""
        kept, self._kept = self._kept, None
        if kept is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(kept.aclose(), _CLOSE_S)

    async def _ask(self, question: Question) -> Answer:
        way = await self._way(fresh=question.fresh)
        try:
            return await self._exchanges(way, question)
        finally:
            if way is not self._kept:
                await way.aclose()

    async def _exchanges(self, way: Connections, question: Question) -> Answer:
        """Send it, and once more where it is refused with a challenge that can be met."""
        request = _request(question)
        flow = self._auth.auth_flow(request)
        _challenged(flow, None)
        response, answer = await _exchange(way, request, question)
        if not _challenged(flow, response):
            return answer
        self.digested = self.digested or question.method == "POST"
        _, answer = await _exchange(way, request, question)
        if answer.status == httpx.codes.UNAUTHORIZED:
            # else the next question would try the same wrong password twice, and some cameras count and lock the user
            self._auth = self._fresh_auth()
        return answer

    def _fresh_auth(self) -> httpx.DigestAuth:
        password = self._target.password
        return httpx.DigestAuth(self._target.user, password.reveal() if password is not None else "")

    async def _way(self, *, fresh: bool) -> Connections:
        if self._context is None:
            if self._target.place.scheme == "https":
                self._context = await asyncio.to_thread(make_context, self._target.trust)
            else:
                self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if fresh:
            return Connections(self._context)
        if self._kept is None:
            self._kept = Connections(self._context)
        return self._kept


def _request(question: Question) -> httpx.Request:
    headers = {"User-Agent": "linli", "Accept": "*/*", "Accept-Encoding": "identity", **question.headers}
    try:
        request = httpx.Request(question.method, question.address, headers=headers, content=question.body or None)
    except (httpx.InvalidURL, ValueError) as error:
        raise CorruptAnswer("an address that is none") from error
    request.extensions["sending"] = lambda: setattr(question, "sent", True)
    return request


def _challenged(flow: Generator[httpx.Request, httpx.Response, None], refused: httpx.Response | None) -> bool:
    """Go on with an authentication; tell whether the request, changed by it, is to be sent (again)."""
    try:
        if refused is None:
            next(flow)
        else:
            flow.send(refused)
    except StopIteration:
        return False
    except _WRONG_CHALLENGE as error:
        raise Misconfigured(f"it wants an authentication that is not known here: {type(error).__name__}") from error
    return True


async def _exchange(way: Connections, request: httpx.Request, question: Question) -> tuple[httpx.Response, Answer]:
    """Return the head of the answer, for the authentication, and the answer."""
    response = await way.handle_async_request(request)
    try:
        if response.is_redirect or 300 <= response.status_code < 400:
            question.sent = False
            raise CorruptAnswer(f"it answers with a redirect, which is not followed{_hint(request, response)}")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise CorruptAnswer("it answers in an encoding that was not asked for")
        body = await _body(response, question.largest)
    finally:
        await response.aclose()
    if response.status_code == httpx.codes.UNAUTHORIZED:
        question.sent = False
    head = httpx.Response(response.status_code, headers=response.headers, request=request)
    return head, Answer(response.status_code, body)


def _hint(request: httpx.Request, response: httpx.Response) -> str:
    wanted = response.headers.get("Location", "").lower().startswith("https:")
    return ": it wants to be spoken to by https" if wanted and request.url.scheme == "http" else ""


async def _body(response: httpx.Response, largest: int) -> bytes:
    stated = response.headers.get("Content-Length", "")
    if stated.isdecimal() and len(stated) < 20 and int(stated) > largest:
        raise CorruptAnswer(f"an answer of more than {largest} bytes")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > largest:
            raise CorruptAnswer(f"an answer of more than {largest} bytes")
    return bytes(body)


def _meant(error: httpx.HTTPError) -> DriverError:
    """Return what an error of the way is in our words."""
    if distrust := why_not_trusted(error):
        return Misconfigured(f"its certificate is not believed: {distrust}")
    if isinstance(error, httpx.ConnectError) and _speaks_no_tls(error):
        return Misconfigured("it does not speak TLS there")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Timeout(f"it cannot be reached: {_why(error)}")
    if isinstance(error, httpx.RemoteProtocolError):
        return CorruptAnswer(f"an answer that is no HTTP, or not whole: {error}"[:200])
    if isinstance(error, httpx.LocalProtocolError):
        return CorruptAnswer("an address that is none")
    return BrokenOff(f"it broke off: {_why(error)}")


def _speaks_no_tls(error: BaseException) -> bool:
    cause = error.__cause__
    return isinstance(cause, ssl.SSLError) and cause.reason in (
        "WRONG_VERSION_NUMBER",
        "UNKNOWN_PROTOCOL",
        "HTTP_REQUEST",
    )


def _why(error: BaseException) -> str:
    cause = error.__cause__
    return (getattr(cause, "strerror", None) or "no answer") if cause is not None else "no answer"
