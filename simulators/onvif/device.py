"""What every pretended ONVIF device is: a server, one user, services, subscriptions, faults, and an honest memory."""

from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from runtime.clock import Clock
from simulators.onvif.beside import Beside
from simulators.onvif.certificates import Certificate, self_signed
from simulators.onvif.credentials import Credentials
from simulators.onvif.device_service import OPEN, PATHS, DeviceService
from simulators.onvif.event_service import SUBSCRIPTIONS, EventService
from simulators.onvif.events import Event, Operation
from simulators.onvif.faults import Faults, Where
from simulators.onvif.host import Operations
from simulators.onvif.makers import Maker
from simulators.onvif.media_service import SNAPSHOT, MediaService
from simulators.onvif.metadata import MetadataServer
from simulators.onvif.picture import SCENES, jpeg
from simulators.onvif.pullpoints import PullPoints
from simulators.onvif.server import Answer, HttpServer, Request
from simulators.onvif.soap import Call, Markup, SoapFault, envelope, fault, not_authorized, parse, tag
from simulators.onvif.timers import Timers

Authentication = Literal["any", "wsse", "digest"]
PICTURES = "/pictures/"
_LOOK_S = 0.05
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Body:
    """How a device is set up. ``port`` 0 takes a free one. ``authentication``: what it believes. ``push``: an address
    that it calls in its maker's own words, where it has such. ``rtsp_port`` is of its metadata, where it has some.
    """

    clock: Clock
    maker: Maker
    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    user: str = "admin"
    password: str = "pretend-1"  # noqa: S105 - of a device that does not exist
    authentication: Authentication = "any"
    stream: str = "rtsp://127.0.0.1:8554/{profile}"
    serial: str = "LINLI0001"
    push: str = ""
    rtsp_port: int = 0


class OnvifDevice:
    """Answers between ``start`` and ``stop``. A kind adds services with ``serve`` and deeds of its own."""

    model: ClassVar[str] = "onvif"
    deeds: ClassVar[frozenset[str]] = frozenset(
        {
            "faults",
            "cut",
            "reboot",
            "change_password",
            "change_certificate",
            "set_clock",
            "lose_subscriptions",
            "look",
        }
    )

    def __init__(self, body: Body, services: tuple[str, ...]) -> None:
        self.body, self.maker, self.serial = body, body.maker, body.serial
        self.wrong = Faults()
        self.credentials = Credentials(body.user, body.password, windowed=body.maker.windowed)
        self.certificate: Certificate | None = None
        self.timers = Timers(body.clock)
        self.server = HttpServer(self.answer, body.host, body.port)
        self.points = PullPoints(body.clock, body.maker, self.wrong, self.time)
        self.requests: Counter[str] = Counter()
        self.reads = 0
        self.commands: list[dict[str, Any]] = []
        self.beside: Beside | None = None
        self.metadata: MetadataServer | None = None
        self.told: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self._clock_s = body.maker.clock_s
        self._started_at = body.clock.now()
        self._scene = "normal"
        self._frozen_picture: int | None = None
        self._operations: dict[str, Callable[[Call], Markup | Awaitable[Markup]]] = {}
        self.serve(DeviceService(self, services).operations)
        self.serve(MediaService(self, self.stream).operations)
        self.serve(EventService(self, self.points).operations)

    def serve(self, operations: Operations) -> None:
        """Answer these operations too."""
        self._operations.update(operations)

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        if self.body.tls and self.certificate is None:
            self.certificate = self_signed(self.maker.model)
        self.server.context = None if self.certificate is None else self.certificate.context
        await self.server.start()
        if self.metadata is not None:
            await self.metadata.start()

    async def stop(self) -> None:
        """Be gone."""
        if self.beside is not None:
            await self.beside.stop()
        await self.timers.stop()
        await self._unreachable()

    @property
    def address(self) -> str:
        """Return where it really is, such as ``http://127.0.0.1:8081``."""
        return f"{'https' if self.body.tls else 'http'}://{self.body.host}:{self.server.port}"

    def url(self, path: str) -> str:
        """Return the address of ``path`` as the device gives it out, which may be wrong."""
        return f"http://{self.maker.elsewhere}{path}" if self.maker.elsewhere else f"{self.address}{path}"

    def stream(self, profile: str) -> str:
        """Return where the stream of ``profile`` is."""
        return self.body.stream.format(profile=profile) if self.metadata is None else self.metadata.address(profile)

    def time(self) -> int:
        """Return what it thinks is the time (µs)."""
        now = self.body.clock.now() - (self._started_at if self.maker.since_1970 else 0)
        return now + int(self._clock_s * 1e6)

    def publish(self, event: Event, operation: Operation | None = None) -> None:
        """Tell everybody who subscribed."""
        said = {"at": self.body.clock.now(), "topic": event.topic, "operation": operation, "data": dict(event.data)}
        self.told.append(said)
        self.points.publish(event, operation)

    def command(self, call: Call, **done: Any) -> None:
        """Keep in the truth that a client's command was done."""
        self.commands.append({"at": self.body.clock.now(), "what": call.name.partition(":")[2], **done})

    # What can be done to it.

    def faults(self, **given: Any) -> dict[str, Any]:
        """Set faults by name and return all of them; ``ValueError`` for what is none."""
        return self.wrong.set(given)

    def cut(self) -> None:
        """Break every connection that stands."""
        self.server.cut()
        if self.metadata is not None:
            self.metadata.cut()

    def lose_subscriptions(self) -> None:
        """Forget every subscription, as firmware does on a bad day."""
        self.points.forget()

    def change_password(self, password: str) -> None:
        """Have another password from now on."""
        self.credentials.password = password

    def set_clock(self, ahead_s: float) -> None:
        """Let its clock be so far ahead; negative for behind."""
        self._clock_s = ahead_s

    def look(self, scene: str = "normal", frozen: bool = False) -> None:
        """Let its picture be of a scene (``SCENES``: ``normal``, ``covered`` …), and never change while ``frozen``."""
        if scene not in SCENES:
            raise ValueError(f"a camera sees {', '.join(SCENES)}")
        self._scene = scene
        self._frozen_picture = self._moment() if frozen else None

    async def change_certificate(self) -> str:
        """Restart with a fresh certificate and return its fingerprint; ``ValueError`` for a device without TLS."""
        if not self.body.tls:
            raise ValueError("it does not speak TLS")
        await self.server.stop()
        self.certificate = self_signed(self.maker.model)
        await self.start()
        return self.certificate.fingerprint

    def reboot(self, for_s: float = 5.0) -> None:
        """Go away in a moment and come back ``for_s`` later, with no subscription and no nonce."""
        self.timers.run(self._reboot(for_s))

    def truth(self) -> dict[str, Any]:
        """Return what was asked, done and told; times are µs since the epoch.

        ``requests``: what came in and was believed. ``reads``: answers to questions that went out whole and right.
        """
        return {
            "reads": self.reads,
            "commands": [dict(one) for one in self.commands],
            "requests": dict(self.requests),
            "refused": self.credentials.refused,
            "connections": self.server.connections,
            "events": list(self.told),
            "subscriptions": {
                "open": len(self.points.open),
                "created": self.points.created,
                "pulls": self.points.pulled,
                "delivered": self.points.delivered,
                "flooded": self.points.flooded,
            },
            "fingerprint": None if self.certificate is None else self.certificate.fingerprint,
        }

    async def answer(self, request: Request) -> Answer | None:
        """Answer one request as the faults have it; ``None`` cuts the connection."""
        path = request.target.partition("?")[0]
        kind: Where = "pictures" if request.method == "GET" else "soap"
        if path.startswith((SUBSCRIPTIONS, PATHS["tev"])):
            kind = "events"
        elif self.beside is not None and self.beside.has(path):
            kind = "streams"
        hit = self.wrong.hits(kind)
        await self._thaw(kind)
        if hit and self.wrong.drop:
            return None
        if hit and self.wrong.redirect:
            return self.wrong.spoil(Answer(), self.body.clock)
        made = await self._soap(request, path) if request.method == "POST" else self._got(request, path)
        if made is None or made.stream is not None:
            return made
        await self._thaw(kind)
        said = self.wrong.spoil(made, self.body.clock) if self.wrong.hits(kind) else made
        self.reads += made.reads and said is made
        return said

    async def _thaw(self, kind: Where) -> None:
        while self.wrong.frozen and self.wrong.hits(kind):
            await self.body.clock.sleep(_LOOK_S)

    async def _soap(self, request: Request, path: str) -> Answer | None:
        if request.method != "POST" or not path.startswith("/onvif/"):
            return Answer(404, media="text/plain")
        try:
            call = parse(request.body, path)
            operation = self._operations.get(call.name)
            if call.name not in OPEN and not self._believes(call, request):
                return Answer(401, fault(not_authorized()), headers=self._challenge())
            if operation is None:
                raise SoapFault("not implemented", "ter:ActionNotSupported", code="Receiver", status=500)
            self.requests[call.name] += 1
            before = len(self.commands)
            content = operation(call)
            commanded = len(self.commands) > before
            if commanded and self.wrong.lose_answers > 0:
                self.wrong.lose_answers -= 1
                return None
            if not isinstance(content, Markup):
                content = await content
            return Answer(200, envelope(tag(f"{call.name}Response", content)), reads=not commanded)
        except SoapFault as error:
            return Answer(error.status, fault(error))

    def _believes(self, call: Call, request: Request) -> bool:
        """Tell whether it does; ``False`` asks for HTTP digest, ``SoapFault`` where a token is bad or missing."""
        if self.body.authentication != "digest":
            token = self.credentials.believes_token(call.header, self.time())
            if token:
                return True
            if token is False or self.body.authentication == "wsse":
                raise not_authorized()
        return bool(self.credentials.believes_digest(request.headers.get("authorization"), "POST", request.target))

    def _challenge(self) -> tuple[tuple[str, str], ...]:
        return (("WWW-Authenticate", self.credentials.challenge()),)

    def _got(self, request: Request, path: str) -> Answer:
        own = self.beside is not None and self.beside.has(path)
        if not own and path != SNAPSHOT and not path.startswith(PICTURES):
            return Answer(404, media="text/plain")
        if not self.credentials.believes_digest(request.headers.get("authorization"), "GET", request.target):
            return Answer(401, headers=self._challenge(), media="text/plain")
        if own and self.beside is not None:
            self.requests[path] += 1
            return self.beside.answer(request)
        self.requests["picture"] += 1
        moment = self._moment() if self._frozen_picture is None else self._frozen_picture
        return Answer(200, jpeg(self._scene, moment), "image/jpeg", reads=True)

    def _moment(self) -> int:
        return self.body.clock.now() // 1_000_000

    async def _reboot(self, for_s: float) -> None:
        await self.body.clock.sleep(_LOOK_S)  # its last answer still goes out
        await self._unreachable()
        self.points.forget()
        self.credentials.forget()
        await self.body.clock.sleep(for_s)
        await self.start()

    async def _unreachable(self) -> None:
        await self.server.stop()
        if self.metadata is not None:
            await self.metadata.stop()
