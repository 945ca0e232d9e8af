"""What wraps every request: safe headers on the way out; size, origin and content type checked on the way in."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.api.errors import problem

JSON_LIMIT = 64 * 1024
"""Most bytes of a body at the REST API."""

IMPORT_LIMIT = 6 * 1024 * 1024
"""Most bytes of a body that brings a list: a hundred thousand rows."""

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_SAFE = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SafeHeaders:
    """Adds the headers that keep a browser strict; answers that say nothing about caching are not cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, sent)


class ApiGuard:
    """Refuses at ``/api/`` what a foreign page could send (CSRF), what is too large, and zero characters."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = _zero(scope) or _refusal(scope["method"], headers, _limit(scope["path"]))
        if refusal is not None:
            await problem(*refusal)(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, _limit(scope["path"])), send)


def _zero(scope: Scope) -> tuple[int, str, str] | None:
    # no database takes it in a text, and nothing here has it in a name
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return 400, "bad_request", "a zero character in the address"
    return None


def _refusal(method: str, headers: Headers, limit: int) -> tuple[int, str, str] | None:
    if method in ("GET", "HEAD", "OPTIONS"):
        return None
    origin = headers.get("origin")
    if origin is not None and _host_of(origin) != headers.get("host", ""):
        return 403, "foreign_origin", "this page may not ask for that"
    if method != "DELETE" and headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return 415, "json_expected", "send application/json"
    said = headers.get("content-length", "0")
    if said.isdigit() and int(said) > limit:
        return 413, "too_large", f"at most {limit} bytes"
    return None


def _limit(path: str) -> int:
    return IMPORT_LIMIT if path.startswith("/api/v1/gateways/") and path.endswith("/import") else JSON_LIMIT


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _bounded(receive: Receive, limit: int) -> Receive:
    size = 0

    async def received() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise HTTPException(413, f"at most {limit} bytes")
        return message

    return received


def is_api(request: Request) -> bool:
    """Tell whether a request is for a program rather than a page."""
    return request.url.path.startswith(("/api/", "/gateway/"))
