"""The gateways' protocol over HTTP: hello, enrolment, chunks, status, lists, pictures, commands (docs/protocol.md)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from collector.access.gateways import Guest
from collector.api.parts import address_of, parts_of
from collector.gateway.protocol import LIMITS, SMALL_LIMIT, GatewayProtocol, Refusing, Reply, Subject, Wrong
from collector.store.errors import StoreError
from runtime.logs import get_logger
from wire.codec import MEDIA_TYPE

BODY_S = 60.0
"""How long the body of one request may take to arrive; an agent gives up much sooner."""

_PATH = "/gateway/v1"
_log = get_logger("gateway")


def routes() -> list[Route]:
    """Return the protocol's doors."""
    return [
        Route(f"{_PATH}/hello", _guarded(_hello), methods=["GET"]),
        Route(f"{_PATH}/enrol", _guarded(_enrol), methods=["POST"]),
        Route(f"{_PATH}/chunks", _guarded(partial(_asked, "chunks")), methods=["POST"]),
        Route(f"{_PATH}/status", _guarded(partial(_asked, "status")), methods=["POST"]),
        Route(f"{_PATH}/pictures", _guarded(partial(_asked, "pictures")), methods=["POST"]),
        Route(f"{_PATH}/lists", _guarded(partial(_asked, "lists")), methods=["POST"]),
        Route(f"{_PATH}/commands", _guarded(_commands), methods=["GET"]),
    ]


def _guarded(
    door: Callable[[Request, GatewayProtocol], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        protocol = GatewayProtocol(parts_of(request))
        try:
            return await door(request, protocol)
        except Refusing as error:
            return _said(protocol.refused(error, path=request.url.path, address=address_of(request)))
        except ClientDisconnect:
            return Response(status_code=400)

    return answer


async def _hello(_request: Request, protocol: GatewayProtocol) -> Response:
    return _said(protocol.hello())


async def _enrol(request: Request, protocol: GatewayProtocol) -> Response:
    return _said(await protocol.enrol(await _read(request, SMALL_LIMIT), address_of(request)))


async def _asked(subject: Subject, request: Request, protocol: GatewayProtocol) -> Response:
    guest = await _greeted(request, protocol)
    name, limit = guest.gateway.gateway, LIMITS[subject]
    with protocol.room(_size(request, limit, name), name):
        body = await _read(request, limit, name)
        return _said(await protocol.answer(subject, guest, body))


async def _commands(request: Request, protocol: GatewayProtocol) -> Response:
    guest = await _greeted(request, protocol)
    gateway = protocol.admit(guest, await _read(request, 0, guest.gateway.gateway))
    return StreamingResponse(_quiet(parts_of(request).streams.frames(gateway), gateway), media_type=MEDIA_TYPE)


async def _quiet(frames: AsyncIterator[bytes], gateway: str) -> AsyncIterator[bytes]:
    try:
        async for frame in frames:
            yield frame
    except StoreError as error:
        # the gateway comes back by itself; a half-sent answer has no other way to say so
        _log.error("stream_ended", gateway=gateway, error=str(error))


async def _greeted(request: Request, protocol: GatewayProtocol) -> Guest:
    return await protocol.greet(request.method, request.url.path, request.headers.get("authorization", ""))


def _size(request: Request, limit: int, gateway: str = "") -> int:
    """Return how many bytes of body are announced; ``limit`` where nothing is."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > limit:
        raise Wrong(413, "too_large", f"at most {limit} bytes", gateway=gateway)
    return int(said) if said.isdigit() else limit


async def _read(request: Request, limit: int, gateway: str = "") -> bytes:
    _size(request, limit, gateway)
    try:
        async with asyncio.timeout(BODY_S):
            return await _whole(request, limit, gateway)
    except TimeoutError as error:
        raise Wrong(408, "too_slow", f"a body takes at most {BODY_S:g} s", gateway=gateway) from error


async def _whole(request: Request, limit: int, gateway: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise Wrong(413, "too_large", f"at most {limit} bytes", gateway=gateway)
        pieces.append(piece)
    return b"".join(pieces)


def _said(reply: Reply) -> Response:
    headers = {"Retry-After": str(reply.wait_s)} if reply.wait_s else None
    return Response(reply.body, reply.status, headers, MEDIA_TYPE)
