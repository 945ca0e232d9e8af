"""The driver of one Modbus bus: polls its devices and does what they are told, one request at a time."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from config.bus_settings import ModbusBus, ModbusTcpBus
from config.command_map import CommandMap
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api.costs import Cost
from drivers.api.errors import (
    AnswerLost,
    CorruptAnswer,
    DeviceMustRecover,
    DeviceRefused,
    Interlocked,
    LineLost,
    Misconfigured,
    NotSupported,
    Timeout,
)
from drivers.api.explains import Explained
from drivers.api.records import Frame, Lang
from drivers.api.scans import Sighting
from drivers.api.tape import Tape
from drivers.modbus.commands import checked_arguments, requests, shown
from drivers.modbus.costs import plan_costs
from drivers.modbus.exchange import NotSent
from drivers.modbus.explain import explain
from drivers.modbus.line import Line
from drivers.modbus.meaning import meaning
from drivers.modbus.pdu import Request
from drivers.modbus.plan import Plan
from drivers.modbus.scan import look
from drivers.modbus.target import Target
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.reading import Batch, Quality, Value, exception_quality

READBACK_EVERY_S = 0.05
"""Pause between looks at a device that has not yet done what it was told."""

LESSONS = 4
"""How often a poll may be asked in another way before it has to do with what came."""

TAPE_BYTES = 24 * 1024
"""For each device and half of its line's tape: five minutes of one that is polled once a second."""

_LONGEST_TAPE = 512 * 1024
_ACKNOWLEDGE = 0x05
_BROADCAST = 0


class ModbusDriver:
    """A ``Driver`` that ``Polls``, ``Executes`` and ``Records``; the contract is in ``drivers.api``. Never retries."""

    def __init__(self, bus: ModbusBus, devices: Sequence[DeviceSettings], clock: Clock) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._bus, self._clock = bus, clock
        self._tcp = isinstance(bus, ModbusTcpBus)
        self._tape = Tape(clock, min(_LONGEST_TAPE, TAPE_BYTES * max(1, len(devices))))
        self._line = Line(bus, clock, self._tape)
        log = get_logger("modbus").bind(bus=bus.id)

        def tell(device: str, phrase: str) -> None:
            log.info("device_learnt", device=device, what=phrase)

        self._targets = {device.id: Target(bus, device, tell) for device in devices}

    async def open(self) -> None:
        """Connect. What a state point remembered is forgotten: nobody saw what happened meanwhile."""
        await self._line.open()
        for target in self._targets.values():
            target.last.clear()

    async def close(self) -> None:
        """Disconnect at once."""
        self._line.close()

    def frames(self, since_us: int = 0, lang: Lang = "zh") -> Sequence[Frame]:
        """Return the frames of the last five minutes; see ``drivers.api.Records``."""
        return self._tape.frames(since_us, lang, partial(meaning, tcp=self._tcp))

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        """Read ``points`` of a device in as few requests as it allows; see ``drivers.api.Polls``."""
        target = self._target(device)
        batch = await self._read(target, points, urgent=False)
        await self._rest(target)
        return batch

    def costs(self, device: str, points: Collection[str] | None = None) -> tuple[Cost, ...]:
        """Return what polling ``points`` takes; see ``drivers.api.Costs``."""
        target = self._target(device)
        plan, _ = target.prepared(points)
        return plan_costs(self._bus, plan, target.pause_s)

    async def look(self, address: int | str, profiles: Sequence[Profile]) -> Sighting:
        """Return what is at unit ``address``; see ``drivers.api.Scans``."""
        return await look(self._line, self._bus, self._clock, int(address), profiles)

    async def explain(self, device: str) -> tuple[Explained, ...]:
        """Read everything and say how it came about; see ``drivers.api.Explains``."""
        target = self._target(device)
        plan, _, answers = await self._heard(target, None, urgent=False)
        await self._rest(target)
        return explain(target.settings.profile, target.options, plan, answers, target.last)

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Do a command of the profile and return what was read back; see ``drivers.api.Executes``.

        ``AnswerLost`` also when the device acknowledged and then did not show what the profile expects.
        """
        target = self._target(device)
        profile = target.settings.profile
        how = profile.commands.get(command)
        if how is None or command not in profile.commands_on(target.options):
            raise NotSupported(f"{device} cannot do {command}")
        if self._tcp and any(write.broadcast for write in how.writes):
            raise NotSupported("a broadcast needs a line that all devices hear")
        writes = requests(target.settings.unit, how, target.options, checked_arguments(how.args, args))
        await self._line.turn.take(urgent=True)
        try:
            await self._check_interlock(target, how)
            await self._write(target, writes)
        finally:
            self._line.turn.give()
        return await self._read_back(target, how)

    async def _check_interlock(self, target: Target, how: CommandMap) -> None:
        if how.interlock is None:
            return
        plan, asks = target.prepared((how.interlock.point,))
        why = f"{how.interlock.why.zh} / {how.interlock.why.en}"
        try:
            answers: list[bytes | int] = [await self._line.ask(ask, target.pause_s, patient=True) for ask in asks]
        except CorruptAnswer as error:
            raise Interlocked(f"{why} ({error})") from error
        values, qualities = plan.decode(answers, target.last)
        if any(qualities) or values[0] not in how.interlock.allowed:
            raise Interlocked(why)

    async def _write(self, target: Target, writes: Sequence[Request]) -> None:
        for number, write in enumerate(writes):
            try:
                if write.dev_id == _BROADCAST and not self._tcp:
                    await self._line.tell(write, target.pause_s)
                else:
                    await self._line.ask(write, target.pause_s, patient=True)
            except DeviceRefused as error:
                if number or error.code == _ACKNOWLEDGE:
                    raise AnswerLost(f"only a part was acknowledged: {error}") from error
                raise
            except (Timeout, CorruptAnswer, LineLost) as error:
                if not number and isinstance(error, NotSent):
                    raise
                raise AnswerLost(f"sent, but {error}") from error

    async def _read_back(self, target: Target, how: CommandMap) -> dict[str, Value]:
        available = set(target.settings.profile.points_on(target.options))
        wanted = tuple(key for key in how.readback if key in available)
        if not wanted:
            return {}
        until = self._clock.monotonic() + how.within_s
        seen: dict[str, Value] = {}
        problem = "it shows something else"
        while True:
            try:
                batch = await self._read(target, wanted, urgent=True)
                good = batch.quality or (0,) * len(batch.points)
                seen = {key: value for key, value, bad in zip(batch.points, batch.values, good, strict=True) if not bad}
            except DeviceMustRecover as error:
                problem = str(error)
            if shown(how.expect, seen):
                return seen
            if self._clock.monotonic() >= until:
                raise AnswerLost(f"acknowledged, but {problem}: {seen}")
            await self._clock.sleep(READBACK_EVERY_S)

    async def _read(self, target: Target, points: Collection[str] | None, *, urgent: bool) -> Batch:
        plan, at, answers = await self._heard(target, points, urgent=urgent)
        values, qualities = plan.decode(answers, target.last)
        return Batch(target.settings.id, at, plan.points, values, qualities)

    async def _heard(
        self, target: Target, points: Collection[str] | None, *, urgent: bool
    ) -> tuple[Plan, int, list[bytes | int]]:
        """Read, and read again in other requests where the device refused these for their shape and taught a better.

        Return the plan, when its first answer came, and data or quality of each.
        """
        for _ in range(LESSONS):
            plan, asks = target.prepared(points)
            at, answers, refusals = await self._ask(target, asks, urgent=urgent)
            if not target.learn(plan, answers, refusals):
                break
        if refusals and not at:
            raise next(iter(refusals.values()))
        return plan, at, answers

    async def _rest(self, target: Target) -> None:
        """Give the connection back after a device that wants it so."""
        if target.parks:
            await self._line.turn.take()
            try:
                self._line.park()
            finally:
                self._line.turn.give()

    async def _ask(
        self, target: Target, asks: Sequence[Request], *, urgent: bool
    ) -> tuple[int, list[bytes | int], dict[int, DeviceRefused]]:
        """Return when the first answer came (0: none brought data), data or quality of each, and who was refused."""
        answers: list[bytes | int] = []
        refusals: dict[int, DeviceRefused] = {}
        at = 0
        turn = self._line.turn
        for number, ask in enumerate(asks):
            if not urgent:
                await self._line.rest(target.pause_s)
            await turn.take(urgent=urgent)
            try:
                answers.append(await self._line.ask(ask, target.pause_s))
                at = at or self._clock.now()
            except DeviceRefused as error:
                refusals[number] = error
                answers.append(exception_quality(error.code) if 0 < error.code < 128 else int(Quality.BAD))
            except (Timeout, CorruptAnswer) as error:
                if not at:
                    raise
                answers.append(int(Quality.TIMEOUT if isinstance(error, Timeout) else Quality.CORRUPT))
            finally:
                turn.give()
        return at, answers, refusals

    def _target(self, device: str) -> Target:
        try:
            return self._targets[device]
        except KeyError:
            raise Misconfigured(f"no device {device} on this bus") from None
