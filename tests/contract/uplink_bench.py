"""What the uplink's contract is held against: an uplink at work, and power over what stands at the other end."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.buffer import Buffer
from edge_agent.identity_file import Identity
from edge_agent.uplink import CollectorUplink
from edge_agent.uplink.api import Transport
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.fakes.lists import FakeListKeeper
from wire.alert import AlertChange, AlertState, Level
from wire.command import SignedCommand
from wire.exchange import Downlink
from wire.reading import Batch
from wire.status import Status

T0 = 1_700_000_000_000_000
TIMEOUT_S = 10.0

_STEP_S = 0.05
_SIGN_S = 4.0


class Harness(ABC):
    """One transport and power over what stands at its other end; the collector's words are scripted in ``collector``.

    Time is ``clock``'s on both sides. Nobody is there before ``start``.
    """

    clock: FakeClock
    collector: FakeCollector

    @abstractmethod
    def identity(self) -> Identity:
        """Return who the gateway is and where its collector is; known after ``start``."""

    @abstractmethod
    def transport(self, identity: Identity) -> Transport:
        """Return a new transport, which connects to nothing yet."""

    @abstractmethod
    async def start(self) -> None:
        """Let the counterpart be there."""

    @abstractmethod
    async def stop(self) -> None:
        """Break every connection; nobody is there until ``start``."""

    @abstractmethod
    def freeze(self, frozen: bool) -> None:
        """Let the counterpart take everything and say nothing while connections stay open, or speak again."""

    @abstractmethod
    def say(self, downlink: Downlink) -> None:
        """Have the collector send one frame to the gateway that listens now, as often as it is asked."""


class Bench:
    """An uplink at work over a harness."""

    def __init__(self, harness: Harness, buffer: Buffer) -> None:
        self.harness, self.buffer, self.clock, self.collector = harness, buffer, harness.clock, harness.collector
        self.heard: list[tuple[int, float, float]] = []
        self.commands: list[SignedCommand] = []
        self.lists = FakeListKeeper()
        self.uplink = self.make(harness.identity())
        self._signed_at = 0.0

    def make(self, identity: Identity) -> CollectorUplink:
        """Return an uplink of this bench."""
        return CollectorUplink(
            identity,
            self.buffer,
            self.clock,
            self.harness.transport(identity),
            status=self.status,
            on_command=self._take,
            timeout_s=TIMEOUT_S,
            heard=lambda *told: self.heard.append(told),
            lists=self.lists,
            seed=1,
        )

    def stranger(self) -> Identity:
        """Return the gateway's identity with a key that the collector does not know."""
        identity, key = self.harness.identity(), Ed25519PrivateKey.generate()
        return Identity(identity.gateway, key, identity.url, identity.collector, identity.command_key)

    def status(self) -> Status:
        """Return the newest status."""
        return Status(T0, "boot", "0", 1.0, "j" * 32, "durable", 0, 0)

    async def _take(self, command: SignedCommand) -> None:
        self.commands.append(command)

    async def fill(self, chunks: int, first: int = 0) -> None:
        """Put so many chunks of one reading into the history lane."""
        for i in range(first, first + chunks):
            await self.buffer.put(Batch("bin-1", T0 + i, ("fill",), (float(i),)))
            await self.buffer.flush()

    async def alarm(self, number: int = 1) -> None:
        """Put one alarm."""
        change = AlertChange(f"a-{number}", "r", "bin-1", AlertState.RAISED, Level.RED, T0 + number, T0)
        await self.buffer.put_now(alerts=[change])

    def stored(self, *lanes: int) -> set[tuple[int, int]]:
        """Return (lane, seq) of what the collector holds of ``lanes`` (all for none)."""
        return {(lane, seq) for _, lane, seq in self.collector.stored if not lanes or lane in lanes}

    def settled(self) -> bool:
        """Tell whether nothing is owed."""
        return self.buffer.stats.pending == 0

    @asynccontextmanager
    async def running(self, *names: str) -> AsyncIterator[None]:
        """Run the named loops (all for none) for the block."""
        loops = self.uplink.tasks()
        tasks = [asyncio.ensure_future(loops[name]()) for name in names or loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            assert task.cancelled(), task.exception()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass in small steps until ``condition`` holds; ``AssertionError`` if it never does."""
        for _ in range(20_000):
            if condition():
                return
            await self.step()
        raise AssertionError("it never came about")

    async def step(self) -> None:
        """Let a little time pass, and sockets and threads have their turn."""
        await self.clock.advance(_STEP_S)
        if self.clock.monotonic() - self._signed_at >= _SIGN_S:
            self._signed_at = self.clock.monotonic()
            self.harness.say(Downlink(self.collector.time()))
        await asyncio.sleep(0.001)

    async def drain(self) -> bool:
        """Drain while time passes."""
        draining = asyncio.ensure_future(self.uplink.drain(30.0))
        await self.until(draining.done)
        return draining.result()
