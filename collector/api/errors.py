"""How the REST API says no: a stable word and a sentence, never a stack trace."""

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from collector.store.errors import StoreError

_WORDS = {404: "not_found", 405: "wrong_method", 413: "too_large", 415: "json_expected"}


class ApiError(Exception):
    """A refusal: HTTP ``status``, stable ``word``, ``detail`` for people, and how long to wait where that helps."""

    def __init__(self, status: int, word: str, detail: str = "", *, wait_s: int | None = None) -> None:
        super().__init__(word)
        self.status, self.word, self.detail, self.wait_s = status, word, detail, wait_s


def problem(status: int, word: str, detail: str = "", headers: dict[str, str] | None = None) -> Response:
    """Return the answer that carries a refusal."""
    return JSONResponse({"error": word, "detail": detail}, status, headers)


async def on_api_error(_request: Request, error: Exception) -> Response:
    """Answer an ``ApiError``."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this type alone
    body: dict[str, str | int] = {"error": error.word, "detail": error.detail}
    if error.wait_s is None:
        return JSONResponse(body, error.status)
    return JSONResponse(body | {"wait_s": error.wait_s}, error.status, {"Retry-After": str(error.wait_s)})


async def on_http_error(_request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, _WORDS.get(error.status_code, "refused"), str(error.detail), headers)


async def on_invalid(_request: Request, error: Exception) -> Response:
    """Answer a request whose parameters or body are not what they should be; the values are not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
    places = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    return problem(422, "bad_request", "; ".join(places)[:500])


async def on_store_error(_request: Request, error: Exception) -> Response:
    """Answer when the database cannot do it now."""
    assert isinstance(error, StoreError)  # noqa: S101 - registered for this type alone
    return problem(503, "store_unavailable", "the database cannot do this now", {"Retry-After": "5"})


async def on_bug(_request: Request, _error: Exception) -> Response:
    """Answer a mistake of our own; what it was stands in the log only."""
    return problem(500, "internal", "a mistake of the collector; it is in its log")
