"""Puts the doors together into one ASGI application."""

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from collector.api import (
    account,
    alarm_care,
    alarm_metrics,
    alarms,
    console,
    duty,
    errors,
    events,
    fleet,
    gateway,
    lists,
    live,
    people,
    pictures,
)
from collector.api.guards import ApiGuard, SafeHeaders
from collector.api.models import Problem
from collector.api.parts import Parts
from collector.store.errors import StoreError

API = "/api/v1"
_DESCRIPTION = (
    "REST API of the Linli collector. Times are microseconds since the Unix epoch, UTC. Log in with POST /session; "
    "the session travels in a cookie. Errors are `{error, detail}`, where `error` is a stable word."
)


def make_app(parts: Parts) -> FastAPI:
    """Return the application over ``parts``; it starts and stops nothing."""
    app = FastAPI(
        title="Linli collector",
        version=parts.version,
        description=_DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={401: {"model": Problem}, 422: {"model": Problem}},
    )
    app.state.parts = parts
    app.router.routes.extend(gateway.routes())
    api = APIRouter(prefix=API)
    duties = (alarms.router, alarm_care.router, alarm_metrics.router, duty.router)
    for router in (
        people.router,
        fleet.router,
        account.router,
        events.router,
        pictures.router,
        lists.router,
        *duties,
        live.stream_router,
    ):
        api.include_router(router)
    app.include_router(api)
    app.include_router(live.root_router)
    app.include_router(console.router)
    app.add_exception_handler(errors.ApiError, errors.on_api_error)
    app.add_exception_handler(HTTPException, errors.on_http_error)
    app.add_exception_handler(RequestValidationError, errors.on_invalid)
    app.add_exception_handler(StoreError, errors.on_store_error)
    app.add_exception_handler(Exception, errors.on_bug)
    app.add_middleware(ApiGuard)
    app.add_middleware(SafeHeaders)
    return app
