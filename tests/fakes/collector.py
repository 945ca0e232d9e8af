"""A collector in memory, behind whatever carries requests: it checks every token for real and answers as scripted."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.identity_file import Identity
from runtime.clock import Clock
from wire import PROTOCOL
from wire.chunk import Chunk
from wire.codec import MEDIA_TYPE, decode, decode_chunks, encode, unseal
from wire.errors import CodecError, IdentityError
from wire.exchange import Downlink, Enrolled, EnrolmentRequest, Hello, Refusal
from wire.identity import body_digest, public_key, public_text, sign_part, verify_token
from wire.picture import PictureAnswer
from wire.plates import ListsAsked, ListsPart, PlateEntry
from wire.receipt import Fate, Receipt, Receipts
from wire.status import Status
from wire.topics import METHOD

Trouble: TypeAlias = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]
"""What happens to one request instead of an answer."""


class FakeCollector:
    """``clock_ahead`` µs is how far its clock is from the box's; ``troubles`` are used up one per request and path.

    ``listed`` are its plate lists in ``lists_version``, ``part`` entries to an answer.
    ``stored`` counts how often each dedupe key came in; ``frames`` are what the command stream says, in order.
    ``uploads`` and ``upload_bytes`` tell of each upload that was judged how many chunks and bytes of bodies it had.
    """

    def __init__(self, clock: Clock, clock_ahead: int = 0) -> None:
        self.name = "district"
        self.command_key = Ed25519PrivateKey.generate()
        self.gateway_key = Ed25519PrivateKey.generate()
        self.clock_ahead = clock_ahead
        self.codes = {"CODE-1": "gw-1"}
        self.troubles: dict[str, deque[Trouble]] = {"hello": deque(), "chunks": deque(), "status": deque()}
        self.troubles |= {"commands": deque(), "enrol": deque(), "lists": deque(), "pictures": deque()}
        self.lists_version, self.listed, self.part = 0, tuple[PlateEntry, ...](), 2
        self.fates: dict[tuple[int, int], Fate] = {}
        self.wait_s, self.credit = 0.0, 0
        self.stored: dict[tuple[str, int, int], int] = {}
        self.order: list[tuple[int, int]] = []
        self.requests: list[str] = []
        self.uploads: list[int] = []
        self.upload_bytes: list[int] = []
        self.statuses: list[Status] = []
        self.pictures: list[PictureAnswer] = []
        self.refusals: list[str] = []
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._clock = clock
        self._seen: set[str] = set()

    def identity(self, url: str = "http://collector") -> Identity:
        """Return who gateway ``gw-1`` is after enrolment here."""
        return Identity("gw-1", self.gateway_key, url, self.name, self.command_key.public_key())

    async def answer(self, method: str, path: str, authorization: str, body: bytes) -> httpx.Response:
        """Answer one request that came by any way, as HTTP would; what it raises means that no answer goes out.

        The last word of ``path`` says what it is about; ``listen`` is a question for one frame.
        """
        headers = {"Authorization": authorization} if authorization else {}
        return await self._handle(httpx.Request(method, f"http://collector{path}", headers=headers, content=body))

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return the way here."""
        return httpx.MockTransport(self._handle)

    def time(self) -> int:
        """Return its time (µs)."""
        return self._clock.now() + self.clock_ahead

    def say(self, downlink: Downlink) -> None:
        """Send a frame down the command stream."""
        body = encode(downlink)
        self.frames.put_nowait(len(body).to_bytes(4, "big") + body)

    def refusal(self, status: int, word: str, **headers: str) -> httpx.Response:
        """Return a refusal as the collector writes it."""
        return self._answer(Refusal(word, "", self.time()), status, headers)

    def take(self, request: httpx.Request) -> httpx.Response:
        """Store an upload and return its receipts, without a look at its token: for troubles that do half."""
        return self._chunks(request)

    @staticmethod
    def named(request: httpx.Request) -> set[tuple[int, int]]:
        """Return (lane, seq) of every chunk in an upload."""
        return {(chunk.lane, chunk.seq) for chunk in decode_chunks(request.content) if isinstance(chunk, Chunk)}

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        name = "commands" if last == "listen" else last
        self.requests.append(name)
        if self.troubles[name]:
            trouble = self.troubles[name].popleft()
            if isinstance(trouble, Exception):
                raise trouble
            answer = trouble if isinstance(trouble, httpx.Response) else trouble(request)
            return answer if isinstance(answer, httpx.Response) else await answer
        if name == "hello":
            return self._answer(self._hello())
        if name == "enrol":
            return self._enrol(request)
        try:
            self._check(request)
        except IdentityError as error:
            self.refusals.append(error.reason)
            return self.refusal(401, error.reason)
        if last == "listen":
            return self._answer(Downlink(self.time()))
        doors = {"chunks": self._chunks, "status": self._status, "commands": self._commands, "lists": self.lists_part}
        return (doors | {"pictures": self._pictures})[name](request)

    def _check(self, request: httpx.Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise IdentityError("malformed")
        claims = verify_token(token, self.gateway_key.public_key(), collector=self.name, now=self.time())
        path = request.url.path.removeprefix("/") if request.method == METHOD else request.url.path  # a topic has no /
        if (claims.method, claims.path) != (request.method, path):
            raise IdentityError("wrong_body")
        if claims.body_sha256 != body_digest(request.content):
            raise IdentityError("wrong_body")
        if claims.id in self._seen:
            raise IdentityError("replayed")
        self._seen.add(claims.id)

    def _chunks(self, request: httpx.Request) -> httpx.Response:
        try:
            chunks = decode_chunks(request.content)
        except CodecError:
            return self.refusal(400, "malformed")
        self.uploads.append(len(chunks))
        self.upload_bytes.append(sum(len(chunk.body) for chunk in chunks if isinstance(chunk, Chunk)))
        receipts = tuple(self._store(chunk) for chunk in chunks if isinstance(chunk, Chunk))
        return self._answer(Receipts(receipts, self.time(), self.wait_s, self.credit))

    def _store(self, chunk: Chunk) -> Receipt:
        fate = self.fates.get((chunk.lane, chunk.seq), Fate.ACCEPTED)
        unseal(chunk)
        if fate is Fate.ACCEPTED:
            key = (chunk.journal, chunk.lane, chunk.seq)
            self.stored[key] = self.stored.get(key, 0) + 1
            self.order.append((chunk.lane, chunk.seq))
        return Receipt(chunk.journal, chunk.lane, chunk.seq, fate)

    def _status(self, request: httpx.Request) -> httpx.Response:
        self.statuses.append(decode(request.content, Status))
        return self._answer(Hello(self.name, (PROTOCOL,), self.time(), self.lists_version))

    def lists_part(self, request: httpx.Request) -> httpx.Response:
        """Return the part of its lists that is asked for."""
        start = decode(request.content, ListsAsked).start
        entries = self.listed[start : start + self.part]
        part = ListsPart("gw-1", self.lists_version, len(self.listed), start, entries)
        return self._answer(sign_part(part, self.command_key))

    def _pictures(self, request: httpx.Request) -> httpx.Response:
        self.pictures.append(decode(request.content, PictureAnswer))
        return self._answer(self._hello())

    def _commands(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": MEDIA_TYPE}, content=self._stream())

    async def _stream(self) -> AsyncIterator[bytes]:
        while (frame := await self.frames.get()) is not None:
            yield frame

    def _enrol(self, request: httpx.Request) -> httpx.Response:
        question = decode(request.content, EnrolmentRequest)
        if self.codes.get(question.code) != question.gateway:
            return self.refusal(403, "bad_code")
        del self.codes[question.code]
        public_key(question.public_key)
        key = public_text(self.command_key.public_key())
        return self._answer(Enrolled(self.name, question.gateway, key, self.time()))

    def _hello(self) -> Hello:
        return Hello(self.name, (PROTOCOL,), self.time())

    @staticmethod
    def _answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.Response(status, headers={"Content-Type": MEDIA_TYPE, **(headers or {})}, content=encode(value))
