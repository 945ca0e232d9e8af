"""The one small HTTP listener of a bus: cameras that call are known by a secret path and by where they call from."""

import asyncio
import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

import h11

from drivers.api.errors import DriverError, LineLost, Misconfigured
from drivers.api.patience import within
from drivers.onvif.target import Target
from drivers.onvif.vendors.callers import Callers, plain
from drivers.onvif.vendors.push_body import PushBody, TooLargeError
from drivers.onvif.vendors.telling import Telling
from drivers.onvif.voice import Voice
from runtime.clock import Clock
from runtime.logs import get_logger

MOST: Final = 32
MOST_OF_ONE: Final = 4
"""Connections at a time: of all, and from one address."""

LONGEST_S: Final = 20.0
"""From being taken to being answered, however it drips."""

SHORTEST_PATH: Final = 8
"""Letters of a secret path: what is shorter can be guessed."""

_HEAD: Final = 8192
_PIECE: Final = 64 * 1024

Misuse = Literal["stranger", "unknown_path", "other_address", "too_many", "too_slow", "too_large", "no_http"]

_log = get_logger("camera")


@dataclass(frozen=True, slots=True)
class _Guest:
    """``turn`` keeps its calls apart: a picture belongs to the event of its own call."""

    device: str
    host: str
    path: bytes = field(repr=False)
    voice: Voice
    telling: Telling
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class PushDoor:
    """Listens between ``open`` and ``close``; who is admitted may call. Everybody else gets a 404, or nothing."""

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self._host, self._port, self._clock = host, port, clock
        self._callers = Callers(clock)
        self._guests: list[_Guest] = []
        self._server: asyncio.Server | None = None
        self._calls: dict[asyncio.Task[None], str] = {}
        self._said: set[tuple[str, str]] = set()
        self.misused: Counter[str] = Counter()

    @property
    def port(self) -> int:
        """Return the port that is listened on (another than was asked for where that was 0)."""
        return self._port

    def admit(self, target: Target, voice: Voice) -> None:
        """Let a camera that has a path call on it, from its own host alone, and tell ``voice`` what it says.

        ``Misconfigured``: a path that can be guessed, or that is another device's.
        """
        if target.pushed is None:
            return
        path = _path(target.pushed.reveal())
        if len(path) <= SHORTEST_PATH:
            raise Misconfigured(f"{target.device}: the path on which it calls has fewer than {SHORTEST_PATH} letters")
        digest = _digest(path)
        if any(guest.path == digest for guest in self._guests):
            raise Misconfigured(f"{target.device}: another device calls on the same path")
        self._callers.add(target.place.host)
        telling = Telling(target, "push", voice)
        self._guests.append(_Guest(target.device, target.place.host, digest, voice, telling))

    async def open(self) -> None:
        """Listen; ``LineLost`` where the port is taken or the address is not this machine's."""
        try:
            self._server = await asyncio.start_server(self._taken, self._host, self._port, limit=_PIECE)
        except OSError as error:
            raise LineLost(
                f"cameras cannot call at port {self._port}: {error.strerror or 'no such address'}"
            ) from error
        self._port = int(self._server.sockets[0].getsockname()[1])
        await self._callers.look_up()

    async def close(self) -> None:
        """Stop listening and let nobody finish; never raises."""
        if self._server is not None:
            self._server.close()
            self._server = None
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await self._callers.close()

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = plain(str((writer.get_extra_info("peername") or ("",))[0]))
        known = self._callers.has(peer)
        full = len(self._calls) >= MOST or Counter(self._calls.values())[peer] >= MOST_OF_ONE
        if not known or full:
            self._misuse("too_many" if known else "stranger", peer)
            writer.write(_answer(503 if known else 404))
            writer.close()
            return
        call = asyncio.create_task(self._serve(reader, writer, peer), name="a camera that calls")
        self._calls[call] = peer
        call.add_done_callback(lambda done: self._calls.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> None:
        try:
            status = await within(self._clock, LONGEST_S, self._heard(reader, writer, peer))
            writer.write(_answer(status))
            writer.close()
        except TimeoutError:
            self._misuse("too_slow", peer)
        except h11.RemoteProtocolError:
            self._misuse("no_http", peer)
        except OSError:
            pass  # it hung up; it will call again
        except Exception:  # noqa: BLE001 - a call's task boundary: a bug must not stop whoever calls next
            _log.exception("driver_bug", part="push")
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    async def _heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str) -> int:
        """Take one request and return the status of its answer."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD)
        request = await _next(connection, reader)
        if not isinstance(request, h11.Request):
            raise ConnectionResetError
        guest = self._guest(request, peer)
        if guest is None:
            return 404
        if connection.they_are_waiting_for_100_continue:
            writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
        async with guest.turn:
            body = PushBody(guest.telling, headers.get("content-type", ""))
            try:
                while isinstance(event := await _next(connection, reader), h11.Data):
                    await body.feed(bytes(event.data))
                await body.end()
            except TooLargeError:
                self._misuse("too_large", peer, guest.device)
                return 413
            except DriverError as error:
                guest.voice.gone(error)
                return 503
        return 200

    def _guest(self, request: h11.Request, peer: str) -> _Guest | None:
        """Return whose path it is; all are compared, each in a time that tells nothing."""
        asked = _digest(_path(request.target.decode("latin-1").partition("?")[0]))
        found = [guest for guest in self._guests if hmac.compare_digest(guest.path, asked)]
        if not found or request.method not in (b"POST", b"PUT"):
            self._misuse("unknown_path", peer)
            return None
        if not self._callers.are(peer, found[0].host):
            self._misuse("other_address", peer, found[0].device)
            return None
        return found[0]

    def _misuse(self, kind: Misuse, peer: str, device: str = "") -> None:
        """Count it, and log the first of its kind (and device)."""
        self.misused[kind] += 1
        if (kind, device) not in self._said:
            self._said.add((kind, device))
            _log.warning("push_misused", kind=kind, source=peer, **({"device": device} if device else {}))


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    """Return the next event of the request; ``ConnectionError`` where it ends in the middle."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        data = await reader.read(_PIECE)
        if not data:
            raise ConnectionResetError
        connection.receive_data(data)
    return event


def _answer(status: int) -> bytes:
    words = {200: "OK", 404: "Not Found", 413: "Content Too Large", 503: "Service Unavailable"}
    return f"HTTP/1.1 {status} {words[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _path(text: str) -> str:
    return "/" + text.strip().lstrip("/")


def _digest(path: str) -> bytes:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
