"""The gateways' protocol over HTTP: hello, enrolment, chunks, status, and the stream of commands (docs/protocol.md)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from collector.access.enrolment import BadCode
from collector.access.gateways import Refused
from collector.api.parts import Parts, address_of, parts_of
from collector.ingest.service import Busy
from collector.store.errors import StoreError
from collector.store.records import GatewayRow
from runtime.logs import get_logger
from wire import PROTOCOL
from wire.codec import MEDIA_TYPE, decode, encode
from wire.errors import CodecError
from wire.exchange import Enrolled, EnrolmentRequest, Hello, Refusal
from wire.identity import is_gateway_name
from wire.status import Status

UPLOAD_LIMIT = 8 * 1024 * 1024
"""Most bytes of one request's body."""

BODY_S = 60.0
"""How long the body of one request may take to arrive; an agent gives up much sooner."""

_SMALL = 256 * 1024
_PATH = "/gateway/v1"
_log = get_logger("gateway")
T = TypeVar("T")


class _Answer(Exception):
    def __init__(self, status: int, word: str, detail: str, *, wait_s: int = 0, gateway: str = "") -> None:
        super().__init__(word)
        self.status, self.word, self.detail, self.wait_s = status, word, detail, wait_s
        self.gateway = gateway if is_gateway_name(gateway) else "?"


def routes() -> list[Route]:
    """Return the protocol's doors."""
    return [
        Route(f"{_PATH}/hello", _guarded(_hello), methods=["GET"]),
        Route(f"{_PATH}/enrol", _guarded(_enrol), methods=["POST"]),
        Route(f"{_PATH}/chunks", _guarded(_chunks), methods=["POST"]),
        Route(f"{_PATH}/status", _guarded(_status), methods=["POST"]),
        Route(f"{_PATH}/commands", _guarded(_commands), methods=["GET"]),
    ]


def refusal(parts: Parts, status: int, word: str, detail: str, wait_s: int = 0) -> Response:
    """Return a 4xx or 5xx of the protocol."""
    headers = {"Retry-After": str(wait_s)} if wait_s else None
    return _body(Refusal(word, detail, parts.clock.now()), status, headers)


def _guarded(door: Callable[[Request, Parts], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        parts = parts_of(request)
        try:
            return await door(request, parts)
        except Refused as error:
            parts.metrics.refused(error.word)
            return refusal(parts, 401, error.word, "the request is not believed")
        except _Answer as error:
            parts.metrics.refused(error.word)
            place = {"path": request.url.path, "address": address_of(request)}
            _log.warning("request_refused", gateway=error.gateway, reason=error.word, **place)
            return refusal(parts, error.status, error.word, error.detail, error.wait_s)
        except StoreError as error:
            _log.error("store_unavailable", path=request.url.path, error=str(error))
            return refusal(parts, 503, "store_unavailable", "the database cannot do this now", 5)
        except ClientDisconnect:
            return Response(status_code=400)

    return answer


async def _hello(_request: Request, parts: Parts) -> Response:
    return _body(_greeting(parts))


async def _enrol(request: Request, parts: Parts) -> Response:
    order = _decoded(await _read(request, _SMALL), EnrolmentRequest)
    try:
        await parts.enrolments.redeem(order, address_of(request))
    except BadCode as error:
        raise _Answer(403, "bad_code", str(error), gateway=order.gateway) from error
    _log.info("enrolled", gateway=order.gateway)
    await _announce(parts, order.gateway)
    return _body(Enrolled(parts.name, order.gateway, parts.command_key, parts.clock.now()))


async def _chunks(request: Request, parts: Parts) -> Response:
    gateway, body = await _admitted(request, parts, UPLOAD_LIMIT)
    with parts.metrics.uploads.time():
        try:
            receipts = await parts.ingest.take(gateway.gateway, body)
        except CodecError as error:
            raise _Answer(400, "malformed", str(error), gateway=gateway.gateway) from error
        except Busy as error:
            raise _Answer(503, "busy", "too many uploads at once", wait_s=2, gateway=gateway.gateway) from error
    return _body(receipts)


async def _status(request: Request, parts: Parts) -> Response:
    gateway, body = await _admitted(request, parts, _SMALL)
    parts.presence.heard(gateway.gateway, _decoded(body, Status))
    return _body(_greeting(parts))


async def _commands(request: Request, parts: Parts) -> Response:
    gateway, _ = await _admitted(request, parts, 0)
    return StreamingResponse(_quiet(parts.streams.frames(gateway.gateway), gateway.gateway), media_type=MEDIA_TYPE)


async def _quiet(frames: AsyncIterator[bytes], gateway: str) -> AsyncIterator[bytes]:
    try:
        async for frame in frames:
            yield frame
    except StoreError as error:
        # the gateway comes back by itself; a half-sent answer has no other way to say so
        _log.error("stream_ended", gateway=gateway, error=str(error))


async def _announce(parts: Parts, gateway: str) -> None:
    shown = await parts.views.gateway(gateway)
    if shown is not None:
        parts.hub.publish("gateway", shown.model_dump())


async def _admitted(request: Request, parts: Parts, limit: int) -> tuple[GatewayRow, bytes]:
    authorization = request.headers.get("authorization", "")
    guest = await parts.gate.greet(request.method, request.url.path, authorization)
    body = await _read(request, limit, guest.gateway.gateway)
    row = parts.gate.admit(guest, body)
    parts.presence.heard(row.gateway)
    return row, body


async def _read(request: Request, limit: int, gateway: str = "") -> bytes:
    said = request.headers.get("content-length", "0")
    if said.isdigit() and int(said) > limit:
        raise _Answer(413, "too_large", f"at most {limit} bytes", gateway=gateway)
    try:
        async with asyncio.timeout(BODY_S):
            return await _whole(request, limit, gateway)
    except TimeoutError as error:
        raise _Answer(408, "too_slow", f"a body takes at most {BODY_S:g} s", gateway=gateway) from error


async def _whole(request: Request, limit: int, gateway: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _Answer(413, "too_large", f"at most {limit} bytes", gateway=gateway)
        parts.append(piece)
    return b"".join(parts)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return decode(body, kind)
    except CodecError as error:
        raise _Answer(400, "malformed", str(error)) from error


def _greeting(parts: Parts) -> Hello:
    return Hello(parts.name, (PROTOCOL,), parts.clock.now())


def _body(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(encode(value), status, headers, MEDIA_TYPE)
