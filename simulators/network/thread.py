"""A proxy for programs that are not asynchronous: it lives in a thread of its own while a ``with`` block lasts."""

import asyncio
import random
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from runtime.clock import SystemClock
from simulators.network.proxy import Counts, Proxy
from simulators.network.tls import Authority
from simulators.network.weather import WEATHERS, Weather

T = TypeVar("T")


class ProxyThread:
    """A ``Proxy`` on ``host`` to ``upstream``, a port of this machine; ``authority`` makes its clients' side TLS."""

    def __init__(
        self, upstream: int, *, seed: int = 1, authority: Authority | None = None, host: str = "127.0.0.1"
    ) -> None:
        certificates = authority.contexts() if authority else None
        self._scheme = "https" if authority else "http"
        self._proxy = Proxy(upstream, SystemClock(), dice=random.Random(seed), certificates=certificates, host=host)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bad network", daemon=True)

    @property
    def port(self) -> int:
        """The port that clients come to."""
        return self._proxy.port

    @property
    def url(self) -> str:
        """Its address for clients of HTTP."""
        return f"{self._scheme}://{'localhost' if self._scheme == 'https' else self._proxy.host}:{self.port}"

    @property
    def counts(self) -> Counts:
        """What has happened so far."""
        return self._proxy.counts

    def change(self, weather: Weather | str) -> None:
        """Have this weather, or the one of this name, from now on."""
        self._call(self._proxy.change(WEATHERS[weather] if isinstance(weather, str) else weather))

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._proxy.start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
