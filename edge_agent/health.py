"""The local page, ``/health``, ``/metrics``, ``/frames``, ``/alarms``: a thread of its own, for a busy agent."""

import sys
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import Any, TypeAlias

import msgspec

from drivers.api import Frame, Lang
from edge_agent.flight import as_rows
from runtime.logs import get_logger

_TIMEOUT_S = 10
_FRAMES = "/frames/"
_ALARMS = "/alarms"
_JSON = "application/json"

_log = get_logger("health")


_Answer: TypeAlias = tuple[int, str, bytes]
"""Status, media type, body."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say it in one line, and nothing of a reader that went away before the end."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            _log.error("health_page_failed", error=repr(error))


class HealthPage:
    """Serves GET only; what is passed in is called from the page's thread.

    ``frames`` returns what went over a bus lately, its notes in a language, ``alarms`` a page of what stands. Both are
    told on this machine only, wherever the page listens: they say more of people than the box's health does.
    """

    def __init__(
        self,
        host: str,
        port: int,
        snapshot: Callable[[], dict[str, Any]],
        metrics: Callable[[], bytes],
        frames: Callable[[str, Lang], Sequence[Frame] | None],
        alarms: Callable[[Lang], bytes] = lambda _: b"",
    ) -> None:
        """Bind ``host:port`` (0: any free one); ``OSError`` when that is not possible."""
        self._snapshot, self._metrics, self._frames, self._alarms = snapshot, metrics, frames, alarms
        self._server = _Server((host, port), _handler(self._answer))
        self._thread = Thread(target=self._server.serve_forever, name="health-page", daemon=True)
        self._thread.start()

    def _answer(self, target: str, peer: str) -> _Answer:
        path, _, query = target.partition("?")
        if path == "/health":
            return 200, _JSON, msgspec.json.encode(self._snapshot())
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4; charset=utf-8", self._metrics()
        if not path.startswith(_FRAMES) and path != _ALARMS:
            return 404, _JSON, b""
        if not ip_address(peer).is_loopback:
            return 403, _JSON, b""
        lang: Lang = "en" if query == "lang=en" else "zh"
        if path == _ALARMS:
            return 200, "text/html; charset=utf-8", self._alarms(lang)
        found = self._frames(path.removeprefix(_FRAMES), lang)
        return (404, _JSON, b"") if found is None else (200, _JSON, msgspec.json.encode(as_rows(found)))

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(answer: Callable[[str, str], _Answer]) -> type[BaseHTTPRequestHandler]:
    """Return what answers each request with ``answer`` to its target and the address of who asks."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_S

        def do_GET(self) -> None:
            status, media_type, body = answer(self.path, self.client_address[0])
            if status != 200:
                self.send_error(status)
                return
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: a scrape every few seconds is no news."""

    return Handler
