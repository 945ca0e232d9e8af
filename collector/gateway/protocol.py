"""Judges one request of a gateway and writes its answer; knows no transport, only subject, token and body."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from collector.access.enrolment import BadCode
from collector.access.gateways import Guest, Refused
from collector.api.parts import Parts
from collector.ingest.service import Busy
from collector.store.errors import StoreError
from runtime.logs import get_logger
from wire import PROTOCOL
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.exchange import Enrolled, EnrolmentRequest, Hello, Refusal
from wire.identity import is_gateway_name
from wire.picture import PICTURE_LIMIT, PictureAnswer
from wire.plates import ListsAsked
from wire.receipt import Receipts
from wire.status import Status

UPLOAD_LIMIT = 8 * 1024 * 1024
"""Most bytes of one request's body."""

SMALL_LIMIT = 256 * 1024
"""Most bytes of the body of a small request."""

Subject: TypeAlias = Literal["chunks", "status", "listen", "lists", "pictures"]
"""What a request with a token is about; ``listen`` asks for commands."""

LIMITS: Mapping[Subject, int] = {
    "chunks": UPLOAD_LIMIT,
    "status": SMALL_LIMIT,
    "listen": 64,
    "lists": 64,
    "pictures": PICTURE_LIMIT + 1024,
}
"""Most bytes of a body, by subject."""

T = TypeVar("T")
_log = get_logger("gateway")


class Wrong(Exception):
    """A believed request, or one without a token, that cannot be granted: status, stable word, sentence for the log,
    seconds to wait where that helps, and who asked as far as it is known.
    """

    def __init__(self, status: int, word: str, detail: str, *, wait_s: int = 0, gateway: str = "") -> None:
        super().__init__(word)
        self.status, self.word, self.detail, self.wait_s = status, word, detail, wait_s
        self.gateway = gateway if is_gateway_name(gateway) else "?"


Refusing = (Refused, Wrong, StoreError)
"""What a request may end in that ``GatewayProtocol.refused`` has an answer for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """``status`` as in HTTP, a body in msgpack, and the seconds to wait that go with some refusals (0 for none)."""

    status: int
    body: bytes
    wait_s: int = 0


class GatewayProtocol:
    """Answers gateways. Its methods raise one of ``Refusing``; a door turns that into ``refused``'s reply."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def hello(self) -> Reply:
        """Say who is here and what time it is."""
        return Reply(200, encode(self._greeting()))

    async def greet(self, method: str, path: str, authorization: str) -> Guest:
        """Return who asks, judged by the request's head alone; the token is used up."""
        return await self._parts.gate.greet(method, path, authorization)

    def admit(self, guest: Guest, body: bytes) -> str:
        """Return the gateway's name if ``body`` is the one that its token was signed for; it has given a sign."""
        row = self._parts.gate.admit(guest, body)
        self._parts.presence.heard(row.gateway)
        return row.gateway

    @contextmanager
    def room(self, size: int, gateway: str) -> Iterator[None]:
        """Hold room for a body of ``size`` bytes as long as the block lasts; ``Wrong`` where there is none."""
        try:
            with self._parts.ingest.room(size):
                yield
        except Busy as error:
            raise Wrong(503, "busy", "too many uploads at once", wait_s=2, gateway=gateway) from error

    async def answer(self, subject: Subject, guest: Guest, body: bytes) -> Reply:
        """Admit a request and do what it asks (``listen``: nothing but say the time; commands go their own way)."""
        gateway = self.admit(guest, body)
        match subject:
            case "chunks":
                return Reply(200, encode(await self._take(gateway, body)))
            case "status":
                self._parts.presence.heard(gateway, decoded(body, Status, gateway))
                return Reply(200, encode(self._greeting(guest.gateway.lists_version)))
            case "pictures":
                self._parts.pictures.arrived(gateway, decoded(body, PictureAnswer, gateway))
            case "lists":
                asked = decoded(body, ListsAsked, gateway)
                return Reply(200, encode(await self._parts.lists.part(gateway, asked.start)))
        return self.hello()

    async def enrol(self, body: bytes, address: str) -> Reply:
        """Redeem a one-time code, asked for from ``address``."""
        parts = self._parts
        order = decoded(body, EnrolmentRequest)
        try:
            await parts.enrolments.redeem(order, address)
        except BadCode as error:
            raise Wrong(403, "bad_code", str(error), gateway=order.gateway) from error
        _log.info("enrolled", gateway=order.gateway)
        shown = await parts.views.gateway(order.gateway)
        if shown is not None:
            parts.hub.publish("gateway", shown.model_dump())
        return Reply(200, encode(Enrolled(parts.name, order.gateway, parts.command_key, parts.clock.now())))

    def refused(self, error: Exception, **place: str) -> Reply:
        """Return the answer to one of ``Refusing``, counted and logged with its ``place``; anything else is raised."""
        match error:
            case Refused():  # logged where it was found out
                self._parts.metrics.refused(error.word)
                return self._refusal(401, error.word, "the request is not believed")
            case Wrong():
                self._parts.metrics.refused(error.word)
                _log.warning("request_refused", gateway=error.gateway, reason=error.word, **place)
                return self._refusal(error.status, error.word, error.detail, error.wait_s)
            case StoreError():
                _log.error("store_unavailable", error=str(error), **place)
                return self._refusal(503, "store_unavailable", "the database cannot do this now", 5)
        raise error

    async def _take(self, gateway: str, body: bytes) -> Receipts:
        with self._parts.metrics.uploads.time():
            try:
                return await self._parts.ingest.take(gateway, body)
            except CodecError as error:
                raise Wrong(400, "malformed", str(error), gateway=gateway) from error

    def _greeting(self, lists: int = 0) -> Hello:
        return Hello(self._parts.name, (PROTOCOL,), self._parts.clock.now(), lists)

    def _refusal(self, status: int, word: str, detail: str, wait_s: int = 0) -> Reply:
        return Reply(status, encode(Refusal(word, detail, self._parts.clock.now())), wait_s)


def decoded(body: bytes, kind: type[T], gateway: str = "") -> T:
    """Return what ``body`` says; ``Wrong`` where it is no ``kind``."""
    try:
        return decode(body, kind)
    except CodecError as error:
        raise Wrong(400, "malformed", str(error), gateway=gateway) from error
