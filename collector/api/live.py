"""The event stream of the live page, and the collector's own health and figures."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy import text

from collector.access.roles import Right, may
from collector.api.metrics import CONTENT_TYPE
from collector.api.parts import Parts
from collector.api.people import COOKIE, Lent, Somebody
from collector.store.errors import StoreError
from collector.store.scope import Scope

_CHECK_S = 30.0

stream_router = APIRouter(tags=["live"])
root_router = APIRouter(tags=["operation"])


@stream_router.get("/stream", response_class=StreamingResponse)
async def stream(request: Request, person: Somebody, parts: Lent) -> StreamingResponse:
    """Server-sent events: readings, alert, command, gateway, ping, reset. ``Last-Event-ID`` brings what was missed."""
    last = request.headers.get("last-event-id", "")
    frames = _while_logged_in(parts, request.cookies[COOKIE], last, persons=may(person.role, Right.PERSONAL))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, media_type="text/event-stream", headers=headers)


@root_router.get("/health")
async def health(parts: Lent) -> JSONResponse:
    """Tell whether the collector can do its work: 200 ``ok``, 503 ``degraded``."""
    try:
        await parts.store.read(_ask)
        readable = True
    except StoreError:
        readable = False
    well = readable and parts.ingest.healthy
    body = {
        "status": "ok" if well else "degraded",
        "name": parts.name,
        "version": parts.version,
        "store": "ok" if readable else "unavailable",
        "ingest": "ok" if parts.ingest.healthy else "failing",
        "as_of": parts.clock.now(),
    }
    return JSONResponse(body, 200 if well else 503)


@root_router.get("/metrics")
async def metrics(parts: Lent) -> Response:
    """Figures for Prometheus."""
    return Response(parts.metrics.page(), media_type=CONTENT_TYPE)


async def _while_logged_in(parts: Parts, token: str, last: str, *, persons: bool) -> AsyncIterator[bytes]:
    checked = parts.clock.monotonic()
    async for frame in parts.hub.frames(last, persons=persons):
        yield frame
        if parts.clock.monotonic() - checked >= _CHECK_S:
            checked = parts.clock.monotonic()
            who = await parts.logins.who(token, slide=False)
            if who is None or may(who.role, Right.PERSONAL) is not persons:
                return


def _ask(scope: Scope) -> None:
    scope.connection.execute(text("SELECT 1"))
