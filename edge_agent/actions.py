"""Does by itself what a rule asks when it raises an alert: at once, with no collector, and with a true account of it.

What is begun and has no outcome yet is remembered in the transaction that stores the alert. A kill before that commit
raises the alert once more at the next start and does everything again, which is why an action has to bear being done
twice; after it, an action that insists is taken up again and any other has the outcome ``unknown``.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from msgspec import Struct

from config.settings import ActionSettings, RuleSettings
from edge_agent.heed import Heed, Heeded, heed_nothing
from edge_agent.telling import Targets, Told, read_back, tell
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange, AlertState
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.outcome import LocalAction, Outcome, OutcomeState
from wire.reading import Batch

RETRY_S = 3.0
"""So long an action that insists waits before its second try, and twice as long before each further one: a dozen doors
without power, told with precedence every few seconds, would leave the line no time for anything else."""

LONGEST_S = 30.0
"""It never waits longer than this, and no longer than ``RETRY_S`` once a device that was lost answers again."""

TRY_S = 30.0
"""No device is told one thing for longer."""

MOST_A_MINUTE = 20
"""A rule that flaps must not wear out a relay. What insists is bounded by its own waiting and is never refused."""

_MINUTE_S = 60.0
_GRACE_S = 2.0
_NOTE = "actions"
_LONGEST_ID = 200


def _nobody(alert: str) -> bool:
    """Nobody takes note of anything."""
    return False


class Memory(Protocol):
    """What actions need of the buffer."""

    async def put_now(self, *, outcomes: Sequence[Outcome] = (), notes: Mapping[str, bytes] | None = None) -> bool:
        """Store outcomes and remember notes by name, in one transaction."""
        ...

    async def note(self, name: str) -> bytes | None:
        """Return the newest note of this name, ``None`` where there never was one."""
        ...


class Due(Struct, array_like=True, frozen=True):
    """What one alert has one device do, and has no outcome yet. It ``insists`` while the alert stands; a ``signal``,
    which only calls people, no longer than until somebody has taken note.
    """

    device: str
    asked: LocalAction
    insists: bool
    signal: bool = False

    @property
    def id(self) -> str:
        """Its outcome's ``command``: where it comes from, in no more than 200 signs."""
        alert, what = self.asked.alert, f"{self.asked.name}:{self.device}"
        if len(alert) + len(what) + 6 > _LONGEST_ID:
            alert = hashlib.sha256(alert.encode()).hexdigest()[:24]
        return f"rule:{alert}:{what}"

    @property
    def key(self) -> tuple[object, ...]:
        """Return what is equal for those that one telling of the device is enough for."""
        return self.device, self.asked.name, tuple(sorted(self.asked.args.items())), self.insists


class Actions:
    """Begins each action of a raised alert in a task of its own and sees it through to one outcome.

    A red, latched rule insists: what the device or its line was at fault for is tried again and again until it is done
    or the alert has ended. An acknowledgement ends nothing but a siren: a door that people have to flee through is not
    open because somebody has read about the fire. Others have one try, and not more often than ``MOST_A_MINUTE`` for
    one command of one device. ``report`` receives what was read back; ``noticed`` tells whether a person has taken
    note of an alert.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        targets: Targets,
        report: Callable[[Batch], Awaitable[None]],
        clock: Clock,
        noticed: Callable[[str], bool] = _nobody,
    ) -> None:
        self._noticed = noticed
        self._lately: dict[tuple[str, str], deque[float]] = {}
        self._memory, self._targets, self._report, self._clock = memory, targets, report, clock
        self._due: dict[str, Due] = {}
        self._deeds: dict[tuple[object, ...], list[Due]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._standing: set[str] = set()
        self._stopping = False
        self._log = get_logger("actions")
        self.outcomes = dict.fromkeys(OutcomeState, 0)

    @property
    def under_way(self) -> int:
        """How many have no outcome yet."""
        return len(self._due)

    def under(self, rules: Iterable[RuleSettings], signals: Collection[tuple[str, str]] = ()) -> Heed:
        """Return what heeds the changes of these rules' alerts; ``signals`` are devices' commands that call people."""
        acting = {(rule.id, one): rule for rule in rules if rule.actions for one in rule.devices}
        return partial(self._heed, acting, frozenset(signals))

    async def remember(self, standing: Collection[str]) -> None:
        """Take up what a stop cut short, given the alerts that stand; call once at start."""
        found = self._noted(await self._memory.note(_NOTE))
        cut_short = [due for due in found if not due.insists or due.asked.alert not in standing]
        self._standing.update(standing)
        self._due.update((due.id, due) for due in found if due not in cut_short)
        self._begin(tuple(self._due.values()))
        if cut_short:
            detail = "the gateway stopped while the device was being told"
            await self._conclude(cut_short, Told(OutcomeState.UNKNOWN, "restarted", detail))

    async def run(self) -> None:
        """Wait to be cancelled; then begin nothing more and give what is being told 2 s. What is cut short is
        remembered and taken up at the next start.
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

    def _heed(
        self,
        rules: Mapping[tuple[str, str], RuleSettings],
        signals: Collection[tuple[str, str]],
        changes: Sequence[AlertChange],
    ) -> Heeded:
        dues: list[Due] = []
        for change in changes:
            rule = rules.get((change.rule, change.device))
            if change.state is AlertState.CLEARED:
                self._standing.discard(change.alert)
            elif change.state is AlertState.RAISED and rule is not None:
                self._standing.add(change.alert)
                dues += self._dues(rule, change, signals)
        if not dues:
            return heed_nothing(changes)
        self._due.update((due.id, due) for due in dues)
        return Heeded(self._notes(), partial(self._begin, dues))

    def _dues(self, rule: RuleSettings, change: AlertChange, signals: Collection[tuple[str, str]]) -> Iterator[Due]:
        """Yield what ``rule`` asks about one alert: in its order, and of several devices those first that answer."""
        insists, now = rule.latch and rule.level == "red", self._clock.now()
        for action in rule.actions:
            devices = action.devices or (change.device,)
            for device in sorted(devices, key=lambda one: not self._targets.is_online(one)):
                signal = (device, action.command) in signals
                yield Due(device, _asked(action, change, now), insists, signal)

    def _begin(self, dues: Iterable[Due]) -> None:
        for due in dues:
            self._log.info("action_begun", command=due.id, device=due.device, what=due.asked.name)
            if due.key in self._deeds:
                self._deeds[due.key].append(due)
            elif not self._stopping:
                self._deeds[due.key] = [due]
                task = asyncio.create_task(self._see_through(due.key), name=due.id)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _see_through(self, key: tuple[object, ...]) -> None:
        """Tell one device one thing, for every alert that asks for it before it is done."""
        dues = self._deeds[key]
        device, asked = dues[0].device, dues[0].asked
        backoff = Backoff(RETRY_S, LONGEST_S, jitter=0.0)
        if not dues[0].insists and self._too_often(device, asked.name):
            told = Told(OutcomeState.REFUSED, "rate_limited", f"more than {MOST_A_MINUTE} times a minute")
        else:
            told = await self._attempt(device, asked)
        while told.again and self._insists(dues):
            self._log.warning(
                "action_failed", command=dues[0].id, state=told.state.value, reason=told.reason, detail=told.detail
            )
            await self._pause(device, dues, backoff.next())
            if self._insists(dues):
                told = await self._attempt(device, asked)
        del self._deeds[key]
        await self._conclude(dues, told)
        batch = read_back(device, self._clock.now(), told.readback)
        if batch is not None:
            await self._report(batch)

    async def _pause(self, device: str, dues: Sequence[Due], wait_s: float) -> None:
        """Wait before the next try, until the device, which was lost, answers again, or another alert asks for it too,
        or none insists any more.
        """
        end, lost, asking = self._clock.monotonic() + wait_s, False, len(dues)
        while self._insists(dues) and len(dues) == asking and (rest_s := end - self._clock.monotonic()) > 0:
            online = self._targets.is_online(device)
            if lost and online:
                return
            lost = lost or not online
            await self._clock.sleep(min(rest_s, RETRY_S))

    def _insists(self, dues: Iterable[Due]) -> bool:
        return any(
            due.insists and due.asked.alert in self._standing and not (due.signal and self._noticed(due.asked.alert))
            for due in dues
        )

    def _too_often(self, device: str, command: str) -> bool:
        """Count that a device is told a command now; tell whether that is once too often, and is not to be."""
        now, lately = self._clock.monotonic(), self._lately.setdefault((device, command), deque())
        while lately and now - lately[0] >= _MINUTE_S:
            lately.popleft()
        if len(lately) >= MOST_A_MINUTE:
            return True
        lately.append(now)
        return False

    async def _attempt(self, device: str, asked: LocalAction) -> Told:
        try:
            async with asyncio.timeout(TRY_S):
                return await tell(self._targets, device, asked.name, asked.args)
        except TimeoutError:
            return Told(OutcomeState.UNKNOWN, "answer_lost", f"it was still being told after {TRY_S:g} s", again=True)

    async def _conclude(self, dues: Sequence[Due], told: Told) -> None:
        at = self._clock.now()
        for due in dues:
            self._due.pop(due.id, None)
            self.outcomes[told.state] += 1
            self._log.info(
                "action_concluded", command=due.id, device=due.device, state=told.state.value, reason=told.reason
            )
        self._standing &= {due.asked.alert for due in self._due.values()}
        outcomes = [
            Outcome(due.id, due.device, told.state, at, told.reason, told.detail, dict(told.readback), due.asked)
            for due in dues
        ]
        await self._memory.put_now(outcomes=outcomes, notes=self._notes())

    def _notes(self) -> dict[str, bytes]:
        return {_NOTE: encode(tuple(self._due.values()))}

    def _noted(self, note: bytes | None) -> tuple[Due, ...]:
        try:
            return decode(note, tuple[Due, ...]) if note else ()
        except CodecError as error:
            self._log.error("actions_forgotten", error=str(error))
            return ()


def _asked(action: ActionSettings, change: AlertChange, now: int) -> LocalAction:
    return LocalAction(change.alert, change.rule, action.command, now, dict(action.args))
