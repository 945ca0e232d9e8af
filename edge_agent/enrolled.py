"""Waits until this gateway is enrolled and then keeps the uplink of its present identity going."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge_agent.identity_file import Identity, IdentityFileError, load_identity
from edge_agent.uplink.api import Uplink
from edge_agent.uplink.errors import NoAnswer
from runtime.clock import Clock
from runtime.logs import get_logger
from runtime.supervise import Supervisor
from wire.picture import PictureAnswer

_LOOK_S = 2.0
_STOP_S = 3.0

_log = get_logger("uplink")


class EnrolledUplink:
    """The uplink, which comes to life when the identity file does and is made anew when that file is replaced.

    ``uplink`` is ``None`` until then: the agent runs and buffers meanwhile. After ``run`` was cancelled ``uplink`` is
    left open for a last ``drain``; the caller closes it.
    """

    def __init__(self, identity_file: Path, make: Callable[[Identity], Uplink], clock: Clock) -> None:
        self._file, self._make, self._clock = identity_file, make, clock
        self.uplink: Uplink | None = None
        self._said = ""

    def collector_time(self) -> int | None:
        """Return the collector's time (µs) as the uplink knows it, ``None`` before it does."""
        return None if self.uplink is None else self.uplink.collector_time()

    async def show(self, answer: PictureAnswer, patience_s: float) -> None:
        """See ``Uplink.show``; ``NoAnswer`` also while there is no uplink."""
        if self.uplink is None:
            raise NoAnswer("no_uplink")
        await self.uplink.show(answer, patience_s)

    async def run(self) -> None:
        """Run the uplink's tasks whenever there is an identity, until cancelled."""
        while True:
            stamp = self._stamp()
            identity = self._identity()
            if identity is None:
                await self._clock.sleep(_LOOK_S)
                continue
            _log.info("enrolled", gateway=identity.gateway, collector=identity.collector, url=identity.url)
            self.uplink = self._make(identity)
            replaced = asyncio.Event()
            supervisor = Supervisor(self._clock, _STOP_S)
            for name, job in self.uplink.tasks().items():
                supervisor.add(name, job)
            supervisor.add("identity", partial(self._watch, stamp, replaced))
            await supervisor.run_until(replaced)
            gone, self.uplink = self.uplink, None
            await gone.close()

    async def _watch(self, stamp: tuple[int, int] | None, replaced: asyncio.Event) -> None:
        while self._stamp() == stamp:
            await self._clock.sleep(_LOOK_S)
        replaced.set()

    def _identity(self) -> Identity | None:
        try:
            identity = load_identity(self._file)
            problem = "" if identity is not None else "not enrolled yet: run 'edge-agent enrol'"
        except IdentityFileError as error:
            identity, problem = None, str(error)
        if problem and problem != self._said:
            _log.warning("no_uplink", reason=problem)
        self._said = problem
        return identity

    def _stamp(self) -> tuple[int, int] | None:
        try:
            stat = self._file.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns
