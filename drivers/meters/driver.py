"""The driver of one line of meters, whatever they speak: asks for item after item and makes a batch of the answers."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from config.address import Scalar
from config.bus_settings import MeterBus
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api.costs import Cost
from drivers.api.errors import (
    CorruptAnswer,
    DeviceMustRecover,
    DeviceRefused,
    Misconfigured,
    NotSupported,
    Timeout,
)
from drivers.api.explains import Explained
from drivers.api.records import Frame, Lang
from drivers.api.scans import Sighting
from drivers.api.tape import Tape
from drivers.meters.address import wire_address
from drivers.meters.commands import check_no_arguments, execute
from drivers.meters.costs import plan_costs
from drivers.meters.dialect import Dialect, Meter, Writes
from drivers.meters.explain import explain
from drivers.meters.line import Line
from drivers.meters.meaning import meaning
from drivers.meters.plan import Part, Plan, make_plan
from drivers.meters.redaction import Numbers, redacted
from drivers.meters.search import Search
from runtime.clock import Clock
from wire.reading import Batch, Quality, Value, exception_quality

TAPE_BYTES = 48 * 1024
"""For each half of a line's tape; 2400 baud fill it in three minutes, and nobody polls meters without pause."""

_PLANS_KEPT = 64


@dataclass(slots=True)
class Target:
    """One device: what it is, what it speaks, its meter, the plans compiled for it."""

    settings: DeviceSettings
    dialect: Dialect
    meter: Meter
    everything: Plan
    some: dict[tuple[str, ...], Plan] = field(default_factory=dict)


class MeterDriver:
    """A ``Driver`` with all capabilities of ``drivers.api`` but ``Scans``: it ``Searches``. Never retries.

    ``dialects`` are the protocols on the line; a device speaks the one that its profile names.
    """

    def __init__(
        self, bus: MeterBus, devices: Sequence[DeviceSettings], clock: Clock, dialects: Mapping[str, Dialect]
    ) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._bus, self._clock, self._dialects = bus, clock, dialects
        self._tape = Tape(clock, TAPE_BYTES)
        self._line = Line(bus, clock, self._tape)
        self._targets = {device.id: self._make(device) for device in devices}

    async def open(self) -> None:
        """Connect."""
        await self._line.open()

    async def close(self) -> None:
        """Disconnect at once."""
        self._line.close()

    def frames(self, since_us: int = 0, lang: Lang = "zh") -> Sequence[Frame]:
        """Return the frames of the last five minutes; see ``drivers.api.Records``."""
        names = {
            item.item: ", ".join(point.key for point in item.points)
            for target in self._targets.values()
            for item in target.settings.profile.items
        }
        told = partial(meaning, dialects=tuple(self._dialects.values()), names=names)
        return self._tape.frames(since_us, lang, told)

    def redact(self, device: str, frames: Sequence[Frame]) -> tuple[dict[str, Scalar], tuple[Frame, ...]]:
        """Return ``frames`` with made-up numbers, and the options that go with them; see ``drivers.api.Redacts``."""
        target, numbers = self._target(device), Numbers()
        own = wire_address(target.settings, 2 * target.dialect.address_bytes)
        made_up = numbers.instead_of(own)
        told = tuple(redacted(frames, self._dialects.values(), numbers))
        return {"address": made_up[::-1].hex().upper()}, told

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        """Read ``points`` of a meter, one question for each item they need; see ``drivers.api.Polls``.

        The line is given up between questions: a slow meter does not keep its neighbours, or a command, waiting.
        """
        target = self._target(device)
        plan = self._prepared(target, points)
        at, answers = await self._heard(target, plan)
        values, qualities = plan.decode(answers)
        return Batch(target.settings.id, at, plan.points, values, qualities)

    def costs(self, device: str, points: Collection[str] | None = None) -> tuple[Cost, ...]:
        """Return what polling ``points`` takes; see ``drivers.api.Costs``."""
        target = self._target(device)
        return plan_costs(self._bus, target.settings, self._prepared(target, points), target.meter.around)

    async def explain(self, device: str) -> tuple[Explained, ...]:
        """Read everything and say how it came about; see ``drivers.api.Explains``."""
        target = self._target(device)
        _, answers = await self._heard(target, target.everything)
        settings = target.settings
        return explain(settings.profile, settings.options, target.dialect.units, target.everything, answers)

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Do a command of the profile once and return what was read back; see ``drivers.api.Executes``."""
        target = self._target(device)
        how = target.settings.profile.commands.get(command)
        if how is None or not isinstance(target.meter, Writes):
            raise NotSupported(f"{device} cannot do {command}")
        check_no_arguments(args)
        return await execute(self._line, self._clock, target.meter, how, partial(self.poll, device))

    async def search(self, profiles: Sequence[Profile], *, thorough: bool = False) -> AsyncIterator[Sighting]:
        """Find the meters of the line, one protocol after the other; see ``drivers.api.Searches``."""
        for dialect in self._dialects.values():
            async for sighting in Search(self._line, self._clock, dialect, profiles).look(thorough=thorough):
                yield sighting

    def search_s(self) -> tuple[float, float]:
        """Return the time for the first calls, and for a round of a hundred; see ``drivers.api.Searches``."""
        calls = [len(each.calls(b"\xaa" * each.address_bytes)) for each in self._dialects.values()]
        once_s = self._bus.timeout_s + self._bus.gap_ms / 1000
        return sum(calls) * once_s, 100 * once_s

    async def _heard(self, target: Target, plan: Plan) -> tuple[int, list[bytes | int]]:
        """Return when the first answer came, and data or quality of each part of ``plan``; raises as ``poll`` does."""
        answers: list[bytes | int] = []
        refusal: DeviceMustRecover | None = None
        at = 0
        for part in plan.parts:
            try:
                async with self._line.turn:
                    answers.append(await self._ask(target, part))
                at = at or self._clock.now()
            except DeviceRefused as error:
                refusal = refusal or error
                answers.append(exception_quality(error.code) if 0 < error.code < 128 else int(Quality.BAD))
            except (Timeout, CorruptAnswer) as error:
                if not at:
                    raise
                answers.append(int(Quality.TIMEOUT if isinstance(error, Timeout) else Quality.CORRUPT))
        if refusal is not None and not at:
            raise refusal
        return at, answers

    async def _ask(self, target: Target, part: Part) -> bytes:
        data = await target.meter.read(self._line, part.item, part.size)
        if len(data) != part.size:
            raise CorruptAnswer(f"item {part.item} has {part.size} bytes, {len(data)} came")
        return data

    def _target(self, device: str) -> Target:
        try:
            return self._targets[device]
        except KeyError:
            raise Misconfigured(f"no device {device} on this bus") from None

    def _prepared(self, target: Target, points: Collection[str] | None) -> Plan:
        if points is None:
            return target.everything
        key = points if isinstance(points, tuple) else tuple(sorted(points))
        ready = target.some.get(key)
        if ready is None:
            if len(target.some) >= _PLANS_KEPT:
                target.some.clear()
            settings = target.settings
            ready = target.some[key] = make_plan(settings.profile, settings.options, target.dialect.units, key)
        return ready

    def _make(self, device: DeviceSettings) -> Target:
        profile = device.profile
        dialect = self._dialects.get(profile.driver)
        if dialect is None or self._bus.type not in profile.transport.reached_over():
            raise Misconfigured(f"{device.id}: {profile.id} cannot be on a {self._bus.type} bus")
        return Target(device, dialect, dialect.meter(device), make_plan(profile, device.options, dialect.units))
