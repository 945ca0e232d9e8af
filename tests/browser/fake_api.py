"""The HTTP face of the fake collector: its addresses, its session, its headers, and the built console itself."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.console import STATIC
from tests.browser import alarms
from tests.browser.account import HOUR
from tests.browser.community import SECOND, Json
from tests.browser.fake_collector import PASSWORD, PEOPLE, SITE, FakeCollector, now

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
Answer = Callable[[Request], Awaitable[Response]]


class StrictHeaders:
    """Puts the collector's content security policy on every answer, and how long a browser may keep it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = {"content-security-policy": CSP, "x-content-type-options": "nosniff"}
                if scope["path"].startswith("/assets/"):
                    extra["cache-control"] = "public, max-age=31536000, immutable"
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in extra.items())]
            await send(message)

        await self._app(scope, receive, with_headers)


def refuse(status: int, word: str, **more: object) -> JSONResponse:
    return JSONResponse({"error": word, "detail": "", **more}, status)


class FakeApi:
    """The endpoints of the console's API over one ``FakeCollector``."""

    def __init__(self, fake: FakeCollector) -> None:
        self.fake = fake

    def who(self, request: Request) -> str | None:
        return self.fake.sessions.get(request.cookies.get("session", ""))

    def guarded(self, answer: Answer) -> Answer:
        """Wrap an endpoint: nobody without a session, nothing while the collector is down."""

        async def guarded_answer(request: Request) -> Response:
            if self.fake.down:
                return refuse(503, "http_503")
            if self.who(request) is None:
                return refuse(401, "not_logged_in")
            return await answer(request)

        return guarded_answer

    def _session(self, name: str) -> Json:
        return {
            "user": {"name": name, "role": PEOPLE[name], "community": SITE if PEOPLE[name] == "manager" else ""},
            "collector": {"name": "collector-demo", "version": "0.1.0"},
        }

    async def log_in(self, request: Request) -> Response:
        body = await request.json()
        if body["name"] == "locked":
            return refuse(429, "locked", wait_s=872)
        if body["name"] not in PEOPLE or body["password"] != PASSWORD:
            return refuse(401, "wrong_login")
        token = secrets.token_hex(16)
        self.fake.sessions[token] = body["name"]
        answer = JSONResponse(self._session(body["name"]))
        answer.set_cookie("session", token, httponly=True, samesite="strict")
        return answer

    async def session(self, request: Request) -> Response:
        return JSONResponse(self._session(self.who(request) or ""))

    async def log_out(self, request: Request) -> Response:
        self.fake.sessions.pop(request.cookies["session"], None)
        return Response(status_code=204)

    async def overview(self, request: Request) -> Response:
        return JSONResponse(self.fake.overview())

    async def gateways(self, request: Request) -> Response:
        self.fake.count_alerts()
        return JSONResponse({"items": self.fake.gateways, "as_of": now()})

    async def completeness(self, request: Request) -> Response:
        if "completeness" in self.fake.broken:
            return refuse(500, "internal")
        asked = request.query_params
        span = (int(asked["from"]), int(asked["to"]))
        if not 0 < span[1] - span[0] <= 24 * HOUR:
            return refuse(422, "too_long")
        found = self.fake.completeness(request.path_params["gateway"], *span)
        return JSONResponse(found) if found else refuse(404, "no_such_gateway")

    async def events(self, request: Request) -> Response:
        device, guest = request.query_params.get("device"), PEOPLE[self.who(request) or ""] == "viewer"
        hidden = {"masked": True, "fields": {}} if guest else {}
        items = [one | hidden for one in self.fake.events if device in (None, one["device"])]
        return JSONResponse({"items": items, "truncated": False, "as_of": now()})

    async def picture(self, request: Request) -> Response:
        """Answer with the picture, or the word why there is none, when the test has laid it out."""
        said = await self.fake.pictures[request.path_params["reference"]]
        if isinstance(said, str):
            return refuse({"picture_gone": 404, "cannot_mask": 403}.get(said, 409), said)
        masked = "role" if PEOPLE[self.who(request) or ""] == "viewer" else "no"
        return Response(said, headers={"Linli-Masked": masked, "Linli-Taken-At": str(now())}, media_type="image/jpeg")

    async def devices(self, request: Request) -> Response:
        self.fake.count_alerts()
        gateway = request.query_params.get("gateway")
        items = [one for one in self.fake.devices if gateway in (None, one["gateway"])]
        return JSONResponse({"items": items, "as_of": now()})

    async def device(self, request: Request) -> Response:
        self.fake.count_alerts()
        found = [one for one in self.fake.devices if one["id"] == request.path_params["device"]]
        return JSONResponse(found[0]) if found else refuse(404, "no_such_device")

    async def readings(self, request: Request) -> Response:
        asked = request.query_params
        span = (int(asked["from"]), int(asked["to"]))
        items = self.fake.readings(request.path_params["device"], asked["point"], *span)
        return JSONResponse(
            {"point": asked["point"], "unit": "", "items": items, "summaries": self.fake.summaries}
            | {"truncated": False}
        )

    async def alerts(self, request: Request) -> Response:
        asked = request.query_params
        found = alarms.chosen(self.fake.alerts, asked)
        floods = alarms.floods(found) if "fold" in asked else []
        items = [one for one in found if not one["flood"]] if "fold" in asked else found
        return JSONResponse({"items": items, "floods": floods, "next_before": None, "as_of": now()})

    async def deed(self, request: Request) -> Response:
        what, number = request.path_params["deed"], request.path_params["alert"]
        return JSONResponse(self.fake.do(number, what, await request.json(), self.who(request) or ""))

    async def history(self, request: Request) -> Response:
        return JSONResponse({"items": self.fake.history(request.path_params["alert"])})

    async def flood_ack(self, request: Request) -> Response:
        order, who = await request.json(), self.who(request) or ""
        own = [one["id"] for one in self.fake.alerts if one["flood"] == request.path_params["flood"]]
        return JSONResponse([self.fake.do(number, "ack", order, who) for number in own])

    async def performance(self, request: Request) -> Response:
        return JSONResponse(alarms.performance(self.fake.alerts))

    async def asides(self, request: Request) -> Response:
        return JSONResponse({"items": list(self.fake.asides.values()), "as_of": now()})

    async def set_aside(self, request: Request) -> Response:
        place = (request.path_params["gateway"], request.path_params.get("device", ""))
        self.fake.put_aside(place, await request.json(), self.who(request) or "")
        return Response(status_code=204)

    async def bring_back(self, request: Request) -> Response:
        self.fake.asides.pop((request.path_params["gateway"], request.path_params.get("device", "")))
        return Response(status_code=204)

    async def commands(self, request: Request) -> Response:
        asked = request.query_params.get("device")
        return JSONResponse({"items": [one for one in self.fake.commands if asked in (None, one["device"])]})

    async def command(self, request: Request) -> Response:
        wanted = request.path_params["command"]
        return JSONResponse(next(one for one in self.fake.commands if one["id"] == wanted))

    async def send_command(self, request: Request) -> Response:
        wish = await request.json()
        if not wish["reason"].strip():
            return refuse(422, "reason_missing")
        return JSONResponse(self.fake.command(wish, self.who(request) or ""), 201)

    async def audit(self, request: Request) -> Response:
        return JSONResponse({"items": self.fake.audit, "next_before": None})

    async def lists(self, request: Request) -> Response:
        """Hand over to the shelf that stands there now."""
        for route in self.fake.plates.routes():
            match, scope = route.matches(request.scope)
            if match is Match.FULL:
                request.scope.update(scope)
                return await route.endpoint(request)  # type: ignore[no-any-return]
        return refuse(405, "wrong_method")

    async def enrol(self, request: Request) -> Response:
        body = await request.json()
        code = {"gateway": body["gateway"], "code": "K7QM-3XTV-9D", "expires_at": now() + 900 * SECOND}
        return JSONResponse(code, 201)

    async def stream(self, request: Request) -> Response:
        frames = self.fake.frames(request.headers.get("last-event-id", ""))
        return StreamingResponse(frames, media_type="text/event-stream")

    async def page(self, request: Request) -> Response:
        file = STATIC / request.url.path.lstrip("/")
        return FileResponse(file if file.is_file() else STATIC / "index.html")

    def app(self) -> Starlette:
        """Return the whole as an ASGI application."""
        get, post = ["GET"], ["POST"]
        one = "/devices/{gateway}/{device}"
        routes = [
            Route("/session", self.guarded(self.session), methods=get),
            Route("/session", self.log_in, methods=post),
            Route("/session", self.guarded(self.log_out), methods=["DELETE"]),
            Route("/overview", self.guarded(self.overview), methods=get),
            Route("/gateways", self.guarded(self.gateways), methods=get),
            Route("/gateways/{gateway}/completeness", self.guarded(self.completeness), methods=get),
            Route("/gateways/{gateway}/events", self.guarded(self.events), methods=get),
            Route("/pictures/{gateway}/{reference}", self.guarded(self.picture), methods=get),
            Route("/devices", self.guarded(self.devices), methods=get),
            Route(one, self.guarded(self.device), methods=get),
            Route(f"{one}/readings", self.guarded(self.readings), methods=get),
            Route("/alerts", self.guarded(self.alerts), methods=get),
            Route("/alerts/{alert}/history", self.guarded(self.history), methods=get),
            Route("/alerts/{alert}/{deed}", self.guarded(self.deed), methods=post),
            Route("/floods/{flood}/ack", self.guarded(self.flood_ack), methods=post),
            Route("/alarms/metrics", self.guarded(self.performance), methods=get),
            Route("/alarms/aside", self.guarded(self.asides), methods=get),
            Route(f"{one}/out-of-service", self.guarded(self.set_aside), methods=post),
            Route(f"{one}/back-in-service", self.guarded(self.bring_back), methods=post),
            Route("/gateways/{gateway}/maintenance", self.guarded(self.set_aside), methods=post),
            Route("/gateways/{gateway}/maintenance/end", self.guarded(self.bring_back), methods=post),
            Route("/commands", self.guarded(self.commands), methods=get),
            Route("/commands", self.guarded(self.send_command), methods=post),
            Route("/commands/{command}", self.guarded(self.command), methods=get),
            Route("/audit", self.guarded(self.audit), methods=get),
            Route("/enrolments", self.guarded(self.enrol), methods=post),
            Route("/stream", self.guarded(self.stream), methods=get),
            Route(
                "/gateways/{gateway}/lists{rest:path}", self.guarded(self.lists), methods=[*get, *post, "PUT", "DELETE"]
            ),
        ]
        assets = Mount("/assets", StaticFiles(directory=STATIC / "assets"))
        pages = Route("/{rest:path}", self.page)
        return Starlette(
            routes=[Mount("/api/v1", routes=routes), assets, pages], middleware=[Middleware(StrictHeaders)]
        )


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals to whoever runs the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve(fake: FakeCollector, port: int = 0) -> AsyncIterator[str]:
    """Serve ``fake`` on a loopback port; yields the address."""
    config = uvicorn.Config(FakeApi(fake).app(), host="127.0.0.1", port=port, log_level="error", lifespan="off")
    server = _Server(config)
    task = asyncio.create_task(server.serve(), name="fake collector")
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    fake.down = True
    fake.end_streams()
    await task
