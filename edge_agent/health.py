"""The local page, ``/health``, ``/metrics`` and ``/frames``: a thread of its own, to answer while the agent is busy."""

import sys
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import Any

import msgspec

from drivers.api import Frame, Lang
from edge_agent.flight import as_rows
from runtime.logs import get_logger

_TIMEOUT_S = 10
_FRAMES = "/frames/"

_log = get_logger("health")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say it in one line, and nothing of a reader that went away before the end."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            _log.error("health_page_failed", error=repr(error))


class HealthPage:
    """Serves GET only; what is passed in is called from the page's thread.

    ``frames`` returns what went over a bus lately, its notes in a language. It is told on this machine only, wherever
    the page listens: a line's bytes say more of people than its health does.
    """

    def __init__(
        self,
        host: str,
        port: int,
        snapshot: Callable[[], dict[str, Any]],
        metrics: Callable[[], bytes],
        frames: Callable[[str, Lang], Sequence[Frame] | None],
    ) -> None:
        """Bind ``host:port`` (0: any free one); ``OSError`` when that is not possible."""
        pages: dict[str, tuple[str, Callable[[], bytes]]] = {
            "/health": ("application/json", lambda: msgspec.json.encode(snapshot())),
            "/metrics": ("text/plain; version=0.0.4; charset=utf-8", metrics),
        }

        class Handler(BaseHTTPRequestHandler):
            """Answers from ``pages``."""

            timeout = _TIMEOUT_S

            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                if path.startswith(_FRAMES):
                    self._send_frames(path.removeprefix(_FRAMES), "en" if query == "lang=en" else "zh")
                    return
                page = pages.get(path)
                if page is None:
                    self.send_error(404)
                    return
                media_type, render = page
                self._send(media_type, render())

            def _send_frames(self, bus: str, lang: Lang) -> None:
                if not ip_address(self.client_address[0]).is_loopback:
                    self.send_error(403)
                    return
                found = frames(bus, lang)
                if found is None:
                    self.send_error(404)
                    return
                self._send("application/json", msgspec.json.encode(as_rows(found)))

            def _send(self, media_type: str, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing: a scrape every few seconds is no news."""

        self._server = _Server((host, port), Handler)
        self._thread = Thread(target=self._server.serve_forever, name="health-page", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
