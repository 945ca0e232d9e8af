"""The authenticated way to one collector: learns its time from every answer, says once that it is lost or back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx

from edge_agent.uplink.exchange import (
    TRANSPORT_ERRORS,
    LinkError,
    NoAnswer,
    Refused,
    ask,
    check_is_ours,
    no_answer,
    read_limited,
    refused,
)
from edge_agent.uplink.session import Session
from edge_agent.uplink.waiting import within
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.codec import MEDIA_TYPE
from wire.exchange import Hello
from wire.receipt import Receipts

HELLO = "/gateway/v1/hello"

_DATE_WORDS = ("expired", "not_yet")

T = TypeVar("T")

_log = get_logger("uplink")


class Link:
    """One collector as one gateway reaches it. ``problems`` maps a path to the word of what is wrong there."""

    def __init__(self, client: httpx.AsyncClient, session: Session, clock: Clock, timeout_s: float) -> None:
        self.session = session
        self.contact_at: float | None = None
        self.problems: dict[str, str] = {}
        self.news = asyncio.Event()
        """Set when a path works again: whoever waits long may try at once."""
        self._taught: set[str] = set()
        self._client, self._clock, self._timeout_s = client, clock, timeout_s

    async def hello(self) -> None:
        """Learn the collector's time; the one exchange without a token. ``NoAnswer`` when another collector answers."""
        hello = await self._ask(self._client.build_request("GET", HELLO), Hello)
        if hello.collector != self.session.identity.collector:
            raise NoAnswer("other_collector")

    async def post(self, path: str, body: bytes, kind: type[T]) -> T:
        """Post ``body`` with its own token; return the ``kind`` that came back. Errors: ``NoAnswer``, ``Refused``."""
        headers = {"Content-Type": MEDIA_TYPE, **await self._authorization("POST", path, body)}
        return await self._ask(self._client.build_request("POST", path, content=body, headers=headers), kind)

    @asynccontextmanager
    async def stream(self, path: str) -> "AsyncIterator[Pieces]":
        """Open an endless answer for as long as the block lasts. Errors: ``NoAnswer``, ``Refused``."""
        sent_at = self._clock.monotonic()
        response = await self._open(path)
        try:
            if response.status_code != httpx.codes.OK:
                raise self._learnt(refused(response, await self._rest(response), sent_at))
            check_is_ours(response)
            yield Pieces(response)
        finally:
            await response.aclose()

    def well(self, path: str) -> None:
        """Note that ``path`` works."""
        self.contact_at = self._clock.monotonic()
        self._taught.discard(path)
        word = self.problems.pop(path, None)
        if word is None:
            return
        self.news.set()
        if not self.problems:
            _log.info("collector_back", after=word)

    def failed(self, path: str, error: LinkError) -> None:
        """Note that ``path`` does not work: one warning for an outage, however many tries and paths it fails on, and
        one more for each new word of the collector's own (a proxy in its place says now this, now that).

        A token refused for its date is no outage yet: the refusal told the time, and a collector that has just started
        refuses whatever is older than itself.
        """
        if error.word in _DATE_WORDS and path not in self._taught:
            self._taught.add(path)
            return
        before = self.problems.get(path)
        said_by_collector = isinstance(error, Refused) and error.time is not None
        if not self.problems or (said_by_collector and before != error.word):
            _log.warning("collector_lost", reason=error.word, path=path)
        self.problems[path] = error.word

    async def _open(self, path: str) -> httpx.Response:
        headers = await self._authorization("GET", path, b"")
        # No read timeout: the reader guards against silence itself, by the lent clock.
        timeout = httpx.Timeout(self._timeout_s, read=None)
        request = self._client.build_request("GET", path, headers=headers, timeout=timeout)
        try:
            return await within(self._clock, self._timeout_s, self._client.send(request, stream=True))
        except TRANSPORT_ERRORS as error:
            raise no_answer(error) from error

    async def _rest(self, response: httpx.Response) -> bytes:
        try:
            return await within(self._clock, self._timeout_s, read_limited(response))
        except TRANSPORT_ERRORS as error:
            raise no_answer(error) from error

    async def _ask(self, request: httpx.Request, kind: type[T]) -> T:
        try:
            answer = await ask(self._client, request, kind, self._clock, self._timeout_s)
        except Refused as error:
            raise self._learnt(error) from error.__cause__
        if isinstance(answer.value, Hello | Receipts):
            self.session.measured(answer.value.time, answer.sent_at)
        return answer.value

    async def _authorization(self, method: str, path: str, body: bytes) -> dict[str, str]:
        if self.session.collector_time() is None:
            await self.hello()
        return {"Authorization": f"Bearer {self.session.token(method, path, body)}"}

    def _learnt(self, error: Refused) -> Refused:
        if error.time is not None:
            self.session.measured(error.time, error.sent_at)
        return error


class Pieces:
    """The bytes of an endless answer as they arrive."""

    def __init__(self, response: httpx.Response) -> None:
        self._iterator = response.aiter_raw()

    async def next(self) -> bytes:
        """Return the next piece; ``NoAnswer`` when the answer ends or breaks off."""
        try:
            return await anext(self._iterator)
        except StopAsyncIteration as error:
            raise NoAnswer("ended") from error
        except TRANSPORT_ERRORS as error:
            raise no_answer(error) from error
