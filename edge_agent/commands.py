"""Does what the collector asks of a device or of the gateway itself: once, in time, and with a true account of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge_agent.buffer import AcceptedCommand, NotDurable
from edge_agent.heed import Heeded
from edge_agent.telling import Targets, Told, read_back, tell
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.command import Command, SignedCommand
from wire.errors import IdentityError
from wire.identity import verify_command
from wire.outcome import Outcome, OutcomeState
from wire.reading import Batch

_MOST_AT_ONCE = 64
_GRACE_S = 2.0
_NOTHING = Heeded()

Own: TypeAlias = Callable[[Command], tuple[Told, Heeded]]
"""Does at once what is asked of the gateway itself; what it says to remember is stored with the outcome."""


def not_offered(command: Command) -> tuple[Told, Heeded]:
    """Refuse what is asked of the gateway itself."""
    return Told(OutcomeState.REFUSED, "not_supported"), Heeded()


class Memory(Protocol):
    """What commands need of the buffer."""

    async def accept_command(self, command: str, device: str) -> bool:
        """Remember a command's id durably; ``False`` if it was seen before; ``NotDurable`` if the disk refuses."""
        ...

    async def unfinished_commands(self) -> Sequence[AcceptedCommand]:
        """Return accepted commands without an outcome."""
        ...

    async def put_now(self, *, outcomes: Sequence[Outcome] = (), notes: Mapping[str, bytes] | None = None) -> bool:
        """Store outcomes, mark their commands done and remember notes, in one transaction."""
        ...


class Commands:
    """Takes signed commands from the uplink and sees each through to exactly one outcome.

    ``collector_now`` is the collector's time (µs) as estimated on the monotonic clock, ``None`` while unknown; a
    command is never sent to a device after its expiry by that time. ``report`` receives what was read back. A command
    that names no device is for the gateway itself: ``own`` does it.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        targets: Targets,
        report: Callable[[Batch], Awaitable[None]],
        collector_now: Callable[[], int | None],
        clock: Clock,
        own: Own = not_offered,
    ) -> None:
        self._own = own
        self._memory, self._targets, self._report = memory, targets, report
        self._collector_now, self._clock = collector_now, clock
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self._stopping = False
        self._log = get_logger("commands")
        self.refused_signatures = 0
        self.outcomes = dict.fromkeys(OutcomeState, 0)

    async def settle_unfinished(self) -> None:
        """Give every command that a crash cut short its outcome ``unknown``; call once at start."""
        for lost in await self._memory.unfinished_commands():
            detail = "the gateway stopped while the command was being carried out"
            at = self._clock.now()
            await self._conclude(Outcome(lost.id, lost.device, OutcomeState.UNKNOWN, at, "restarted", detail))

    async def take(self, signed: SignedCommand, key: Ed25519PublicKey, gateway: str) -> None:
        """Begin one command in its own task; what the pinned ``key`` did not sign is logged and changes nothing.

        Returns at once unless 64 are under way: then it waits for one of them to end. None is passed over.
        """
        try:
            command = verify_command(signed, key, gateway=gateway)
        except IdentityError as error:
            self.refused_signatures += 1
            self._log.warning("command_not_believed", reason=error.reason)
            return
        await self._room.acquire()
        if self._stopping:
            self._log.warning("command_ignored", command=command.id, reason="stopping")
            self._room.release()
            return
        task = asyncio.create_task(self._see_through(command), name=f"command {command.id}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def run(self) -> None:
        """Wait to be cancelled; then take no more commands and give those under way 2 s. One that needs longer is cut
        short, and its outcome is ``unknown`` at the next start.
        """
        try:
            await asyncio.Event().wait()
        finally:
            self._stopping = True
            if self._tasks:
                _, late = await asyncio.wait(self._tasks, timeout=_GRACE_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()

    async def _see_through(self, command: Command) -> None:
        if not await self._accepted(command):
            return
        if command.device:
            told, heeded = await self._attempt(command), Heeded()
        elif self._seconds_left(command) <= 0:
            told, heeded = Told(OutcomeState.EXPIRED, "expired"), Heeded()
        else:
            told, heeded = self._own(command)
        at = self._clock.now()
        readback = dict(told.readback)
        outcome = Outcome(command.id, command.device, told.state, at, told.reason, told.detail, readback)
        await self._conclude(outcome, heeded)
        batch = read_back(outcome.device, at, outcome.readback)
        if batch is not None:
            await self._report(batch)  # the console sees at once what was read back

    async def _accepted(self, command: Command) -> bool:
        """Tell whether to go on with a command; it is offered again by the collector until it has an outcome."""
        reason = "replayed"
        try:
            if self._collector_now() is None:
                reason = "time_unknown"
            elif await self._memory.accept_command(command.id, command.device):
                return True
        except NotDurable as error:
            reason = f"not_durable: {error}"
        self._log.info("command_ignored", command=command.id, reason=reason)
        return False

    async def _attempt(self, command: Command) -> Told:
        async with self._locks.setdefault(command.device, asyncio.Lock()):
            left_s = self._seconds_left(command)
            if left_s <= 0:
                return Told(OutcomeState.EXPIRED, "expired")
            driver = self._targets.driver_of(command.device)
            if driver is not None and not self._targets.is_online(command.device):
                return Told(OutcomeState.REFUSED, "device_offline")
            try:
                async with asyncio.timeout(left_s):
                    return await tell(self._targets, command.device, command.name, command.args)
            except TimeoutError:
                return Told(OutcomeState.UNKNOWN, "expired", "it expired while the device was being told")

    def _seconds_left(self, command: Command) -> float:
        now = self._collector_now()
        return 0.0 if now is None else (command.expires_at - now) / 1_000_000

    async def _conclude(self, outcome: Outcome, heeded: Heeded = _NOTHING) -> None:
        storing = self._memory.put_now(outcomes=(outcome,), notes=heeded.notes)
        heeded.begin()
        await storing
        self.outcomes[outcome.state] += 1
        self._log.info(
            "command_concluded",
            command=outcome.command,
            device=outcome.device,
            state=outcome.state.value,
            reason=outcome.reason,
        )
