"""The driver of one Modbus bus: polls its devices and does what they are told, one request at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from config.profile import CommandMap, Options
from config.settings import DeviceSettings, ModbusBus, ModbusTcpBus
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
from drivers.modbus.commands import checked_arguments, requests, shown
from drivers.modbus.exchange import NotSent
from drivers.modbus.line import Line
from drivers.modbus.pdu import Request, read
from drivers.modbus.plan import Plan, make_plan
from runtime.clock import Clock
from wire.reading import Batch, Quality, Value, exception_quality

READBACK_EVERY_S = 0.05
"""Pause between looks at a device that has not yet done what it was told."""

_PLANS_KEPT = 64
_ACKNOWLEDGE = 0x05


@dataclass(slots=True)
class _Target:
    """One device: where it is, what it is, the plans compiled for it, the last state of each state point."""

    settings: DeviceSettings
    options: Options
    pause_s: float
    everything: "tuple[Plan, list[Request]]"
    some: "dict[tuple[str, ...], tuple[Plan, list[Request]]]" = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)


class ModbusDriver:
    """A ``Driver`` that ``Polls`` and ``Executes``. Never retries; see ``drivers.api`` for the contract."""

    def __init__(self, bus: ModbusBus, devices: Sequence[DeviceSettings], clock: Clock) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._clock = clock
        self._line = Line(bus, clock)
        self._targets = {device.id: _target(bus, device) for device in devices}

    async def open(self) -> None:
        """Connect. What a state point remembered is forgotten: nobody saw what happened meanwhile."""
        await self._line.open()
        for target in self._targets.values():
            target.last.clear()

    async def close(self) -> None:
        """Disconnect at once."""
        self._line.close()

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        """Read ``points`` of a device in as few requests as its profile allows; see ``drivers.api.Polls``."""
        target = self._target(device)
        plan, asks = target.everything if points is None else _prepared(target, points)
        return await self._read(target, plan, asks, urgent=False)

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Do a command of the profile and return what was read back; see ``drivers.api.Executes``.

        ``AnswerLost`` also when the device acknowledged and then did not show what the profile expects.
        """
        target = self._target(device)
        profile = target.settings.profile
        how = profile.commands.get(command)
        if how is None or command not in profile.commands_on(target.options):
            raise NotSupported(f"{device} cannot do {command}")
        writes = requests(target.settings.unit, how, target.options, checked_arguments(how.args, args))
        await self._line.turn.take(urgent=True)
        try:
            await self._check_interlock(target, how)
            await self._write(target, writes)
        finally:
            self._line.turn.give()
        return await self._read_back(target, how)

    async def _check_interlock(self, target: _Target, how: CommandMap) -> None:
        if how.interlock is None:
            return
        plan, asks = _prepared(target, (how.interlock.point,))
        why = f"{how.interlock.why.zh} / {how.interlock.why.en}"
        try:
            answers: list[bytes | int] = [await self._line.ask(ask, target.pause_s) for ask in asks]
        except CorruptAnswer as error:
            raise Interlocked(f"{why} ({error})") from error
        values, qualities = plan.decode(answers, target.last)
        if any(qualities) or values[0] not in how.interlock.allowed:
            raise Interlocked(why)

    async def _write(self, target: _Target, writes: Sequence[Request]) -> None:
        for number, write in enumerate(writes):
            try:
                await self._line.ask(write, target.pause_s)
            except DeviceRefused as error:
                if number or error.code == _ACKNOWLEDGE:
                    raise AnswerLost(f"only a part was acknowledged: {error}") from error
                raise
            except (Timeout, CorruptAnswer, LineLost) as error:
                if not number and isinstance(error, NotSent):
                    raise
                raise AnswerLost(f"sent, but {error}") from error

    async def _read_back(self, target: _Target, how: CommandMap) -> dict[str, Value]:
        available = set(target.settings.profile.points_on(target.options))
        wanted = tuple(key for key in how.readback if key in available)
        if not wanted:
            return {}
        plan, asks = _prepared(target, wanted)
        until = self._clock.monotonic() + how.within_s
        seen: dict[str, Value] = {}
        problem = "it shows something else"
        while True:
            try:
                batch = await self._read(target, plan, asks, urgent=True)
                good = batch.quality or (0,) * len(batch.points)
                seen = {key: value for key, value, bad in zip(batch.points, batch.values, good, strict=True) if not bad}
            except DeviceMustRecover as error:
                problem = str(error)
            if shown(how.expect, seen):
                return seen
            if self._clock.monotonic() >= until:
                raise AnswerLost(f"acknowledged, but {problem}: {seen}")
            await self._clock.sleep(READBACK_EVERY_S)

    async def _read(self, target: _Target, plan: Plan, asks: Sequence[Request], *, urgent: bool) -> Batch:
        answers: list[bytes | int] = []
        refusal: DeviceMustRecover | None = None
        at = 0
        turn = self._line.turn
        for ask in asks:
            await turn.take(urgent=urgent)
            try:
                answers.append(await self._line.ask(ask, target.pause_s))
                at = at or self._clock.now()
            except DeviceRefused as error:
                refusal = refusal or error
                answers.append(exception_quality(error.code) if 0 < error.code < 128 else int(Quality.BAD))
            except (Timeout, CorruptAnswer) as error:
                if not at:
                    raise
                answers.append(int(Quality.TIMEOUT if isinstance(error, Timeout) else Quality.CORRUPT))
            finally:
                turn.give()
        if refusal is not None and not at:
            raise refusal
        values, qualities = plan.decode(answers, target.last)
        return Batch(target.settings.id, at, plan.points, values, qualities)

    def _target(self, device: str) -> _Target:
        try:
            return self._targets[device]
        except KeyError:
            raise Misconfigured(f"no device {device} on this bus") from None


def _target(bus: ModbusBus, device: DeviceSettings) -> _Target:
    profile = device.profile
    if profile.driver != "modbus" or bus.type not in profile.transport.buses:
        raise Misconfigured(f"{device.id}: {profile.id} cannot be on a {bus.type} bus")
    if not isinstance(bus, ModbusTcpBus) and device.unit == 0:
        raise Misconfigured(f"{device.id}: unit 0 is the broadcast of a serial line, nobody answers it")
    plan = make_plan(profile, device.options)
    return _Target(device, device.options, profile.transport.min_gap_ms / 1000, (plan, _asks(device.unit, plan)))


def _prepared(target: _Target, points: Collection[str]) -> tuple[Plan, list[Request]]:
    key = points if isinstance(points, tuple) else tuple(sorted(points))
    ready = target.some.get(key)
    if ready is None:
        if len(target.some) >= _PLANS_KEPT:
            target.some.clear()
        plan = make_plan(target.settings.profile, target.options, key)
        ready = target.some[key] = plan, _asks(target.settings.unit, plan)
    return ready


def _asks(unit: int, plan: Plan) -> list[Request]:
    return [read(unit, run.function, run.address, run.count) for run in plan.runs]
